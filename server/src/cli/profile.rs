//! Which server, and by what token: from the environment, or from the file that `login` writes.

use super::exit::{Exit, Failure, Got};
use domain::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub url: String,
    pub token: String,
}

impl Profile {
    /// The environment goes before the file; each may hold one of the two.
    pub fn load() -> Got<Profile> {
        let (url, token) = (
            from_environment("SEALDOCK_URL"),
            from_environment("SEALDOCK_TOKEN"),
        );
        let file = if url.is_some() && token.is_some() {
            None
        } else {
            read(&path()?)?
        };
        let url = url.or_else(|| file.as_ref().map(|f| f.url.clone()));
        let token = token.or_else(|| file.map(|f| f.token));
        match (url, token) {
            (Some(url), Some(token)) => Ok(Profile {
                url: trimmed(&url),
                token,
            }),
            _ => Err(signed_out()),
        }
    }

    pub fn save(&self) -> Got<PathBuf> {
        let path = path()?;
        write(&path, self).map_err(|error| {
            Failure::usage(format!("{} can't be written: {error}.", path.display()))
        })?;
        Ok(path)
    }
}

pub fn forget() -> Got<PathBuf> {
    let path = path()?;
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Failure::usage(format!(
            "{} can't be removed: {error}.",
            path.display()
        ))),
        _ => Ok(path),
    }
}

pub fn trimmed(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

pub fn from_environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn path() -> Got<PathBuf> {
    let home = || from_environment("HOME").map(|home| Path::new(&home).join(".config"));
    let directory = from_environment("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(home);
    let none = || {
        Failure::usage(
            "Neither HOME nor XDG_CONFIG_HOME is set, so there is no place for the profile.",
        )
    };
    Ok(directory
        .ok_or_else(none)?
        .join("sealdock")
        .join("config.json"))
}

fn read(path: &Path) -> Got<Option<Profile>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Failure::usage(format!(
                "{} can't be read: {error}.",
                path.display()
            )));
        }
    };
    let wrong = |error| Failure::usage(format!("{} can't be understood: {error}.", path.display()));
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| wrong(error).way_out("Run `sealdock login` again."))
}

/// Readable by its owner only, from the first byte; and never half-written.
fn write(path: &Path, profile: &Profile) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let fresh = path.with_extension("json.new");
    let _ = fs::remove_file(&fresh);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&fresh)?;
    file.write_all(serde_json::to_string_pretty(profile)?.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}

fn signed_out() -> Failure {
    let refusal = Refusal::signed_out()
        .way_out("Run `sealdock login URL`, or set SEALDOCK_URL and SEALDOCK_TOKEN.");
    Failure::new(Exit::Auth, refusal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn x14_the_profile_is_its_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sealdock/config.json");
        let profile = Profile {
            url: "http://h".into(),
            token: "sd_x".into(),
        };
        write(&path, &profile).unwrap();
        write(&path, &profile).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(read(&path).unwrap(), Some(profile));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
