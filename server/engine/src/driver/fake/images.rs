//! Images in memory. An image's id *is* its name, written in hexadecimal, so that an instance
//! can be made from it even after a restart has emptied the memory.

use super::FakeDriver;
use super::knob::Knob;
use crate::contents::{Found, Limits, Wanted};
use crate::driver::{Build, DriverError, Images, Lines, Login};
use crate::source::image_archive;
use async_trait::async_trait;
use domain::source::Artifact;
use domain::view::Stream;
use std::fmt::Write;
use std::path::Path;

const PREFIX: &str = "sha256:";
const DIGITS: usize = 64;
/// What every fake image weighs.
const SIZE_BYTES: u64 = 5 << 20;
const OURS: &str = "sealdock/";

#[async_trait]
impl Images for FakeDriver {
    async fn build(&self, build: Build<'_>, lines: &dyn Lines) -> Result<Artifact, DriverError> {
        let base = base(&build);
        lines.line(Stream::Out, &format!("#1 [1/1] FROM {base}"));
        match Knob::of(&base) {
            Some(Knob::BuildHangs) => std::future::pending().await,
            Some(Knob::BuildFails) => self.verb("build", build.tag, |_| Err(build_fails(lines))),
            _ => self.verb("build", build.tag, |world| {
                lines.line(Stream::Out, &format!("Successfully tagged {}", build.tag));
                world.tags.insert(build.tag.to_owned(), base.clone());
                Ok(artifact(&base))
            }),
        }
    }

    async fn pull(
        &self,
        reference: &str,
        _: Option<&Login>,
        lines: &dyn Lines,
    ) -> Result<Artifact, DriverError> {
        self.verb("pull", reference, |_| {
            lines.line(Stream::Out, &format!("Pulling {reference}"));
            knob(reference)?;
            lines.line(
                Stream::Out,
                &format!("Status: Downloaded newer image for {reference}"),
            );
            Ok(artifact(reference))
        })
    }

    /// Every archive holds the app that always works.
    async fn load(&self, archive: &Path, lines: &dyn Lines) -> Result<Artifact, DriverError> {
        image_archive::nameless(archive, std::io::sink())
            .map_err(|e| DriverError::Refused(format!("The archive can't be loaded: {e}.")))?;
        self.verb("load", &archive.display().to_string(), |_| {
            lines.line(Stream::Out, "Loaded image ID: fake/ok:loaded");
            Ok(artifact("fake/ok:loaded"))
        })
    }

    async fn find(&self, reference: &str) -> Result<Option<Artifact>, DriverError> {
        self.verb("find", reference, |world| {
            let named = world
                .tags
                .get(reference)
                .cloned()
                .unwrap_or_else(|| self::reference(reference));
            Ok(knob(&named).is_ok().then(|| artifact(&named)))
        })
    }

    async fn keep(&self, image: &str, tag: &str) -> Result<(), DriverError> {
        self.verb("keep", tag, |world| {
            world.tags.insert(tag.to_owned(), reference(image));
            Ok(())
        })
    }

    /// A fake image is made of nothing.
    async fn files(&self, image: &str, _: Wanted, _: Limits) -> Result<Found, DriverError> {
        self.verb("files", image, |_| Ok(Found::default()))
    }

    /// One page, that says what an instance of the image would say first.
    async fn take_out(
        &self,
        tag: &str,
        directory: &str,
        into: &Path,
        _: u64,
    ) -> Result<(), DriverError> {
        let made = self.verb("take out of", tag, |world| Ok(world.tags.get(tag).cloned()))?;
        let reference = made.ok_or_else(|| {
            DriverError::Refused(format!("There is no image {tag} in the fake runtime."))
        })?;
        let version = reference.rsplit_once(':').map_or("latest", |(_, tag)| tag);
        page(directory, version, into)
            .map_err(|e| DriverError::Refused(format!("{} can't be written: {e}", into.display())))
    }

    async fn discard(&self, tag: &str) -> Result<bool, DriverError> {
        if !tag.starts_with(OURS) {
            return Err(DriverError::Refused(format!(
                "The image {tag} was not made by Sealdock, so it is not removed."
            )));
        }
        self.verb("discard", tag, |world| {
            world.tags.remove(tag);
            Ok(true)
        })
    }
}

fn page(directory: &str, version: &str, into: &Path) -> std::io::Result<()> {
    let text = format!("{version}\n");
    let mut tar = tar::Builder::new(std::fs::File::create(into)?);
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o644);
    header.set_size(text.len() as u64);
    let path = Path::new(directory.trim_start_matches('/')).join("index.html");
    tar.append_data(&mut header, path, text.as_bytes())?;
    tar.finish()
}

/// What the image does, by its id or its name.
pub fn knob(image: &str) -> Result<Knob, DriverError> {
    let reference = reference(image);
    match Knob::of(&reference) {
        Some(Knob::Missing) | None => Err(DriverError::Refused(format!(
            "The image {reference} is not in the fake runtime. It has fake/ok, fake/unhealthy and the others in the documentation of `engine::driver::fake`."
        ))),
        Some(Knob::Unreachable) => Err(DriverError::Unreachable(format!(
            "The registry of {reference} does not answer (it never does: it is a fake)."
        ))),
        Some(knob) => Ok(knob),
    }
}

/// The base image when it is one of ours; else the app that always works, in a version of its own.
fn base(build: &Build<'_>) -> String {
    let in_tree = || std::fs::read_to_string(build.context.join(build.dockerfile));
    let text = match build.generated {
        Some(text) => text.to_owned(),
        None => in_tree().unwrap_or_default(),
    };
    let from = text
        .lines()
        .rev()
        .find_map(|line| line.trim().strip_prefix("FROM "));
    let fake = from
        .and_then(|from| from.split_whitespace().next())
        .filter(|name| Knob::of(name).is_some());
    let version = build.tag.rsplit_once(':').map_or("latest", |(_, tag)| tag);
    fake.map_or_else(|| format!("fake/ok:{version}"), str::to_owned)
}

fn build_fails(lines: &dyn Lines) -> DriverError {
    lines.line(Stream::Err, "this base image fails every build");
    DriverError::Refused(
        "`Step 1/1 : FROM fake/build-fails` failed: this base image fails every build.".into(),
    )
}

fn artifact(reference: &str) -> Artifact {
    Artifact::Image {
        image: id(reference),
        pulled_as: None,
        size_bytes: SIZE_BYTES,
    }
}

fn id(reference: &str) -> String {
    let mut hex = reference.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    while hex.len() < DIGITS {
        hex.push('0');
    }
    format!("{PREFIX}{hex}")
}

/// The name that an id is made of; anything else is a name already.
pub fn reference(image: &str) -> String {
    image
        .strip_prefix(PREFIX)
        .and_then(unhex)
        .unwrap_or_else(|| image.to_owned())
}

fn unhex(digits: &str) -> Option<String> {
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
    let text = String::from_utf8(bytes?).ok()?;
    Some(text.trim_end_matches('\0').to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_looks_like_one_and_reads_back() {
        let id = id("fake/slow-start-500ms:v1");
        assert_eq!(id.len(), PREFIX.len() + DIGITS);
        assert_eq!(reference(&id), "fake/slow-start-500ms:v1");
        assert_eq!(reference("fake/ok:v1"), "fake/ok:v1");
    }

    #[test]
    fn an_id_of_another_runtime_is_no_fake_image() {
        let foreign = format!("{PREFIX}{}", "e3".repeat(32));
        assert!(
            matches!(knob(&foreign), Err(DriverError::Refused(said)) if said.contains(&foreign))
        );
        assert!(matches!(
            knob(&format!("{PREFIX}{}", "0".repeat(64))),
            Err(DriverError::Refused(_))
        ));
    }
}
