//! Reads what strangers send. Every field is wanted, none may come twice, and none is unknown: two
//! readers of one file must never see two things.

use super::release::RELEASE_FILE;
use super::{Crypto, Device, Digest, Evidence, Expected, QUOTED_PCRS, Released, SignedExpected};
use super::{SignedRelease, VERSION};
use crate::refusal::{Kind, Refusal};
use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::{Deserializer, de};
use std::collections::BTreeMap;
use std::fmt;

/// Quotes, chains and event logs together stay far below it.
pub const MOST_EVIDENCE: usize = 512 * 1024;

/// A command line has 2048 bytes, and nothing else is long.
pub const MOST_EXPECTED: usize = 64 * 1024;

const MOST_BOOT: usize = 64;
const MOST_TEXT: usize = 1024;

/// The JSON of an instance, or the place where it is wrong.
pub fn read_evidence(bytes: &[u8]) -> Result<Evidence, Refusal> {
    let evidence: Evidence = read("evidence", bytes, MOST_EVIDENCE)?;
    version("evidence", evidence.v)?;
    if evidence.boot.len() > MOST_BOOT {
        return Err(long("boot", &format!("more than {MOST_BOOT} steps")));
    }
    let texts = evidence.boot.iter().flat_map(|b| [&b.name, &b.detail]);
    match texts.map(String::len).max() {
        Some(most) if most > MOST_TEXT => Err(long("boot", &format!("a text of {most} bytes"))),
        _ => Ok(evidence),
    }
}

/// The key of the connection, out of the evidence's `crypto`.
pub fn read_crypto(bytes: &[u8]) -> Result<Crypto, Refusal> {
    read("crypto", bytes, MOST_EVIDENCE)
}

/// The devices, out of the evidence's `devices`.
pub fn read_devices(bytes: &[u8]) -> Result<Vec<Device>, Refusal> {
    read("devices", bytes, MOST_EVIDENCE)
}

/// The signed form, as it is downloaded.
pub fn read_signed(bytes: &[u8]) -> Result<SignedExpected, Refusal> {
    read("expected.json", bytes, 2 * MOST_EXPECTED)
}

/// What is inside of it. Only after its signature was checked.
pub fn read_expected(bytes: &[u8]) -> Result<Expected, Refusal> {
    let expected: Expected = read("expected", bytes, MOST_EXPECTED)?;
    version("expected", expected.v)?;
    Ok(expected)
}

/// The signed form of a release, as it is downloaded.
pub fn read_release(bytes: &[u8]) -> Result<SignedRelease, Refusal> {
    read(RELEASE_FILE, bytes, 2 * MOST_EXPECTED)
}

/// What is inside of it. Only after its signature was checked.
pub fn read_released(bytes: &[u8]) -> Result<Released, Refusal> {
    let released: Released = read("release", bytes, MOST_EXPECTED)?;
    version("release", released.v)?;
    Ok(released)
}

fn read<T: DeserializeOwned>(what: &str, bytes: &[u8], most: usize) -> Result<T, Refusal> {
    if bytes.len() > most {
        return Err(long(
            what,
            &format!("{} bytes; at most {most} are read", bytes.len()),
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| wrong(what, &error))
}

/// serde_json ends its own sentence with the line and the column; they are the place here.
fn wrong(what: &str, error: &serde_json::Error) -> Refusal {
    let text = error.to_string();
    let behind = format!(" at line {} column {}", error.line(), error.column());
    let sentence = text.strip_suffix(&behind).unwrap_or(&text);
    let place = format!("{what}, line {}, column {}", error.line(), error.column());
    Refusal::invalid(
        &place,
        format!("This is not what it should be: {sentence}."),
    )
}

fn version(what: &str, v: u32) -> Result<(), Refusal> {
    if v == VERSION {
        return Ok(());
    }
    let sentence = format!("Version {v} is not known here; {VERSION} is.");
    Err(Refusal::invalid(&format!("{what}.v"), sentence).way_out("Use a newer `sealdock`."))
}

fn long(place: &str, what: &str) -> Refusal {
    Refusal::new(Kind::TooLarge, "too_large", format!("It has {what}.")).at(place)
}

/// PCRs by number. A map of serde's own would take the last of two with one number.
pub(super) fn pcrs<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<BTreeMap<u8, Digest>>, D::Error> {
    from.deserialize_map(Pcrs).map(Some)
}

struct Pcrs;

impl<'de> Visitor<'de> for Pcrs {
    type Value = BTreeMap<u8, Digest>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PCRs by number")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut all = BTreeMap::new();
        while let Some((name, digest)) = map.next_entry::<String, Digest>()? {
            let known = QUOTED_PCRS.into_iter().find(|n| n.to_string() == name);
            let number = known.ok_or_else(|| A::Error::custom("PCR that is not quoted"))?;
            if all.insert(number, digest).is_some() {
                return Err(<A::Error as de::Error>::custom(format_args!(
                    "duplicate PCR {number}"
                )));
            }
        }
        Ok(all)
    }
}
