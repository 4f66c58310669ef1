//! What `docker save` wrote, as far as it is true: the description must have the image's id, and
//! every layer the digest that the description names.

use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

const MOST_JSON: u64 = 4 << 20;
const MOST_ENTRIES: usize = 2_000;
/// Of all layers together, unpacked.
const MOST_BYTES: u64 = 16 << 30;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A part of a file, read from any thread and more than once.
#[derive(Clone, Debug)]
pub struct Part {
    file: Arc<File>,
    start: u64,
    length: u64,
    at: u64,
}

impl Part {
    pub fn whole(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self {
            file: Arc::new(file),
            start: 0,
            length,
            at: 0,
        })
    }

    /// Refused where it would reach beyond its file.
    pub fn within(&self, start: u64, length: u64) -> io::Result<Self> {
        match start.checked_add(length) {
            Some(end) if end <= self.length => Ok(Self {
                file: self.file.clone(),
                start: self.start + start,
                length,
                at: 0,
            }),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    pub fn bytes(mut self, most: u64) -> io::Result<Vec<u8>> {
        if self.length > most {
            return Err(io::Error::other(format!(
                "{} bytes are too many",
                self.length
            )));
        }
        let mut all = vec![];
        self.read_to_end(&mut all)?;
        Ok(all)
    }
}

impl Read for Part {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length - self.at).unwrap_or(usize::MAX);
        let most = into.len().min(left);
        let count = self.file.read_at(&mut into[..most], self.start + self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Part {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?.min(self.length);
        Ok(self.at)
    }
}

/// What the image runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Program {
    #[serde(default, deserialize_with = "or_none")]
    pub entrypoint: Vec<String>,
    #[serde(default, deserialize_with = "or_none")]
    pub cmd: Vec<String>,
    #[serde(default, deserialize_with = "or_none")]
    pub env: Vec<String>,
    #[serde(default, rename = "WorkingDir")]
    pub cwd: String,
    #[serde(default)]
    pub user: String,
}

/// The Engine writes `null` for an empty list.
fn or_none<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

pub struct Saved<'a> {
    pub id: String,
    pub program: Program,
    files: BTreeMap<String, Part>,
    /// Path and digest, the lowest first.
    order: Vec<(String, String)>,
    scratch: &'a Path,
}

impl<'a> Saved<'a> {
    pub fn open(archive: &Path, scratch: &'a Path) -> io::Result<Self> {
        let files = index(&Part::whole(File::open(archive)?)?)?;
        let manifest = json(&files, "manifest.json")?.0;
        let name = manifest[0]["Config"]
            .as_str()
            .ok_or_else(|| wrong("it names no image"))?;
        let (config, id) = json(&files, name)?;
        let layers = strings(&manifest[0]["Layers"]);
        let digests = strings(&config["rootfs"]["diff_ids"]);
        if layers.len() != digests.len() || layers.is_empty() || manifest[1].is_object() {
            return Err(wrong("its layers are not those of one image"));
        }
        let program = Option::deserialize(&config["config"])?.unwrap_or_default();
        let order = layers.into_iter().zip(digests).collect();
        Ok(Self {
            id,
            program,
            files,
            order,
            scratch,
        })
    }

    /// The lowest first, each of them checked.
    pub fn layers(&self) -> io::Result<Vec<Part>> {
        let mut left = MOST_BYTES;
        let checked = self
            .order
            .iter()
            .map(|(path, digest)| self.layer(path, digest, &mut left));
        checked.collect()
    }

    fn layer(&self, path: &str, digest: &str, left: &mut u64) -> io::Result<Part> {
        let part = self
            .files
            .get(path)
            .ok_or_else(|| wrong(&format!("it has no {path}")))?;
        let plain = self.plain(part.clone(), *left)?;
        *left = left
            .checked_sub(plain.length)
            .ok_or_else(|| wrong("it is too large"))?;
        let found = sha256(plain.clone())?;
        match found == digest {
            true => Ok(plain),
            false => Err(wrong(&format!(
                "the layer {path} is {found}, and not {digest}"
            ))),
        }
    }

    fn plain(&self, part: Part, most: u64) -> io::Result<Part> {
        let mut first = [0; 2];
        let is_short = part.length < 2;
        if is_short || part.clone().read_exact(&mut first).is_err() || first != GZIP {
            return Ok(part);
        }
        let mut file = tempfile::tempfile_in(self.scratch)?;
        let mut unpacked = MultiGzDecoder::new(part).take(most.saturating_add(1));
        io::copy(&mut unpacked, &mut file)?;
        Part::whole(file)
    }
}

/// Every file by its name; a link stands for what it points to.
fn index(whole: &Part) -> io::Result<BTreeMap<String, Part>> {
    let (mut files, mut links) = (BTreeMap::new(), vec![]);
    let mut archive = tar::Archive::new(whole.clone());
    for (at, entry) in archive.entries_with_seek()?.enumerate() {
        let entry = entry?;
        let name = entry.path()?.display().to_string();
        if at >= MOST_ENTRIES {
            return Err(wrong("it has too many files"));
        } else if entry.header().entry_type().is_file() {
            files.insert(name, whole.within(entry.raw_file_position(), entry.size())?);
        } else if let Some(target) = entry.link_name()? {
            // Older Engines: `../<id>/layer.tar`.
            let target = target.display().to_string();
            links.push((name, target.trim_start_matches("../").to_owned()));
        }
    }
    for (name, target) in links {
        if let Some(part) = files.get(&target).cloned() {
            files.insert(name, part);
        }
    }
    Ok(files)
}

/// With its digest, in the form of an image's id.
fn json(files: &BTreeMap<String, Part>, name: &str) -> io::Result<(Value, String)> {
    let part = files
        .get(name)
        .ok_or_else(|| wrong(&format!("it has no {name}")))?;
    let bytes = part.clone().bytes(MOST_JSON)?;
    let id = sha256(&bytes[..])?;
    Ok((serde_json::from_slice(&bytes)?, id))
}

fn sha256(mut from: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut part = vec![0; 1 << 16];
    loop {
        match from.read(&mut part)? {
            0 => return Ok(format!("sha256:{}", super::super::hex(&hash.finalize()))),
            count => hash.update(&part[..count]),
        }
    }
}

fn strings(list: &Value) -> Vec<String> {
    let all = list.as_array().into_iter().flatten();
    all.filter_map(|one| one.as_str().map(str::to_owned))
        .collect()
}

fn wrong(why: &str) -> io::Error {
    io::Error::other(format!("the archive is not what the Engine saves: {why}"))
}
