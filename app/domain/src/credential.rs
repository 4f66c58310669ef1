//! What opens private repositories and registries: a user name and a secret for a host (P-4, I-16).
//!
//! The secret is written and never read back. It is sent to its own host only, and by nothing that
//! a person could read: no URL, no log, no command line, no environment variable.

use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a registry is called that is not named in a reference.
pub const HUB: &str = "docker.io";
/// That of an organization; more is a mistake.
pub const MAX_CREDENTIALS: u32 = 200;
const LONGEST_HOST: usize = 253 + 6;
const LONGEST_PATH: usize = 512;
const LONGEST_NAME: usize = 255;
const LONGEST_SECRET: usize = 8 * 1024;

/// What it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// Repositories over https.
    Git,
    /// Images: pulled ones, and those that builds begin with.
    Registry,
}

impl CredentialKind {
    /// For forms and tests.
    pub const ALL: [CredentialKind; 2] = [CredentialKind::Git, CredentialKind::Registry];

    /// As the API writes it.
    pub const fn word(self) -> &'static str {
        match self {
            CredentialKind::Git => "git",
            CredentialKind::Registry => "registry",
        }
    }

    /// For a page.
    pub const fn title(self) -> &'static str {
        match self {
            CredentialKind::Git => "Git host",
            CredentialKind::Registry => "Registry",
        }
    }

    /// Reads the API's word back.
    pub fn parse(word: &str) -> Option<CredentialKind> {
        Self::ALL.into_iter().find(|k| k.word() == word)
    }
}

/// Where a credential is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// With its port, where that is not the usual one; lower case.
    pub host: String,
    /// Of a Git host: only below this; empty for all of it.
    pub path: String,
}

/// What a person hands in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCredential {
    /// What it opens.
    pub kind: CredentialKind,
    /// `git.example.com`, `git.example.com/team`, `registry.example.com:5000`, `docker.io`.
    pub place: String,
    /// Git hosts that go by the token alone take any name.
    pub username: String,
    /// A password or an access token; write-only.
    pub secret: String,
    /// When the host will not take it any more: shown, so that somebody replaces it in time.
    #[serde(default)]
    pub expires_in_days: Option<u32>,
}

/// The secret must not get out through `{:?}`.
impl fmt::Debug for NewCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, place, .. } = self;
        write!(f, "NewCredential({} {place})", kind.word())
    }
}

impl NewCredential {
    /// Where it is good, if everything about it can be.
    pub fn check(&self) -> Result<Place, Refusal> {
        let place = Place::parse(self.kind, &self.place)?;
        if !is_username(&self.username) {
            return Err(Refusal::invalid(
                "username",
                "A user name has 1 to 255 characters, and no colon, line feed or other control character.",
            )
            .way_out("Write the one that the host gave you; for a token alone, `oauth2` or `token` will do."));
        }
        if !is_secret(&self.secret) {
            return Err(Refusal::invalid(
                "secret",
                "A password or a token has 1 to 8,192 characters on one line.",
            )
            .way_out("Copy it once more from the host's page, without spaces around it."));
        }
        Ok(place)
    }
}

fn is_username(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len()) && !name.contains(|c: char| c == ':' || c.is_control())
}

fn is_secret(secret: &str) -> bool {
    (1..=LONGEST_SECRET).contains(&secret.len())
        && !secret.contains(char::is_control)
        && secret.trim() == secret
}

impl Place {
    /// As people copy it: a host, an address, or a host with the beginning of a path.
    pub fn parse(kind: CredentialKind, text: &str) -> Result<Place, Refusal> {
        let text = text.trim();
        let bare = ["https://", "http://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .unwrap_or(text);
        let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
        let host = host.to_ascii_lowercase();
        let path = path.trim_matches('/');
        if !is_host(&host) {
            return Err(not_a_host(kind, text));
        }
        match kind {
            CredentialKind::Git => Place::of_git(host, path),
            CredentialKind::Registry => Place::of_registry(host, path),
        }
    }

    fn of_git(host: String, path: &str) -> Result<Place, Refusal> {
        let fine = path.len() <= LONGEST_PATH
            && path
                .bytes()
                .all(|b| b.is_ascii_graphic() && b != b'\'' && b != b'"')
            && !path.split('/').any(|part| part == "..");
        if !fine {
            return Err(Refusal::invalid(
                "place",
                "That is not the beginning of a repository's path.",
            )
            .way_out("Write it like `git.example.com/team`, or only the host."));
        }
        Ok(Place {
            host,
            path: path.trim_end_matches(".git").to_owned(),
        })
    }

    /// The Hub has three names for one thing; other registries have no parts.
    fn of_registry(host: String, path: &str) -> Result<Place, Refusal> {
        let hub = ["docker.io", "index.docker.io", "registry-1.docker.io"].contains(&&*host);
        if !hub && !path.is_empty() && !["v1", "v2"].contains(&path) {
            return Err(Refusal::invalid(
                "place",
                format!(
                    "A registry's credential is for its whole host, and `{host}/{path}` has a path."
                ),
            )
            .way_out(format!("Write `{host}`.")));
        }
        Ok(Place {
            host: if hub { HUB.to_owned() } else { host },
            path: String::new(),
        })
    }

    /// How well it fits a repository: the longer the path, the better; `None`: not at all.
    pub fn opens(&self, host: &str, path: &str) -> Option<usize> {
        let path = path.trim_matches('/').trim_end_matches(".git");
        let below = self.path.is_empty()
            || path == self.path
            || path
                .strip_prefix(&self.path)
                .is_some_and(|rest| rest.starts_with('/') || rest.starts_with(".git/"));
        (below && self.host.eq_ignore_ascii_case(host)).then_some(self.path.len())
    }
}

/// As it is shown, and typed in.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.host),
            path => write!(f, "{}/{path}", self.host),
        }
    }
}

fn is_host(host: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b);
    (1..=LONGEST_HOST).contains(&host.len())
        && host.bytes().all(plain)
        && host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
        && !host.ends_with([':', '.', '-'])
}

fn not_a_host(kind: CredentialKind, text: &str) -> Refusal {
    let shown: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
    // What was pasted may be a token: an address with `@` in it is not repeated.
    let sentence = match shown.contains('@') {
        true => "That is not the name of a host.".to_owned(),
        false => format!("`{shown}` is not the name of a host."),
    };
    Refusal::invalid("place", sentence).way_out(match kind {
        CredentialKind::Git => "Write it like `git.example.com`, or `git.example.com/team`.",
        CredentialKind::Registry => "Write it like `registry.example.com:5000`, or `docker.io`.",
    })
}

/// Whose images these are: the part before the first slash, where it can be a host.
pub fn registry_of(reference: &str) -> String {
    let first = reference.split_once('/').map(|(first, _)| first);
    let host = first.filter(|f| f.contains(['.', ':']) || *f == "localhost");
    match host.map(str::to_ascii_lowercase) {
        Some(host) if host != "index.docker.io" => host,
        _ => HUB.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn parsed(kind: CredentialKind, texts: &[&str]) -> String {
        let line = |text: &&str| match Place::parse(kind, text) {
            Ok(place) => format!("{text} -> {place}\n"),
            Err(no) => format!("{text} -> {no}\n"),
        };
        texts.iter().map(line).collect()
    }

    #[test]
    fn p4_a_place_at_a_git_host_is_taken_as_people_copy_it() {
        let texts = [
            "git.example.com",
            "https://Git.Example.com/",
            "git.example.com:8443/team/app.git",
            "https://me:secret@git.example.com/x",
            "git.example.com/../x",
            "-oProxyCommand=id",
            "",
        ];
        expect![[r#"
            git.example.com -> git.example.com
            https://Git.Example.com/ -> git.example.com
            git.example.com:8443/team/app.git -> git.example.com:8443/team/app
            https://me:secret@git.example.com/x -> That is not the name of a host. Write it like `git.example.com`, or `git.example.com/team`.
            git.example.com/../x -> That is not the beginning of a repository's path. Write it like `git.example.com/team`, or only the host.
            -oProxyCommand=id -> `-oProxyCommand=id` is not the name of a host. Write it like `git.example.com`, or `git.example.com/team`.
             -> `` is not the name of a host. Write it like `git.example.com`, or `git.example.com/team`.
        "#]]
        .assert_eq(&parsed(CredentialKind::Git, &texts));
    }

    #[test]
    fn i16_a_registry_is_its_host() {
        let texts = [
            "registry.example.com:5000",
            "https://index.docker.io/v1/",
            "docker.io",
            "ghcr.io/team",
        ];
        expect![[r#"
            registry.example.com:5000 -> registry.example.com:5000
            https://index.docker.io/v1/ -> docker.io
            docker.io -> docker.io
            ghcr.io/team -> A registry's credential is for its whole host, and `ghcr.io/team` has a path. Write `ghcr.io`.
        "#]]
        .assert_eq(&parsed(CredentialKind::Registry, &texts));
    }

    #[test]
    fn i16_a_reference_names_its_registry_or_means_the_hub() {
        let of = |reference| registry_of(reference);
        assert_eq!(of("app"), HUB);
        assert_eq!(of("team/app:1"), HUB);
        assert_eq!(of("localhost/app"), "localhost");
        assert_eq!(of("127.0.0.1:5000/app@sha256:00"), "127.0.0.1:5000");
        assert_eq!(of("GHCR.io/team/app"), "ghcr.io");
    }

    #[test]
    fn p4_the_longest_path_opens_best_and_a_neighbour_opens_nothing() {
        let place = |path: &str| Place {
            host: "git.example.com".into(),
            path: path.into(),
        };
        let host = "git.example.com";
        assert_eq!(place("").opens(host, "/team/app.git"), Some(0));
        assert_eq!(place("team").opens(host, "team/app.git"), Some(4));
        assert_eq!(place("team/app").opens(host, "/team/app.git"), Some(8));
        assert_eq!(
            place("team/app").opens(host, "/team/app.git/info/lfs"),
            Some(8)
        );
        assert_eq!(place("team").opens(host, "teams/app"), None);
        assert_eq!(place("").opens("evil.example.com", "team/app"), None);
    }

    #[test]
    fn p4_what_is_handed_in_shows_no_secret() {
        let new = NewCredential {
            kind: CredentialKind::Git,
            place: "git.example.com".into(),
            username: "token".into(),
            secret: "hunter22".into(),
            expires_in_days: None,
        };
        assert_eq!(format!("{new:?}"), "NewCredential(git git.example.com)");
        assert!(new.check().is_ok());
        for secret in ["", "two\nlines", " padded"] {
            let wrong = NewCredential {
                secret: secret.into(),
                ..new.clone()
            };
            let no = wrong.check().expect_err("no secret");
            assert_eq!(no.place.as_deref(), Some("secret"));
            assert!(secret.is_empty() || !no.to_string().contains(secret));
        }
    }
}
