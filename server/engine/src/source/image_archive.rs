//! What `docker save` writes: one image as a tar, read without unpacking it. The names that it
//! brings along are taken out before the Engine sees them: a name belongs to the whole machine, and
//! an archive that says `node:22` must not become what everybody else's build starts from.

use serde_json::Value;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What lists the images: <https://github.com/moby/docker-image-spec/blob/main/v1.2.md>.
const MANIFEST: &str = "manifest.json";
/// The same in the layout of the Open Container Initiative, which newer Engines write beside it.
const INDEX: &str = "index.json";
/// The names once more, in the oldest form.
const REPOSITORIES: &str = "repositories";
/// An image has at most 127 layers, and three files for each.
const MOST_ENTRIES: usize = 2_000;
const MOST_JSON_BYTES: u64 = 1 << 20;

/// Whether the file is an image. A static site may have a `manifest.json` too; it lists no layers.
pub async fn is_image(path: PathBuf) -> io::Result<bool> {
    tokio::task::spawn_blocking(move || looks_like_one(&path))
        .await
        .map_err(io::Error::other)?
}

fn looks_like_one(path: &Path) -> io::Result<bool> {
    let mut tar = tar::Archive::new(File::open(path)?);
    let Ok(entries) = tar.entries_with_seek() else {
        return Ok(false);
    };
    for entry in entries.take(MOST_ENTRIES) {
        // Not a tar after all: a zip, or something compressed.
        let Ok(entry) = entry else { return Ok(false) };
        if entry.path().is_ok_and(|p| p == Path::new(MANIFEST)) {
            return Ok(json(entry).is_ok_and(|manifest| images(&manifest) > 0));
        }
    }
    Ok(false)
}

fn images(manifest: &Value) -> usize {
    let is_image = |one: &&Value| one["Config"].is_string() && one["Layers"].is_array();
    manifest
        .as_array()
        .map_or(0, |all| all.iter().filter(is_image).count())
}

/// Writes the archive on without its names; refuses one with more than one image.
pub fn nameless(archive: &Path, into: impl Write) -> io::Result<()> {
    let mut tar = tar::Archive::new(File::open(archive)?);
    let mut out = tar::Builder::new(into);
    for (at, entry) in tar.entries()?.enumerate() {
        if at >= MOST_ENTRIES {
            return Err(wrong(format!("it has more than {MOST_ENTRIES} files")));
        }
        let entry = entry?;
        let path = entry.path()?.into_owned();
        match path.to_str() {
            Some(MANIFEST) => rewritten(&mut out, &path, unnamed_manifest(json(entry)?)?)?,
            Some(INDEX) => rewritten(&mut out, &path, unnamed_index(json(entry)?))?,
            Some(REPOSITORIES) => {}
            _ => copied(&mut out, &path, entry)?,
        }
    }
    out.into_inner()?.flush()
}

fn copied(
    out: &mut tar::Builder<impl Write>,
    path: &Path,
    entry: tar::Entry<'_, File>,
) -> io::Result<()> {
    let mut header = entry.header().clone();
    match entry.link_name()?.map(|link| link.into_owned()) {
        Some(link) => out.append_link(&mut header, path, link),
        None => out.append_data(&mut header, path, entry),
    }
}

fn rewritten(out: &mut tar::Builder<impl Write>, path: &Path, value: Value) -> io::Result<()> {
    let text = serde_json::to_vec(&value)?;
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    out.append_data(&mut header, path, text.as_slice())
}

fn unnamed_manifest(mut manifest: Value) -> io::Result<Value> {
    match images(&manifest) {
        1 => {}
        0 => return Err(wrong("it lists no image".to_owned())),
        n => return Err(wrong(format!("it holds {n} images; save one alone"))),
    }
    for image in manifest.as_array_mut().into_iter().flatten() {
        image["RepoTags"] = Value::Null;
    }
    Ok(manifest)
}

fn unnamed_index(mut index: Value) -> Value {
    let manifests = index["manifests"].as_array_mut();
    for manifest in manifests.into_iter().flatten() {
        if let Some(fields) = manifest.as_object_mut() {
            fields.remove("annotations");
        }
    }
    index
}

fn json(entry: tar::Entry<'_, File>) -> io::Result<Value> {
    let mut text = Vec::new();
    entry.take(MOST_JSON_BYTES).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

fn wrong(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &str)]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut tar = tar::Builder::new(file.reopen().unwrap());
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap();
        file
    }

    const ONE: &str = r#"[{"Config":"c.json","RepoTags":["node:22"],"Layers":["l/layer.tar"]}]"#;

    fn texts(bytes: &[u8]) -> Vec<(String, String)> {
        let mut tar = tar::Archive::new(bytes);
        let read = |entry: io::Result<tar::Entry<'_, &[u8]>>| {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            (entry.path().unwrap().display().to_string(), text)
        };
        tar.entries().unwrap().map(read).collect()
    }

    #[test]
    fn p2_an_image_is_told_from_a_site() {
        let is = |files: &[(&str, &str)]| looks_like_one(archive(files).path()).unwrap();
        assert!(is(&[
            ("c.json", "{}"),
            ("l/layer.tar", "x"),
            (MANIFEST, ONE)
        ]));
        let site = r#"{"name":"App","icons":[]}"#;
        assert!(!is(&[("index.html", "<p>"), (MANIFEST, site)]));
        assert!(!is(&[("index.html", "<p>")]));
        let zip = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(zip.path(), b"PK\x03\x04 no tar at all").unwrap();
        assert!(!looks_like_one(zip.path()).unwrap());
    }

    #[test]
    fn x11_an_archive_names_nothing_on_the_machine() {
        let index = r#"{"manifests":[{"digest":"sha256:1","annotations":{"io.containerd.image.name":"docker.io/library/node:22"}}]}"#;
        let file = archive(&[
            ("c.json", "{}"),
            (REPOSITORIES, r#"{"node":{"22":"1"}}"#),
            (INDEX, index),
            (MANIFEST, ONE),
        ]);
        let mut out = vec![];
        nameless(file.path(), &mut out).unwrap();
        let texts = texts(&out);
        let names: Vec<_> = texts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["c.json", INDEX, MANIFEST]);
        assert!(
            texts.iter().all(|(_, text)| !text.contains("node")),
            "{texts:?}"
        );
        assert!(texts[2].1.contains("layer.tar"));
    }

    #[test]
    fn p2_two_images_in_one_archive_are_refused() {
        let two = r#"[{"Config":"a","Layers":[]},{"Config":"b","Layers":[]}]"#;
        let file = archive(&[(MANIFEST, two)]);
        let no = nameless(file.path(), io::sink()).unwrap_err();
        assert_eq!(no.to_string(), "it holds 2 images; save one alone");
    }
}
