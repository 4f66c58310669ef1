//! What is to be deployed, as flags say it.

use super::client::Client;
use super::exit::{Failure, Got};
use super::{pack, say::Say, upload};
use clap::Args;
use domain::source::{Revision, Wanted};
use std::path::Path;

#[derive(Args)]
pub struct SourceFlags {
    /// A Git repository: an address, or a path on the server's machine. `.` when nothing is said.
    #[arg(long, value_name = "URL|PATH", conflicts_with_all = ["image", "bundle"])]
    pub git: Option<String>,
    #[command(flatten)]
    pub revision: RevisionFlags,
    /// A Docker image.
    #[arg(long, value_name = "REF", conflicts_with_all = ["bundle", "branch", "tag", "commit"])]
    pub image: Option<String>,
    /// The image is on the runtime's machine already; nothing is pulled.
    #[arg(long, requires = "image")]
    pub local: bool,
    /// A file: a static site (.zip, .tar.gz, or a directory, which is packed), or an image as
    /// `docker save` writes it.
    #[arg(long, value_name = "FILE|DIR", conflicts_with_all = ["branch", "tag", "commit"])]
    pub bundle: Option<String>,
}

/// At most one; the head of the default branch when none is said.
#[derive(Args, Default)]
pub struct RevisionFlags {
    #[arg(long, conflicts_with_all = ["tag", "commit"])]
    pub branch: Option<String>,
    #[arg(long, conflicts_with = "commit")]
    pub tag: Option<String>,
    #[arg(long, value_name = "SHA")]
    pub commit: Option<String>,
}

impl RevisionFlags {
    pub fn revision(&self) -> Option<Revision> {
        let branch = self.branch.clone().map(Revision::Branch);
        let tag = self.tag.clone().map(Revision::Tag);
        branch
            .or(tag)
            .or_else(|| self.commit.clone().map(Revision::Commit))
    }
}

impl SourceFlags {
    /// Sends a bundle ahead, where it is one.
    pub async fn wanted(&self, client: &Client, say: &Say) -> Got<Wanted> {
        if let Some(reference) = &self.image {
            return Ok(Wanted::Image {
                reference: reference.clone(),
                local: self.local,
            });
        }
        if let Some(bundle) = &self.bundle {
            let file = pack::bundle(Path::new(bundle), say)?;
            return Ok(Wanted::Bundle {
                upload: upload::send(client, &file).await?.id,
            });
        }
        let url = address(self.git.as_deref().unwrap_or("."))?;
        Ok(Wanted::Git {
            url,
            revision: self.revision.revision().unwrap_or_default(),
        })
    }

    /// What the project is called when nobody says: the last word of where it comes from.
    pub fn name(&self) -> Got<String> {
        let from = match (&self.image, &self.bundle) {
            (Some(image), _) => image.clone(),
            (None, Some(bundle)) => absolute(bundle)?,
            (None, None) => address(self.git.as_deref().unwrap_or("."))?,
        };
        let name = last_word(&from);
        let none = || {
            Failure::usage(format!("No name can be made from `{from}`."))
                .way_out("Say one with --name.")
        };
        if name.is_empty() {
            Err(none())
        } else {
            Ok(name)
        }
    }
}

/// A path becomes absolute: the server does not stand where we stand.
pub fn address(text: &str) -> Got<String> {
    let is_remote = text.contains("://") || (text.contains(':') && !Path::new(text).exists());
    if is_remote {
        Ok(text.to_owned())
    } else {
        absolute(text)
    }
}

fn absolute(path: &str) -> Got<String> {
    let found = std::fs::canonicalize(path);
    let found =
        found.map_err(|error| Failure::usage(format!("`{path}` can't be opened: {error}.")))?;
    Ok(found.to_string_lossy().into_owned())
}

fn last_word(from: &str) -> String {
    let last = from
        .trim_end_matches('/')
        .rsplit(['/', ':'])
        .find(|part| part.bytes().any(|b| b.is_ascii_alphabetic()));
    let last = last.unwrap_or_default().to_ascii_lowercase();
    let bare = [".git", ".tar.gz", ".tgz", ".zip"]
        .iter()
        .find_map(|end| last.strip_suffix(end))
        .unwrap_or(&last);
    let letters: String = bare
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    letters.trim_matches('-').chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_from_where_it_comes_from() {
        for (from, name) in [
            ("https://git.example/team/Web_App.git", "web-app"),
            ("git@git.example:team/api", "api"),
            ("registry.example:5000/team/app:1.2", "app"),
            ("nginx:1.27", "nginx"),
            ("/home/me/site.tar.gz", "site"),
            ("/", ""),
        ] {
            assert_eq!(last_word(from), name, "{from}");
        }
    }

    #[test]
    fn an_address_stays_and_a_path_becomes_absolute() {
        assert_eq!(address("git@h:p.git").unwrap(), "git@h:p.git");
        assert_eq!(address("file:///srv/r").unwrap(), "file:///srv/r");
        assert!(address(".").unwrap().starts_with('/'));
        assert!(address("no/such/path").is_err());
    }
}
