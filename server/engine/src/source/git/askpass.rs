//! Access tokens for git, in the way of its `GIT_ASKPASS`: git starts `<keys>/sealdock-askpass`,
//! which is this executable, with its question as the only argument, and reads the answer from a
//! pipe. So no token is ever in a URL, on a command line or in an environment variable: what there
//! is says only which file to read, which is its owner's alone and gone when git has ended.

use domain::credential::Place;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::process::ExitCode;

pub const WRAPPER: &str = "sealdock-askpass";
/// Names the file.
pub const FILE: &str = "SEALDOCK_ASKPASS_FILE";

/// What opens one place.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub place: Place,
    pub username: String,
    pub secret: String,
}

/// What git wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Username,
    Password,
}

/// When this process was started by git to answer a question, it does. To be asked first thing in
/// `main`.
pub fn answer_if_asked() -> Option<ExitCode> {
    let mut args = std::env::args_os();
    let me = PathBuf::from(args.next()?);
    if me.file_name()? != WRAPPER {
        return None;
    }
    let question = args.next().and_then(|arg| arg.into_string().ok());
    let said = question.and_then(|question| answer(&question, &kept()?));
    Some(match said {
        Some(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        // Git goes on to ask at the terminal, which it may not, and says so.
        None => ExitCode::FAILURE,
    })
}

fn kept() -> Option<Vec<Answer>> {
    let text = std::fs::read(std::env::var_os(FILE)?).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Of `Username for 'https://host/path': ` and `Password for 'https://name@host/path': `; git-lfs
/// writes the address in double quotes.
fn answer(question: &str, kept: &[Answer]) -> Option<String> {
    let wanted = match question.split_whitespace().next()? {
        "Username" => Wanted::Username,
        "Password" => Wanted::Password,
        _ => return None,
    };
    let quote = question.find(['\'', '"'])?;
    let url = question[quote + 1..].split(['\'', '"']).next()?;
    if !is_private(url) {
        return None;
    }
    let (_, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next()?;
    let fitting = kept
        .iter()
        .filter_map(|one| Some((one.place.opens(host, path)?, one)));
    let (_, best) = fitting.max_by_key(|(fit, _)| *fit)?;
    Some(match wanted {
        Wanted::Username => best.username.clone(),
        Wanted::Password => best.secret.clone(),
    })
}

/// Whether nobody on the way can read along: https, or this very machine.
pub fn is_private(url: &str) -> bool {
    if url.starts_with("https://") {
        return true;
    }
    let Some(rest) = url.strip_prefix("http://") else {
        return false;
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let address = name.parse::<std::net::IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Vec<Answer> {
        let one = |host: &str, path: &str, secret: &str| Answer {
            place: Place {
                host: host.into(),
                path: path.into(),
            },
            username: "bot".into(),
            secret: secret.into(),
        };
        vec![
            one("git.example.com", "", "for the host"),
            one("git.example.com", "team", "for the team"),
            one("127.0.0.1:8080", "", "for this machine"),
        ]
    }

    #[test]
    fn p4_git_s_questions_are_answered_for_their_own_host_only() {
        let said = |question: &str| answer(question, &kept());
        let yes = |text: &str| Some(text.to_owned());
        assert_eq!(
            said("Username for 'https://git.example.com/x.git': "),
            yes("bot")
        );
        assert_eq!(
            said("Password for 'https://bot@git.example.com/x.git': "),
            yes("for the host")
        );
        assert_eq!(
            said("Password for 'https://bot@git.example.com/team/x.git': "),
            yes("for the team")
        );
        assert_eq!(
            said("Password for \"https://bot@git.example.com/team/x.git/info/lfs\""),
            yes("for the team")
        );
        assert_eq!(
            said("Password for 'https://bot@evil.example.com/x.git': "),
            None
        );
        assert_eq!(
            said("Password for 'https://git.example.com@evil.example.com/': "),
            None
        );
        assert_eq!(said("Enter passphrase for key '/root/.ssh/id': "), None);
        assert_eq!(said(""), None);
    }

    #[test]
    fn p4_no_token_goes_over_a_wire_that_others_read() {
        let said = |url: &str| answer(&format!("Password for '{url}': "), &kept());
        assert_eq!(said("http://bot@git.example.com/x.git"), None);
        assert_eq!(said("ftp://bot@git.example.com/x.git"), None);
        assert!(said("http://bot@127.0.0.1:8080/x.git").is_some());
        assert!(is_private("http://[::1]:80/x") && is_private("http://localhost/x"));
        assert!(!is_private("http://127.0.0.1.example.com/x"));
    }
}
