//! `release.json`: what a project's own CI says of a version before anybody deploys it (I-19).
//!
//! The whole measurement of an instance is known only where it is deployed, because it covers the
//! instance's variables and the key of that installation. A release says the rest, which is the
//! same everywhere: the image, its root file system, and what the guest is started from. Together
//! with the installation's `expected.json` that leads from what was attested to what was released.

use super::{Base64, Digest, Expected, Hex, Rootfs};
use crate::config;
use crate::source::{Artifact, Commit};
use serde::{Deserialize, Serialize};

/// As it is called wherever it is kept.
pub const RELEASE_FILE: &str = "release.json";
/// What is signed is domain-separated, so that no other signature of the same key fits.
const SIGNED: &[u8] = b"sealdock-release-v1\0";

/// One version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// [`VERSION`](super::VERSION).
    pub v: u32,
    /// Its tag.
    pub tag: String,
    /// What it was built from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The image's id, `sha256:…`.
    pub image: String,
    /// Where it is pulled from, by its digest; `None`: that is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The root file system that it becomes.
    pub rootfs: Rootfs,
    /// What guests are started from; `None` where the release left that to whoever deploys it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<Guest>,
}

/// Of `./setup tee`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guest {
    /// SHA-256 of the file.
    pub kernel: Digest,
    /// SHA-256 of the file.
    pub initrd: Digest,
    /// SHA-256 of the file.
    pub firmware: Digest,
}

/// The file: the bytes of [`Released`] as JSON, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedRelease {
    /// The bytes of a [`Released`] as JSON.
    pub release: Base64,
    /// The ed25519 public key. It only tells keys apart: the reader brings the key that counts.
    pub key: Hex<32>,
    /// ed25519 over [`release_bytes`] of `release`.
    pub signature: Hex<64>,
}

/// What the signature of [`SignedRelease`] is over.
pub fn release_bytes(release: &[u8]) -> Vec<u8> {
    [SIGNED, release].concat()
}

/// One part of it, and whether what is expected of an instance has the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// `image`, `rootfs`, `kernel`, …
    pub name: String,
    /// They are the same.
    pub same: bool,
}

/// What a deployment must come to, because a release says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReleasedImage {
    /// The image's id, `sha256:…`.
    pub image: String,
    /// Where it is pulled from, where the release says it: then nothing is built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Who signed that.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub key: Hex<32>,
}

impl ReleasedImage {
    /// Whether this is it; else why it is not deployed. An Engine that keeps images as containerd does
    /// has other ids, and what was pulled by the same digest is the same.
    pub fn is(&self, made: &Artifact, tag: &str) -> Result<(), String> {
        let pulled = match made {
            Artifact::Image { pulled_as, .. } => pulled_as.as_deref().and_then(digest),
            Artifact::Static { .. } => None,
        };
        let named = self.reference.as_deref().and_then(digest);
        if made.digest() == self.image || (pulled.is_some() && pulled == named) {
            return Ok(());
        }
        let artifact = made.digest();
        Err(format!(
            "This is {artifact}, and the signed release of {tag} is {}: it is not deployed. \
             Let the release say where its image is pulled from (`sealdock release make --reference`), so that nothing is built.",
            self.image
        ))
    }
}

/// `sha256:…` of `name@sha256:…`.
fn digest(reference: &str) -> Option<&str> {
    Some(reference.rsplit_once('@')?.1)
}

impl Released {
    /// Of that tag at that commit, and of an image that stays the same; else why not.
    pub fn is_of(&self, tag: &str, commit: &Commit) -> Result<(), String> {
        if self.tag != tag {
            return Err(format!("is of {}", self.tag));
        }
        if let Some(reference) = &self.reference
            && !config::is_pinned(reference)
        {
            return Err(format!("names `{reference}`, which has no digest"));
        }
        match &self.commit {
            Some(sha) if *sha == commit.sha => Ok(()),
            Some(sha) => Err(format!(
                "is of commit {sha}, and the tag is at {}",
                commit.sha
            )),
            None => Err("names no commit (`sealdock release make --commit`)".into()),
        }
    }

    /// Part by part; what the release does not say is not in the list.
    pub fn compared(&self, expected: &Expected) -> Vec<Part> {
        let guest =
            |of: fn(&Guest) -> Digest, there: Digest| Some(of(self.guest.as_ref()?) == there);
        let all = [
            ("image", Some(self.image == expected.image)),
            ("rootfs", Some(self.rootfs == expected.rootfs)),
            ("kernel", guest(|g| g.kernel, expected.kernel)),
            ("initrd", guest(|g| g.initrd, expected.initrd)),
            ("firmware", guest(|g| g.firmware, expected.firmware)),
        ];
        let part = |(name, same): (&str, Option<bool>)| {
            Some(Part {
                name: name.to_owned(),
                same: same?,
            })
        };
        all.into_iter().filter_map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Shape;
    use super::*;

    fn expected() -> Expected {
        let hex = |byte| Hex([byte; 32]);
        Expected {
            v: super::super::VERSION,
            image: "sha256:1".into(),
            config: hex(9),
            rootfs: Rootfs {
                root: hex(1),
                salt: hex(2),
                blocks: 7,
            },
            kernel: hex(3),
            initrd: hex(4),
            firmware: hex(5),
            cmdline: String::new(),
            shape: Shape {
                cpus: 1,
                memory_mb: 256,
                gpus: 0,
            },
            snp: None,
            tdx: None,
            sim: None,
        }
    }

    fn different(released: &Released, expected: &Expected) -> Vec<String> {
        let parts = released.compared(expected).into_iter();
        parts.filter(|p| !p.same).map(|p| p.name).collect()
    }

    #[test]
    fn i19_an_image_is_the_released_one_by_its_id_or_by_the_digest_that_it_was_pulled_by() {
        let made = |image: &str, pulled_as: Option<&str>| Artifact::Image {
            image: image.into(),
            pulled_as: pulled_as.map(str::to_owned),
            size_bytes: 1,
        };
        let released = ReleasedImage {
            image: "sha256:1".into(),
            reference: Some("ghcr.io/acme/shop@sha256:a".into()),
            key: Hex([1; 32]),
        };
        let is = |made| released.is(&made, "v1").is_ok();
        assert!(is(made("sha256:1", None)));
        assert!(is(made("sha256:9", Some("mirror/shop@sha256:a"))));
        assert!(!is(made("sha256:9", Some("ghcr.io/acme/shop@sha256:b"))));
        assert!(!is(made("sha256:9", None)));
        let unnamed = ReleasedImage {
            reference: None,
            ..released.clone()
        };
        let no = unnamed
            .is(&made("sha256:9", Some("app")), "v1")
            .unwrap_err();
        assert!(no.contains("This is sha256:9, and the signed release of v1 is sha256:1"));
    }

    #[test]
    fn i19_a_release_is_of_its_tag_at_its_commit() {
        let released = |tag: &str, commit: Option<&str>, reference: Option<&str>| Released {
            v: super::super::VERSION,
            tag: tag.into(),
            commit: commit.map(str::to_owned),
            image: "sha256:1".into(),
            reference: reference.map(str::to_owned),
            rootfs: expected().rootfs,
            guest: None,
        };
        let at = Commit {
            sha: "abc".into(),
            subject: String::new(),
            author: String::new(),
            at: crate::time::Time(0),
        };
        let of = |released: Released| released.is_of("v1", &at);
        assert_eq!(of(released("v1", Some("abc"), None)), Ok(()));
        assert_eq!(
            of(released("v2", Some("abc"), None)),
            Err("is of v2".into())
        );
        for wrong in [
            released("v1", Some("abd"), None),
            released("v1", None, None),
            released("v1", Some("abc"), Some("ghcr.io/acme/shop:v1")),
        ] {
            assert!(of(wrong).is_err());
        }
    }

    #[test]
    fn i19_what_is_expected_of_an_instance_leads_to_what_was_released() {
        let expected = expected();
        let released = Released {
            v: super::super::VERSION,
            tag: "v1".into(),
            commit: None,
            image: expected.image.clone(),
            reference: None,
            rootfs: expected.rootfs.clone(),
            guest: Some(Guest {
                kernel: expected.kernel,
                initrd: expected.initrd,
                firmware: expected.firmware,
            }),
        };
        assert_eq!(different(&released, &expected), Vec::<String>::new());
        let other = Expected {
            image: "sha256:2".into(),
            kernel: Hex([0; 32]),
            ..expected
        };
        assert_eq!(different(&released, &other), ["image", "kernel"]);
        let rest = Released {
            guest: None,
            ..released
        };
        assert_eq!(rest.compared(&other).len(), 2);
    }
}
