//! dm-verity over the root disk: the kernel checks every block that it reads, and panics at the
//! first that is not as it was.

use crate::sys;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

const HEADER: usize = 312;
const TARGET: usize = 40;
const CREATE: u32 = 3;
const RESUME: u32 = 6;
const LOAD: u32 = 9;
const IS_READ_ONLY: u32 = 1;
const NAME: &str = "root";
pub const BLOCK: u64 = 4096;
const SECTOR: u64 = 512;

/// Makes `/dev/dm-0`.
pub fn open(disk: &str, blocks: u64, root: &str, salt: &str) -> io::Result<()> {
    let control = File::options()
        .read(true)
        .write(true)
        .open("/dev/mapper/control")?;
    let params = params(disk, blocks, root, salt);
    let (mut create, mut load, mut resume) = (
        header(HEADER, 0, 0),
        table(blocks * (BLOCK / SECTOR), &params),
        header(HEADER, 0, 0),
    );
    sys::ioctl(control.as_raw_fd(), request(CREATE), &mut create)?;
    sys::ioctl(control.as_raw_fd(), request(LOAD), &mut load)?;
    sys::ioctl(control.as_raw_fd(), request(RESUME), &mut resume)
}

/// Data and hashes lie on the same disk; the tree begins right after the data.
fn params(disk: &str, blocks: u64, root: &str, salt: &str) -> String {
    format!(
        "1 {disk} {disk} {BLOCK} {BLOCK} {blocks} {blocks} sha256 {root} {salt} 1 panic_on_corruption"
    )
}

/// `_IOWR(0xfd, nr, struct dm_ioctl)`.
fn request(nr: u32) -> u32 {
    (3 << 30) | ((HEADER as u32) << 16) | (0xfd << 8) | nr
}

/// `struct dm_ioctl`.
fn header(size: usize, targets: u32, flags: u32) -> Vec<u8> {
    let mut all = vec![0; HEADER];
    let words = [4, 0, 0, size as u32, HEADER as u32, targets, 0, flags];
    for (at, word) in words.iter().enumerate() {
        all[at * 4..at * 4 + 4].copy_from_slice(&word.to_le_bytes());
    }
    all[48..48 + NAME.len()].copy_from_slice(NAME.as_bytes());
    all
}

/// The header, one `struct dm_target_spec`, and its parameters.
fn table(sectors: u64, params: &str) -> Vec<u8> {
    let size = (HEADER + TARGET + params.len() + 1).next_multiple_of(8);
    let mut all = header(size, 1, IS_READ_ONLY);
    all.resize(size, 0);
    all[HEADER + 8..HEADER + 16].copy_from_slice(&sectors.to_le_bytes());
    all[HEADER + 24..HEADER + 30].copy_from_slice(b"verity");
    all[HEADER + TARGET..HEADER + TARGET + params.len()].copy_from_slice(params.as_bytes());
    all
}
