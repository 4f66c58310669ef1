//! The shop's repository, and where the others come from.

use super::{HOUR, Scene, URL, World, sha};
use domain::id::UploadId;
use domain::source::{Commit, Revision, Source, Tag};
use domain::time::Time;

impl Scene {
    fn commit(self, n: u32, subject: &str, author: &str) -> Commit {
        let sha: String = sha(subject).chars().skip(7).take(40).collect();
        Commit {
            sha,
            subject: subject.into(),
            author: author.into(),
            at: self.ago(i64::from(n) * 7 * HOUR),
        }
    }

    pub fn tags(self) -> Vec<Tag> {
        let tag = |name: &str, n, subject: &str, pre_release| Tag {
            name: name.into(),
            commit: self.commit(n, subject, "Grace Hopper"),
            pre_release,
            release_json: name == "v1.4.2" && self.world != World::Building,
        };
        vec![
            tag("v1.5.0-rc.1", 1, "Try the new checkout", true),
            tag(
                "v1.4.2",
                2,
                "Round the basket total once, at the end",
                false,
            ),
            tag("v1.4.1", 9, "Keep the basket after sign-in", false),
            tag("v1.4.0", 21, "Search as you type", false),
            tag("v1.3.0", 60, "Products have pictures", false),
            tag("v1.2.0", 90, "Pay by invoice", false),
        ]
    }

    pub(super) fn source(self, tag: &str) -> Source {
        let found = self.tags().into_iter().find(|t| t.name == tag);
        let commit = found.map_or_else(
            || self.commit(3, "Work in progress on the basket", "Ada Lovelace"),
            |t| t.commit,
        );
        Source::Git {
            url: URL.into(),
            revision: Revision::Tag(tag.into()),
            commit,
        }
    }

    pub(super) fn commits(self) -> Vec<Commit> {
        let list = [
            "Round the basket total once, at the end",
            "Test the total with a coupon",
            "Bump hyper",
            "Log slow payments with their duration",
        ];
        list.iter()
            .zip(2..)
            .map(|(subject, n)| {
                self.commit(
                    n,
                    subject,
                    if n % 2 == 0 {
                        "Grace Hopper"
                    } else {
                        "Ada Lovelace"
                    },
                )
            })
            .collect()
    }
}

pub(super) fn bundle() -> Source {
    Source::Bundle {
        name: "handbook-2026-11.zip".into(),
        upload: UploadId::new(Time(1), 1),
        digest: sha("handbook"),
        size_bytes: 4_812_044,
    }
}

pub(super) fn image() -> Source {
    Source::Image {
        reference: "registry.example.com/acme/vision-api:7.2".into(),
        local: false,
    }
}
