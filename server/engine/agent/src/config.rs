//! What the measured config disk says.

use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub v: u32,
    /// Only to be read back: the root file system is what its hash says.
    #[allow(dead_code)]
    pub image: String,
    pub argv: Vec<String>,
    pub env: BTreeMap<String, String>,
    pub cwd: String,
    pub uid: u32,
    pub gid: u32,
    pub port: u16,
    /// Names; their values come over the attested channel.
    pub secrets: Vec<String>,
    /// Ed25519, in hex: who may send them.
    pub control: String,
}

/// The whole disk is hashed, its padding too.
pub fn read(disk: &[u8], expected: &str) -> Result<Config, String> {
    let hash = crate::hex(&Sha256::digest(disk));
    if hash != expected {
        return Err(format!(
            "the config is {hash}, and the command line says {expected}"
        ));
    }
    let end = disk.iter().position(|b| *b == 0).unwrap_or(disk.len());
    let config: Config = serde_json::from_slice(&disk[..end])
        .map_err(|e| format!("the config can't be read: {e}"))?;
    match config.v {
        1 => Ok(config),
        v => Err(format!("the config has version {v}; this agent reads 1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk() -> Vec<u8> {
        let mut disk = br#"{"v":1,"image":"sha256:1","argv":["/a"],"env":{},"cwd":"/","uid":1,"gid":1,"port":80,"secrets":[],"control":""}"#.to_vec();
        disk.resize(4096, 0);
        disk
    }

    #[test]
    fn i17_a_config_other_than_the_measured_one_is_refused() {
        let hash = crate::hex(&Sha256::digest(disk()));
        assert_eq!(read(&disk(), &hash).expect("it is that one").port, 80);
        let mut other = disk();
        other[4095] = 1;
        assert!(read(&other, &hash).is_err());
    }
}
