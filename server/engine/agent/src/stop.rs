//! The end, as whoever may ask for it asks: the workload is told, and has for as long as the host waits.

use crate::config::Config;
use crate::signed;
use serde::Deserialize;

const CONTEXT: &[u8] = b"tee-stop-v1\0";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    /// For this machine and no other: its key is as old as it is.
    tls_spki_sha256: String,
}

/// Whether it is to end.
pub fn may(body: &[u8], spki: &[u8; 32], config: &Config) -> Result<(), String> {
    let payload: Payload = signed::read(CONTEXT, body, config)?;
    match payload.tls_spki_sha256 == crate::hex(spki) {
        true => Ok(()),
        false => Err("this is for another machine".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::tests::{config, key, said};
    use serde_json::json;

    const SPKI: [u8; 32] = [7; 32];

    #[test]
    fn i17_it_ends_for_the_key_in_its_config_and_only_itself() {
        let payload = |spki| json!({ "tls_spki_sha256": crate::hex(spki) });
        let right = said(&key(1), CONTEXT, &payload(&SPKI));
        assert_eq!(may(&right, &SPKI, &config()), Ok(()));
        for wrong in [
            said(&key(2), CONTEXT, &payload(&SPKI)),
            said(&key(1), CONTEXT, &payload(&[8; 32])),
            said(&key(1), b"tee-secrets-v1\0", &payload(&SPKI)),
            b"{}".to_vec(),
        ] {
            assert!(may(&wrong, &SPKI, &config()).is_err());
        }
    }
}
