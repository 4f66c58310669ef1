//! Layers laid over each other, as a tree of names: later ones win, whiteouts remove, and hard links
//! become copies.

use super::archive::Part;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use tar::{Entry, EntryType};

const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
const MOST_NODES: usize = 1_000_000;
/// As many links as the kernel follows.
const MOST_LINKS: usize = 40;

#[derive(Clone, Debug)]
pub enum Kind {
    Folder,
    File(Part),
    Link(PathBuf),
    CharDevice(u32),
    BlockDevice(u32),
    Pipe,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    pub kind: Kind,
}

/// Relative paths; the root itself is the empty one.
pub type Tree = BTreeMap<PathBuf, Node>;

const FOLDER: Node = Node {
    mode: 0o755,
    uid: 0,
    gid: 0,
    kind: Kind::Folder,
};

pub fn merge(layers: &[Part]) -> io::Result<Tree> {
    let mut tree = Tree::from([(PathBuf::new(), FOLDER)]);
    for layer in layers {
        // Whiteouts are about what lies below, wherever in the layer they stand.
        each(layer, |path, _| {
            remove(&mut tree, &path);
            Ok(())
        })?;
        each(layer, |path, entry| add(&mut tree, layer, path, &entry))?;
    }
    Ok(tree)
}

fn each(
    layer: &Part,
    mut act: impl FnMut(PathBuf, Entry<'_, Part>) -> io::Result<()>,
) -> io::Result<()> {
    for entry in tar::Archive::new(layer.clone()).entries_with_seek()? {
        let entry = entry?;
        let path = inside(&entry.path()?)?;
        act(path, entry)?;
    }
    Ok(())
}

/// Relative, and never upwards.
fn inside(path: &Path) -> io::Result<PathBuf> {
    let mut all = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => all.push(name),
            Component::CurDir | Component::RootDir => {}
            _ => {
                return Err(io::Error::other(format!(
                    "{} leads out of its layer",
                    path.display()
                )));
            }
        }
    }
    Ok(all)
}

fn name(path: &Path) -> &[u8] {
    path.file_name().map(OsStr::as_bytes).unwrap_or_default()
}

fn remove(tree: &mut Tree, path: &Path) {
    let Some(of) = name(path).strip_prefix(WHITEOUT) else {
        return;
    };
    let folder = resolve(tree, path.parent().unwrap_or(Path::new("")));
    if name(path) == OPAQUE {
        clear(tree, &folder);
    } else {
        let gone = folder.join(OsStr::from_bytes(of));
        clear(tree, &gone);
        tree.remove(&gone);
    }
}

/// Everything below `folder`, which itself stays.
fn clear(tree: &mut Tree, folder: &Path) {
    let below = tree.range(folder.to_owned()..).map(|(path, _)| path);
    let gone: Vec<_> = below
        .take_while(|path| path.starts_with(folder))
        .filter(|path| *path != folder)
        .cloned()
        .collect();
    gone.iter().for_each(|path| drop(tree.remove(path)));
}

fn add(tree: &mut Tree, layer: &Part, path: PathBuf, entry: &Entry<'_, Part>) -> io::Result<()> {
    if name(&path).starts_with(WHITEOUT) {
        return Ok(());
    }
    let folder = resolve(tree, path.parent().unwrap_or(Path::new("")));
    let path = match path.file_name() {
        Some(name) => folder.join(name),
        None => folder,
    };
    let Some(node) = node(tree, layer, entry)? else {
        return Ok(());
    };
    if tree.len() >= MOST_NODES {
        return Err(io::Error::other(format!(
            "it has more than {MOST_NODES} files"
        )));
    }
    parents(tree, &path);
    if !matches!(node.kind, Kind::Folder) {
        clear(tree, &path);
    }
    if !path.as_os_str().is_empty() || matches!(node.kind, Kind::Folder) {
        tree.insert(path, node);
    }
    Ok(())
}

/// Folders that no layer names, or that stand where something else stood.
fn parents(tree: &mut Tree, path: &Path) {
    for folder in path.ancestors().skip(1) {
        let is_folder = tree
            .get(folder)
            .is_some_and(|n| matches!(n.kind, Kind::Folder));
        if !is_folder {
            tree.insert(folder.to_owned(), FOLDER);
        }
    }
}

/// `None`: nothing that a file system keeps.
fn node(tree: &Tree, layer: &Part, entry: &Entry<'_, Part>) -> io::Result<Option<Node>> {
    let header = entry.header();
    let kind = match header.entry_type() {
        EntryType::Regular | EntryType::Continuous => {
            Kind::File(layer.within(entry.raw_file_position(), entry.size())?)
        }
        EntryType::Directory => Kind::Folder,
        EntryType::Symlink => Kind::Link(target(entry)?),
        EntryType::Link => return linked(tree, &target(entry)?).map(Some),
        EntryType::Char => Kind::CharDevice(device(entry)?),
        EntryType::Block => Kind::BlockDevice(device(entry)?),
        EntryType::Fifo => Kind::Pipe,
        EntryType::XGlobalHeader => return Ok(None),
        other => {
            let path = entry.path()?.display().to_string();
            return Err(io::Error::other(format!(
                "{path} is of a kind that is not known ({other:?})"
            )));
        }
    };
    Ok(Some(Node {
        mode: (header.mode()? & 0o7777) as u16,
        uid: id(header.uid()?)?,
        gid: id(header.gid()?)?,
        kind,
    }))
}

fn id(value: u64) -> io::Result<u32> {
    u32::try_from(value).map_err(|_| io::Error::other("a user's number is too large"))
}

fn target(entry: &Entry<'_, Part>) -> io::Result<PathBuf> {
    let name = entry
        .link_name()?
        .ok_or_else(|| io::Error::other("a link leads nowhere"))?;
    Ok(name.into_owned())
}

fn linked(tree: &Tree, target: &Path) -> io::Result<Node> {
    let target = inside(target)?;
    let folder = resolve(tree, target.parent().unwrap_or(Path::new("")));
    let found = tree.get(&folder.join(target.file_name().unwrap_or_default()));
    let found = found.ok_or_else(|| {
        io::Error::other(format!(
            "a hard link leads to {}, which is not there",
            target.display()
        ))
    })?;
    Ok(found.clone())
}

/// As squashfs keeps it: the kernel's own encoding.
fn device(entry: &Entry<'_, Part>) -> io::Result<u32> {
    let major = entry.header().device_major()?.unwrap_or_default();
    let minor = entry.header().device_minor()?.unwrap_or_default();
    Ok((minor & 0xff) | (major << 8) | ((minor & !0xff) << 12))
}

/// The folder that a path leads to, through the links on its way.
fn resolve(tree: &Tree, path: &Path) -> PathBuf {
    let mut left: Vec<PathBuf> = parts(path);
    let (mut at, mut links) = (PathBuf::new(), 0);
    while let Some(part) = left.pop() {
        if part == Path::new("..") {
            at.pop();
            continue;
        }
        at.push(&part);
        let Some(Kind::Link(target)) = tree.get(&at).map(|node| &node.kind) else {
            continue;
        };
        links += 1;
        if links > MOST_LINKS {
            return at;
        }
        at.pop();
        if target.is_absolute() {
            at = PathBuf::new();
        }
        left.extend(parts(target));
    }
    at
}

/// The last first.
fn parts(path: &Path) -> Vec<PathBuf> {
    let all = path.components().rev();
    all.filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir))
        .map(|part| PathBuf::from(part.as_os_str()))
        .collect()
}
