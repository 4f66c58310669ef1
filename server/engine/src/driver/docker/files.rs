//! Files of an image, read from its layers as the Engine saves them: no container is made for it.
//!
//! Layers come in any order and their order stands in `manifest.json`, so what is wanted of each
//! is kept until that is known; then later layers lay over earlier ones, and a whiteout removes.

use super::Room;
use crate::contents::{File, Found, Limits, Taken, Wanted};
use crate::driver::DriverError;
use flate2::read::MultiGzDecoder;
use futures_util::{StreamExt, TryStreamExt};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::time::Duration;
use tokio_util::io::{StreamReader, SyncIoBridge};

const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";
const MANIFEST: &str = "manifest.json";
/// Of a tar.
const BLOCK: u64 = 512;
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const MANIFEST_BYTES: u64 = 4 << 20;
/// What the Engine may be silent for.
const PATIENCE: Duration = Duration::from_secs(300);

/// What is wanted of one layer; `None` stands for a whiteout.
type Layer = BTreeMap<String, Option<Vec<u8>>>;

pub async fn files(
    room: &Room,
    image: &str,
    wanted: Wanted,
    limits: Limits,
) -> Result<Found, DriverError> {
    let engine = room.client.patient(PATIENCE).await?;
    let saved = engine.export_image(image).map_err(io::Error::other);
    // A reader that blocks, on a thread where it may; it ends with the stream that feeds it.
    let (send, receive) = tokio::sync::mpsc::channel(4);
    let reader = SyncIoBridge::new(StreamReader::new(
        tokio_stream::wrappers::ReceiverStream::new(receive),
    ));
    let reading = tokio::task::spawn_blocking(move || read(reader, wanted, limits));
    let mut saved = std::pin::pin!(saved);
    while let Some(part) = saved.next().await {
        // Nobody listens any more: it has what it wants, or gave up.
        if send.send(part).await.is_err() {
            break;
        }
    }
    drop(send);
    let read = reading
        .await
        .map_err(|e| DriverError::Unreachable(e.to_string()))?;
    read.map_err(|e| DriverError::Unreachable(format!("The layers of {image} can't be read: {e}.")))
}

fn read(saved: impl Read, wanted: Wanted, limits: Limits) -> io::Result<Found> {
    let mut archive = tar::Archive::new(saved.take(limits.read_bytes));
    let (mut layers, mut links) = (BTreeMap::new(), BTreeMap::new());
    let (mut order, mut taken) = (vec![], Taken::default());
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.display().to_string();
        if name == MANIFEST {
            order = layers_in_order(&mut entry)?;
        } else if entry.header().entry_type().is_file() {
            let layer = layer(entry, wanted, limits, &mut taken)?;
            layers.extend(layer.map(|layer| (name, layer)));
        } else if let Some(target) = link(&entry) {
            links.insert(name, target);
        }
    }
    let all = order
        .iter()
        .filter_map(|name| layers.get(links.get(name).unwrap_or(name)));
    let whole = all.fold(Layer::new(), laid_over);
    Ok(Found {
        files: whole.into_iter().filter_map(file).collect(),
        left_out: taken.left_out,
    })
}

fn file((path, bytes): (String, Option<Vec<u8>>)) -> Option<File> {
    Some(File {
        path,
        bytes: bytes?,
    })
}

fn layers_in_order(entry: impl Read) -> io::Result<Vec<String>> {
    let manifest: Value = serde_json::from_reader(entry.take(MANIFEST_BYTES))?;
    let names = manifest[0]["Layers"].as_array().into_iter().flatten();
    Ok(names
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect())
}

/// `None`: a file of the archive that is no layer (a description, a signature), by its first block.
fn layer(
    mut entry: impl Read,
    wanted: Wanted,
    limits: Limits,
    taken: &mut Taken,
) -> io::Result<Option<Layer>> {
    let mut head = vec![];
    entry.by_ref().take(BLOCK).read_to_end(&mut head)?;
    let (is_gzip, is_zstd) = (head.starts_with(GZIP), head.starts_with(ZSTD));
    let is_tar = head.get(257..262) == Some(b"ustar");
    let whole = BufReader::new(io::Cursor::new(head).chain(entry));
    if is_zstd {
        return Err(io::Error::other("a layer is compressed with zstd"));
    }
    if is_gzip {
        let plain = MultiGzDecoder::new(whole).take(limits.read_bytes);
        return of_tar(plain, wanted, limits, taken).map(Some);
    }
    match is_tar {
        true => of_tar(whole, wanted, limits, taken).map(Some),
        false => Ok(None),
    }
}

/// Older Engines save a layer that comes twice as a link to the first: `../<id>/layer.tar`.
fn link(entry: &tar::Entry<'_, impl Read>) -> Option<String> {
    let target = entry.link_name().ok().flatten()?.display().to_string();
    Some(target.trim_start_matches("../").to_owned())
}

fn of_tar(
    reader: impl Read,
    wanted: Wanted,
    limits: Limits,
    taken: &mut Taken,
) -> io::Result<Layer> {
    let mut layer = Layer::new();
    for entry in tar::Archive::new(reader).entries()? {
        let entry = entry?;
        let path = entry.path()?.display().to_string();
        let path = path.trim_start_matches("./").trim_start_matches('/');
        let name = path.rsplit('/').next().unwrap_or(path);
        if name.starts_with(WHITEOUT) {
            layer.insert(path.to_owned(), None);
        } else if entry.header().entry_type().is_file()
            && wanted(path)
            && taken.take(entry.size(), limits)
        {
            let mut bytes = vec![];
            let path = path.to_owned();
            entry.take(limits.file_bytes).read_to_end(&mut bytes)?;
            layer.insert(path, Some(bytes));
        }
    }
    Ok(layer)
}

fn laid_over(mut below: Layer, above: &Layer) -> Layer {
    for path in above
        .iter()
        .filter(|(_, bytes)| bytes.is_none())
        .map(|(path, _)| path)
    {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if path == OPAQUE {
            below.clear();
        } else if name == OPAQUE {
            below.retain(|p, _| !is_inside(p, folder));
        } else if let Some(gone) = name.strip_prefix(WHITEOUT) {
            let gone = match folder {
                "" => gone.to_owned(),
                folder => format!("{folder}/{gone}"),
            };
            below.retain(|p, _| *p != gone && !is_inside(p, &gone));
        }
    }
    let files = above.iter().filter(|(_, bytes)| bytes.is_some());
    below.extend(files.map(|(path, bytes)| (path.clone(), bytes.clone())));
    below
}

fn is_inside(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::LIMITS;
    use flate2::write::GzEncoder;

    fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(vec![]);
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(vec![], flate2::Compression::fast());
        io::Write::write_all(&mut encoder, bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn p11_layers_lie_over_each_other_in_the_order_of_the_manifest() {
        let one = tar(&[
            ("a.lock", b"1"),
            ("d/b.lock", b"1"),
            ("d/c.lock", b"1"),
            ("other", b"1"),
        ]);
        let two = gzip(&tar(&[("a.lock", b"2"), ("d/.wh.b.lock", b"")]));
        let three = tar(&[("e/.wh..wh..opq", b""), ("e/f.lock", b"3")]);
        let manifest = br#"[{"Layers":["blobs/1","blobs/2","blobs/3"]}]"#;
        // The archive has them in another order.
        let saved = tar(&[
            ("blobs/3", &three),
            ("blobs/2", &two),
            ("blobs/c", b"{}"),
            ("VERSION", b"1.0"),
            ("manifest.json", manifest),
            ("blobs/1", &one),
        ]);
        let files = read(&saved[..], |path| path.ends_with(".lock"), LIMITS)
            .unwrap()
            .files;
        let said: Vec<_> = files
            .iter()
            .map(|f| format!("{} {}", f.path, String::from_utf8_lossy(&f.bytes)))
            .collect();
        assert_eq!(said, ["a.lock 2", "d/c.lock 1", "e/f.lock 3"]);
    }

    #[test]
    fn p11_an_archive_over_the_limit_is_not_read_to_its_end() {
        let saved = tar(&[
            ("blobs/1", &tar(&[("a.lock", &[0; 4096])])),
            ("manifest.json", b"[]"),
        ]);
        let limits = Limits {
            read_bytes: 1024,
            ..LIMITS
        };
        assert!(read(&saved[..], |_| true, limits).is_err());
    }
}
