//! What only one deployment can hold at a time. Holding any of it turns an update from
//! blue-green into replace: the old one has to let go before the new one can start.

use super::error::Fault;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Something that two deployments can't hold at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Exclusive {
    /// All GPUs of the host.
    Gpu,
    /// A device node, as `/dev/ttyUSB0`.
    Device(String),
    /// A port of the host.
    Port(u16),
    /// A volume with a single writer.
    Volume(String),
}

/// Why a word does not name an exclusive resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}; {way_out}")]
pub struct NotExclusive {
    /// What is wrong, as a sentence.
    pub problem: String,
    /// What would be right.
    pub way_out: String,
}

impl fmt::Display for Exclusive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exclusive::Gpu => write!(f, "gpu"),
            Exclusive::Device(path) => write!(f, "device:{path}"),
            Exclusive::Port(number) => write!(f, "port:{number}"),
            Exclusive::Volume(name) => write!(f, "volume:{name}"),
        }
    }
}

impl FromStr for Exclusive {
    type Err = NotExclusive;

    fn from_str(word: &str) -> Result<Exclusive, NotExclusive> {
        match word.split_once(':') {
            None if word == "gpu" => Ok(Exclusive::Gpu),
            Some(("device", path)) => device(path),
            Some(("port", number)) => port(number),
            Some(("volume", name)) => volume(name),
            _ => refuse(word, "write `gpu`, `device:/dev/…`, `port:…` or `volume:…`"),
        }
    }
}

fn device(path: &str) -> Result<Exclusive, NotExclusive> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:@".contains(c);
    let inside = path.strip_prefix("/dev/").unwrap_or_default();
    let part_ok =
        |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(plain);
    match path.len() <= 255 && inside.split('/').all(part_ok) {
        true => Ok(Exclusive::Device(path.to_owned())),
        false => refuse(
            &format!("device:{path}"),
            "name a device below /dev, as `device:/dev/ttyUSB0`",
        ),
    }
}

fn port(number: &str) -> Result<Exclusive, NotExclusive> {
    match number.parse::<u16>() {
        Ok(port) if port > 0 && port.to_string() == number => Ok(Exclusive::Port(port)),
        _ => refuse(
            &format!("port:{number}"),
            "name a port from 1 to 65535, as `port:25565`",
        ),
    }
}

fn volume(name: &str) -> Result<Exclusive, NotExclusive> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    match starts_well && name.len() <= 128 && name.chars().all(plain) {
        true => Ok(Exclusive::Volume(name.to_owned())),
        false => refuse(
            &format!("volume:{name}"),
            "name a volume with letters, digits, `_`, `-` and `.`, as `volume:data`",
        ),
    }
}

fn refuse(word: &str, way_out: &str) -> Result<Exclusive, NotExclusive> {
    let word: String = word.chars().take(80).collect();
    Err(NotExclusive {
        problem: format!("`{word}` is not an exclusive resource"),
        way_out: way_out.to_owned(),
    })
}

impl From<NotExclusive> for Fault {
    fn from(no: NotExclusive) -> Fault {
        Fault::new(no.problem, no.way_out)
    }
}

impl TryFrom<String> for Exclusive {
    type Error = NotExclusive;

    fn try_from(word: String) -> Result<Exclusive, NotExclusive> {
        word.parse()
    }
}

impl From<Exclusive> for String {
    fn from(exclusive: Exclusive) -> String {
        exclusive.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for word in [
            "gpu",
            "device:/dev/ttyUSB0",
            "device:/dev/dri/card0",
            "port:25565",
            "volume:data",
        ] {
            assert_eq!(
                word.parse::<Exclusive>().map(|e| e.to_string()),
                Ok(word.to_owned())
            );
        }
    }

    #[test]
    fn refuses_what_could_reach_elsewhere() {
        for word in [
            "",
            "gpus",
            "gpu:0",
            "device:",
            "device:/dev",
            "device:/dev/",
            "device:/dev/../etc/passwd",
            "device:/etc/x",
            "device:dev/x",
            "port:0",
            "port:65536",
            "port:+1",
            "port:080",
            "port:",
            "volume:",
            "volume:../x",
            "volume:a/b",
            "volume:.hidden",
        ] {
            assert!(word.parse::<Exclusive>().is_err(), "{word} was accepted");
        }
    }
}
