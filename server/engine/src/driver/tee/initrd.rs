//! The first root file system of a guest: the agent and the modules that it loads. A plain `newc`
//! archive: 3 MB are unpacked faster than decompressed, and no compressor's version is measured.

use std::io;

/// A module as the kit has it: `00-virtio_ring.ko`.
pub type Module = (String, Vec<u8>);

const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const FILE: u32 = 0o100_644;
const CONSOLE: u32 = 0o020_600;
/// Where the agent mounts things.
const FOLDERS: [&str; 7] = ["dev", "lower", "modules", "proc", "root", "sys", "upper"];

/// The same bytes for the same parts.
pub fn build(agent: &[u8], modules: &[Module]) -> io::Result<Vec<u8>> {
    let mut archive = Archive::default();
    FOLDERS
        .iter()
        .try_for_each(|name| archive.add(name, FOLDER, (0, 0), &[]))?;
    archive.add("dev/console", CONSOLE, (5, 1), &[])?;
    archive.add("init", PROGRAM, (0, 0), agent)?;
    for (name, bytes) in modules {
        archive.add(&format!("modules/{name}"), FILE, (0, 0), bytes)?;
    }
    archive.add("TRAILER!!!", 0, (0, 0), &[])?;
    archive.pad();
    Ok(archive.bytes)
}

#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    count: u32,
}

impl Archive {
    fn add(&mut self, name: &str, mode: u32, device: (u32, u32), content: &[u8]) -> io::Result<()> {
        let size = u32::try_from(content.len()).map_err(io::Error::other)?;
        self.count += 1;
        let fields = [
            self.count,
            mode,
            0, // uid
            0, // gid
            1, // links
            0, // time
            size,
            0, // of the device that it lies on
            0,
            device.0,
            device.1,
            name.len() as u32 + 1,
            0, // checksum
        ];
        self.bytes.extend(b"070701");
        fields
            .iter()
            .for_each(|field| self.bytes.extend(format!("{field:08x}").bytes()));
        self.bytes.extend(name.bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend(content);
        self.pad();
        Ok(())
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i17_the_same_parts_give_the_same_bytes_and_one_more_file_gives_others() {
        let modules = vec![("00-a.ko".to_owned(), vec![1; 5])];
        let one = build(b"agent", &modules).expect("it is built");
        assert_eq!(one, build(b"agent", &modules).expect("it is built"));
        assert!(one.len().is_multiple_of(4) && one.starts_with(b"07070100000001000041ed"));
        let more = [modules, vec![("01-b.ko".to_owned(), vec![])]].concat();
        assert_ne!(one, build(b"agent", &more).expect("it is built"));
    }
}
