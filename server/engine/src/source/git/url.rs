//! Which URLs we take: https, http, ssh, `user@host:path`, `file://` and absolute paths.

use crate::dirs::Dirs;
use domain::api::Reply;
use domain::refusal::Refusal;
use std::path::{Path, PathBuf};

const LONGEST: usize = 2048;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitUrl {
    text: String,
    /// Where it lies on this machine, if it does.
    local: Option<PathBuf>,
}

impl GitUrl {
    pub fn parse(text: &str) -> Reply<GitUrl> {
        let text = text.trim();
        let shaped = !text.is_empty()
            && text.len() <= LONGEST
            && !text.starts_with('-')
            && !text.contains(|c: char| c.is_control() || c == ' ');
        if !shaped || text.contains("::") {
            return Err(not_a_url(text));
        }
        if let Some(rest) = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
        {
            return remote(text, rest);
        }
        if let Some(rest) = text.strip_prefix("ssh://") {
            return if host_of(rest).is_empty() {
                Err(not_a_url(text))
            } else {
                Ok(GitUrl {
                    text: text.into(),
                    local: None,
                })
            };
        }
        let path = text.strip_prefix("file://").unwrap_or(text);
        match () {
            () if path.starts_with('/') => Ok(GitUrl {
                text: text.into(),
                local: Some(path.into()),
            }),
            () if scp_like(text) => Ok(GitUrl {
                text: text.into(),
                local: None,
            }),
            () => Err(not_a_url(text)),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// On this machine: what a repository from elsewhere may not point at.
    pub fn is_local(&self) -> bool {
        self.local.is_some()
    }

    /// Host and path of an http or https URL, and whether anybody on the way could read along.
    pub fn over_http(&self) -> Option<(&str, &str)> {
        let rest = self
            .text
            .strip_prefix("https://")
            .or_else(|| self.text.strip_prefix("http://"))?;
        Some(rest.split_once('/').unwrap_or((rest, "")))
    }

    /// By `ssh://` or `user@host:path`.
    pub fn is_over_ssh(&self) -> bool {
        !self.is_local() && self.over_http().is_none()
    }

    /// A path into our own data directory would be a way to another tenant's code.
    pub fn outside_of(&self, dirs: &Dirs) -> Reply<()> {
        let Some(local) = &self.local else {
            return Ok(());
        };
        let real = local.canonicalize().map_err(|_| missing(local))?;
        let ours = dirs
            .data()
            .canonicalize()
            .unwrap_or_else(|_| dirs.data().to_owned());
        let sample = dirs
            .sample()
            .canonicalize()
            .unwrap_or_else(|_| dirs.sample());
        match real.starts_with(&ours) && real != sample {
            true => Err(missing(local)),
            false => Ok(()),
        }
    }
}

fn remote(text: &str, rest: &str) -> Reply<GitUrl> {
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Refusal::invalid(
            "url",
            "The URL contains a user name or a password, which would end up in logs and pages.",
        )
        .way_out(
            "Leave it out, and set an access token for the host under Settings, Git and registries.",
        ));
    }
    if host_of(rest).is_empty() {
        Err(not_a_url(text))
    } else {
        Ok(GitUrl {
            text: text.into(),
            local: None,
        })
    }
}

/// The host of `user@host:port/path`; one that begins with `-` would be an option of ssh.
fn host_of(rest: &str) -> &str {
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if host.starts_with('-') || authority.starts_with('-') {
        ""
    } else {
        host
    }
}

fn scp_like(text: &str) -> bool {
    let Some((before, path)) = text.split_once(':') else {
        return false;
    };
    let host = before.rsplit('@').next().unwrap_or_default();
    before.contains('@')
        && !host.is_empty()
        && !host.starts_with('-')
        && !path.is_empty()
        && !path.starts_with('-')
        && !before.contains('/')
}

fn not_a_url(text: &str) -> Refusal {
    let shown: String = text.chars().take(80).collect();
    Refusal::invalid(
        "url",
        format!("`{shown}` is not a Git URL that Sealdock takes."),
    )
    .way_out("Write https://…, ssh://…, git@host:team/app.git, file:///… or an absolute path.")
}

fn missing(path: &Path) -> Refusal {
    Refusal::invalid(
        "url",
        format!(
            "There is no repository at {} that Sealdock can read.",
            path.display()
        ),
    )
    .way_out("Check the path and its permissions.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_would_run_or_misread_is_refused() {
        let bad = [
            "",
            "-u",
            "ext::sh -c id",
            "https://",
            "https://me:secret@host/x",
            "ssh://-oProxyCommand=id/x",
            "git@-oProxyCommand=id:x",
            "relative/path",
            "host:path",
            "ftp://host/x",
            "a b",
        ];
        for text in bad {
            assert!(
                GitUrl::parse(text).is_err_and(|r| r.way_out.is_some()),
                "{text}"
            );
        }
    }

    #[test]
    fn every_usual_form_is_taken() {
        for text in [
            "https://host/team/app.git",
            "ssh://git@host:2222/app",
            "git@host:team/app.git",
            "file:///srv/app.git",
            "/srv/app.git",
        ] {
            assert!(GitUrl::parse(text).is_ok(), "{text}");
        }
    }
}
