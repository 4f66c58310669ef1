//! What a single text may be. Pure checks, used for files and for requests alike.

use super::error::Fault;
use super::nearest::nearest;
use super::units::brief;
use crate::detect::BASES;

pub(super) const MAX_NAMES: usize = 256;
pub(super) const MAX_ITEMS: usize = 256;
const MAX_NAME_BYTES: usize = 256;
const MAX_VALUE_BYTES: usize = 32 * 1024;
const MAX_PATH_BYTES: usize = 1024;
const MAX_WORD_BYTES: usize = 8 * 1024;

type Check = Result<(), Fault>;

/// A relative path that stays inside the repository.
pub(super) fn file(path: &str) -> Check {
    let way_out = "write a path relative to the repository, as `services/web`";
    let refuse = |why: &str| Err(Fault::new(format!("`{}` {why}", brief(path)), way_out));
    match path {
        "" => Err(Fault::new("a path is empty", way_out)),
        _ if path.len() > MAX_PATH_BYTES => refuse("is longer than 1,024 bytes"),
        _ if path.starts_with('/') => refuse("starts at the root of the machine"),
        _ if path.contains('\\') => refuse("contains a backslash"),
        _ if path.chars().any(char::is_control) => refuse("contains a control character"),
        _ if path.split('/').any(|part| part == "..") => refuse("leads out of the repository"),
        _ => Ok(()),
    }
}

/// What goes into a generated Dockerfile as a path, and must mean there what it says here.
pub(super) fn folder(path: &str) -> Check {
    file(path)?;
    let plain = |c: char| c.is_alphanumeric() || "/._-@+~ ".contains(c);
    match path.chars().all(plain) {
        true => Ok(()),
        false => Err(Fault::new(
            format!(
                "`{}` has characters that are none of a directory's",
                brief(path)
            ),
            "use letters, digits, spaces and `/ . _ - @ + ~`",
        )),
    }
}

pub(super) fn one_of(word: &str, words: &[&str]) -> Check {
    if words.contains(&word) {
        return Ok(());
    }
    let way_out = match nearest(word, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("choose one of `{}`", words.join("`, `")),
    };
    Err(Fault::new(
        format!("`{}` is not known", brief(word)),
        way_out,
    ))
}

/// One line. What is done with it is the container's business; an empty one means "no such step".
pub(super) fn command(line: &str) -> Check {
    match line {
        _ if line.len() > MAX_WORD_BYTES => Err(Fault::new(
            "a command is longer than 8 KiB",
            "put it into a script in the repository",
        )),
        _ if line.chars().any(char::is_control) => Err(Fault::new(
            "a command holds a line feed or another control character",
            "write it on one line, with `&&` between its parts",
        )),
        _ => Ok(()),
    }
}

/// What a base image is for.
pub(super) fn base(name: &str) -> Check {
    one_of(name, &BASES.map(|(name, _)| name))
}

/// A reference, as it stands behind `FROM`.
pub(super) fn image(reference: &str) -> Check {
    let plain = |c: char| c.is_ascii_alphanumeric() || "./:_-@".contains(c);
    let starts_well = reference.starts_with(|c: char| c.is_ascii_alphanumeric());
    match starts_well && reference.len() <= 512 && reference.chars().all(plain) {
        true => Ok(()),
        false => Err(Fault::new(
            format!("`{}` is not the name of an image", brief(reference)),
            "write it like `registry.example.org/team/node:22`",
        )),
    }
}

/// A reference that can mean one image only: its registry's digest is behind it.
/// Whether an image is named by its digest.
pub fn is_pinned(reference: &str) -> bool {
    pinned(reference).is_ok()
}

pub(super) fn pinned(reference: &str) -> Check {
    image(reference)?;
    let digest = reference.rsplit_once("@sha256:").map(|(_, hex)| hex);
    let is_digest =
        |hex: &str| hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match digest.is_some_and(is_digest) {
        true => Ok(()),
        false => Err(Fault::new(
            format!(
                "`{}` has no digest, so it may mean another image tomorrow",
                brief(reference)
            ),
            "write it like `ghcr.io/acme/shop@sha256:…`, with the 64 digits that its registry shows",
        )),
    }
}

/// The path of a URL, as an HTTP request line carries it.
pub(super) fn url_path(path: &str) -> Check {
    let way_out = "write it like `/healthz`, with `%20` for a space";
    let refuse = |why: &str| Err(Fault::new(format!("`{}` {why}", brief(path)), way_out));
    match path {
        _ if !path.starts_with('/') => refuse("does not start with `/`"),
        _ if path.len() > MAX_PATH_BYTES => refuse("is longer than 1,024 bytes"),
        _ if !path.bytes().all(|b| b.is_ascii_graphic()) => {
            refuse("contains characters that a URL cannot carry")
        }
        _ if path.contains('#') => refuse("contains `#`, which is never sent to a server"),
        _ => Ok(()),
    }
}

pub(super) fn word(word: &str) -> Check {
    match word {
        _ if word.len() > MAX_WORD_BYTES => Err(Fault::new(
            "a word of the command is longer than 8 KiB",
            "put it into a file of the image",
        )),
        _ if word.contains('\0') => Err(Fault::new(
            "a word of the command contains a NUL",
            "remove it: no process can receive it",
        )),
        _ => Ok(()),
    }
}

/// A name that every process can read from its environment.
pub(super) fn variable(name: &str) -> Check {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    match starts_well && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        true if name.len() > MAX_NAME_BYTES => Err(Fault::new(
            "a name is longer than 256 bytes",
            "choose a shorter one",
        )),
        true => Ok(()),
        false => Err(Fault::new(
            format!("`{}` is not a name for a variable", brief(name)),
            "use letters, digits and `_`, and do not start with a digit",
        )),
    }
}

/// A variable that does not collide with what Sealdock injects.
pub(super) fn own_variable(name: &str) -> Check {
    variable(name)?;
    let reserved =
        |why: &str, way_out: &str| Err(Fault::new(format!("`{name}` is reserved: {why}"), way_out));
    match name {
        "HOST" => reserved("Sealdock sets it to the address to listen on", "remove it"),
        "PORT" => reserved(
            "Sealdock sets it to the port to listen on",
            "remove it, and set the field `port` instead",
        ),
        _ if name.starts_with("SEALDOCK_") => reserved(
            "Sealdock sets names that start with `SEALDOCK_`",
            "choose another name",
        ),
        _ => Ok(()),
    }
}

pub(super) fn variable_value(value: &str) -> Check {
    match value {
        _ if value.len() > MAX_VALUE_BYTES => Err(Fault::new(
            "a value is longer than 32 KiB",
            "put it into a file of the image or into a volume",
        )),
        _ if value.contains('\0') => Err(Fault::new(
            "a value contains a NUL",
            "remove it: no process can receive it",
        )),
        _ => Ok(()),
    }
}

/// A status that may count as success besides 2xx.
pub(super) fn status(number: u64) -> Check {
    match number {
        200..=299 => Err(Fault::new(
            format!("{number} counts as success anyway"),
            "leave it out: 2xx is always accepted",
        )),
        300..=599 => Ok(()),
        _ => Err(Fault::new(
            format!("{number} is not a final HTTP status"),
            "choose codes from 300 to 599",
        )),
    }
}
