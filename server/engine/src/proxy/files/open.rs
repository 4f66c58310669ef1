//! Finding and opening a site's file. The kernel resolves every name below the root, so a
//! link that leads out of the site is not followed even if it appears at this very moment.

use super::kind;
use super::path::SitePath;
use cap_std::fs::{Dir, File, OpenOptions, OpenOptionsExt};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::SystemTime;

/// How the client can be answered in a compressed form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepts {
    pub br: bool,
    pub gzip: bool,
}

#[derive(Debug)]
pub struct Found {
    pub file: std::fs::File,
    pub length: u64,
    pub modified: Option<SystemTime>,
    /// Strong: inode, change time and length. The change time cannot be set by an archive.
    pub etag: String,
    pub content_type: String,
    pub encoding: Option<&'static str>,
    pub is_hashed: bool,
    /// The site's own page for what it does not have.
    pub is_not_found_page: bool,
}

#[derive(Debug)]
pub enum Lookup {
    File(Box<Found>),
    /// A folder that was asked for without its slash: relative links would be wrong.
    AddSlash,
    Nothing,
}

/// Blocking.
pub fn look_up(
    root: &str,
    path: Option<SitePath>,
    spa: bool,
    accepts: Accepts,
) -> io::Result<Lookup> {
    let site = Dir::open_ambient_dir(root, cap_std::ambient_authority())?;
    let direct = path
        .as_ref()
        .map_or(Lookup::Nothing, |path| directly(&site, path, accepts));
    if !matches!(direct, Lookup::Nothing) {
        return Ok(direct);
    }
    let is_view = spa && path.is_some_and(|path| path.may_be_a_view());
    let fallback = if is_view {
        found(&site, Path::new("index.html"), accepts)
    } else {
        not_found_page(&site, accepts)
    };
    Ok(fallback.map_or(Lookup::Nothing, |found| Lookup::File(Box::new(found))))
}

fn directly(site: &Dir, path: &SitePath, accepts: Accepts) -> Lookup {
    if !path.is_folder
        && let Some(found) = found(site, &path.file, accepts)
    {
        return Lookup::File(Box::new(found));
    }
    match found(site, &path.index(), accepts) {
        Some(_) if !path.is_folder => Lookup::AddSlash,
        Some(found) => Lookup::File(Box::new(found)),
        None => Lookup::Nothing,
    }
}

fn not_found_page(site: &Dir, accepts: Accepts) -> Option<Found> {
    let found = found(site, Path::new("404.html"), accepts)?;
    Some(Found {
        is_not_found_page: true,
        ..found
    })
}

fn found(site: &Dir, name: &Path, accepts: Accepts) -> Option<Found> {
    let content_type = kind::content_type(name);
    let (file, encoding) = match kind::compresses(&content_type) {
        true => smallest(site, name, accepts)?,
        false => (open(site, name)?, None),
    };
    let file = file.into_std();
    let meta = file.metadata().ok()?;
    Some(Found {
        length: meta.len(),
        modified: meta.modified().ok(),
        etag: format!(
            "\"{:x}-{:x}{:08x}-{:x}\"",
            meta.ino(),
            meta.ctime(),
            meta.ctime_nsec(),
            meta.len()
        ),
        is_hashed: kind::is_hashed(name),
        file,
        content_type,
        encoding,
        is_not_found_page: false,
    })
}

/// The best form that the client takes. A compressed form without its original is no file.
fn smallest(site: &Dir, name: &Path, accepts: Accepts) -> Option<(File, Option<&'static str>)> {
    let plain = open(site, name)?;
    let compressed = |suffix: &str| open(site, Path::new(&format!("{}.{suffix}", name.to_str()?)));
    if accepts.br
        && let Some(file) = compressed("br")
    {
        return Some((file, Some("br")));
    }
    if accepts.gzip
        && let Some(file) = compressed("gz")
    {
        return Some((file, Some("gzip")));
    }
    Some((plain, None))
}

/// Without waiting: a named pipe in a bundle must not hold a thread for ever.
fn open(site: &Dir, name: &Path) -> Option<File> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK);
    let file = site.open_with(name, &options).ok()?;
    file.metadata().ok()?.is_file().then_some(file)
}
