//! Secrets come once, over this machine's own TLS, signed by the key in the measured config, and
//! for a nonce that this machine has answered.

use crate::config::Config;
use crate::evidence::{self, Nonce};
use crate::signed;
use serde::Deserialize;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

const CONTEXT: &[u8] = b"tee-secrets-v1\0";
/// Nonces that are still good.
const MOST_NONCES: usize = 32;

pub type Values = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    secrets: Values,
    nonce: String,
    /// For this machine and no other.
    tls_spki_sha256: String,
}

#[derive(Default)]
struct State {
    nonces: VecDeque<Nonce>,
    values: Option<Values>,
}

#[derive(Default)]
pub struct Secrets {
    state: Mutex<State>,
    came: Condvar,
}

pub enum Refused {
    /// 409.
    Again,
    /// 403.
    Wrong(String),
}

impl Secrets {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn answered(&self, nonce: Nonce) {
        let mut state = self.state();
        state.nonces.push_back(nonce);
        let over = state.nonces.len().saturating_sub(MOST_NONCES);
        state.nonces.drain(..over);
    }

    pub fn wait(&self) -> Values {
        let mut state = self.state();
        loop {
            if let Some(values) = &state.values {
                return values.clone();
            }
            state = self
                .came
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub fn take(&self, body: &[u8], spki: &[u8; 32], config: &Config) -> Result<(), Refused> {
        let mut state = self.state();
        if state.values.is_some() || config.secrets.is_empty() {
            return Err(Refused::Again);
        }
        let payload: Payload = signed::read(CONTEXT, body, config).map_err(Refused::Wrong)?;
        let nonce = evidence::nonce(&payload.nonce);
        if !nonce.is_some_and(|nonce| state.nonces.contains(&nonce)) {
            return Err(Refused::Wrong(
                "no evidence was given for that nonce".into(),
            ));
        }
        if payload.tls_spki_sha256 != crate::hex(spki) {
            return Err(Refused::Wrong("these are for another machine".into()));
        }
        if !payload.secrets.keys().eq(config.secrets.iter()) {
            return Err(Refused::Wrong(
                "these are not the secrets that the config names".into(),
            ));
        }
        state.values = Some(payload.secrets);
        self.came.notify_all();
        Ok(())
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use ring::signature::{Ed25519KeyPair, KeyPair};
    use serde_json::json;

    const SPKI: [u8; 32] = [7; 32];
    const NONCE: Nonce = [9; 32];

    pub fn key(seed: u8) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a key")
    }

    pub fn config() -> Config {
        Config {
            v: 1,
            image: String::new(),
            argv: vec![],
            env: BTreeMap::new(),
            cwd: "/".into(),
            uid: 0,
            gid: 0,
            port: 80,
            secrets: vec!["TOKEN".into()],
            control: crate::hex(key(1).public_key().as_ref()),
        }
    }

    fn sent(key: &Ed25519KeyPair, nonce: &Nonce, spki: &[u8; 32], name: &str) -> Vec<u8> {
        let payload = json!({"secrets": {name: "v"}, "nonce": crate::hex(nonce), "tls_spki_sha256": crate::hex(spki)});
        said(key, CONTEXT, &payload)
    }

    /// As the control plane says it.
    pub fn said(key: &Ed25519KeyPair, context: &[u8], payload: &serde_json::Value) -> Vec<u8> {
        let payload = payload.to_string();
        let signature = key.sign(&[context, payload.as_bytes()].concat());
        json!({"payload": STANDARD.encode(payload), "signature": STANDARD.encode(signature)})
            .to_string()
            .into_bytes()
    }

    #[test]
    fn i17_secrets_are_taken_once_and_only_signed_for_this_machine_and_nonce() {
        let secrets = Secrets::default();
        secrets.answered(NONCE);
        let other = key(2);
        for wrong in [
            sent(&other, &NONCE, &SPKI, "TOKEN"),
            sent(&key(1), &[8; 32], &SPKI, "TOKEN"),
            sent(&key(1), &NONCE, &[6; 32], "TOKEN"),
            sent(&key(1), &NONCE, &SPKI, "OTHER"),
            b"{}".to_vec(),
        ] {
            let taken = secrets.take(&wrong, &SPKI, &config());
            assert!(matches!(taken, Err(Refused::Wrong(_))));
        }
        let right = sent(&key(1), &NONCE, &SPKI, "TOKEN");
        assert!(secrets.take(&right, &SPKI, &config()).is_ok());
        assert_eq!(secrets.wait()["TOKEN"], "v");
        let again = secrets.take(&right, &SPKI, &config());
        assert!(matches!(again, Err(Refused::Again)));
    }
}
