//! Keeps what confidential machines showed (I-18): every verdict becomes a row before anything
//! follows from it, and the pages that show it look again.

use crate::changes::Bus;
use crate::clock::Clock;
use crate::driver::tee::{Seen, Witness};
use crate::store::attestation::{Found, Of};
use crate::store::{Now, Store, StoreError};
use async_trait::async_trait;
use domain::attest::{Boot, Hex, read_evidence, sha256};
use domain::hint::Topic;
use std::sync::Arc;

pub struct Keeper {
    store: Store,
    clock: Arc<dyn Clock>,
    bus: Bus,
}

#[async_trait]
impl Witness for Keeper {
    /// A row that can't be written changes nothing about the verdict.
    async fn saw(&self, seen: &Seen) {
        if let Err(error) = self.keep(seen).await {
            tracing::error!(instance = %seen.instance, "a verdict can't be written down: {error}");
        }
    }
}

impl Keeper {
    pub fn new(store: &Store, clock: &Arc<dyn Clock>, bus: &Bus) -> Self {
        Self {
            store: store.clone(),
            clock: clock.clone(),
            bus: bus.clone(),
        }
    }

    async fn keep(&self, seen: &Seen) -> Result<(), StoreError> {
        let id = &seen.instance.deployment;
        // Deleted meanwhile.
        let Some(deployment) = self.store.deployment_of_any(id).await? else {
            return Ok(());
        };
        let of = Of {
            org: deployment.org,
            project: deployment.project,
            environment: deployment.environment,
            deployment: deployment.id,
            number: deployment.number,
        };
        let now = Now {
            at: self.clock.now(),
            entropy: self.clock.entropy(),
        };
        self.store.attested(&of, &found(seen)?, now).await?;
        self.bus.hint(&of.org, Topic::Deployment(of.deployment));
        self.bus.hint(&of.org, Topic::Environment(of.environment));
        Ok(())
    }
}

fn found(seen: &Seen) -> Result<Found, StoreError> {
    let looked = seen.looked.as_ref().ok();
    let verdict = looked.and_then(|looked| looked.verdict.as_ref().ok());
    Ok(Found {
        instance: seen.instance.clone(),
        holds: seen.holds(),
        platform: verdict.map(|verdict| verdict.platform),
        sentence: seen.sentence(),
        checks: verdict.map(|v| v.checks.clone()).unwrap_or_default(),
        boot: boot(seen),
        expected: serde_json::to_string(&seen.expected)?,
        measurement: Hex(sha256(&seen.expected.expected.0)),
        evidence: looked.map(|looked| String::from_utf8_lossy(&looked.evidence).into_owned()),
        nonce: looked.map(|looked| looked.nonce),
        spki: looked.map(|looked| looked.spki),
        port: seen.port,
        tpm: seen.tpm,
    })
}

/// The host's steps, then those that the guest tells of itself.
fn boot(seen: &Seen) -> Vec<Boot> {
    let looked = seen.looked.as_ref().ok();
    let inside = looked.and_then(|looked| read_evidence(&looked.evidence).ok());
    let inside = inside.map(|evidence| evidence.boot).unwrap_or_default();
    seen.boot.iter().cloned().chain(inside).collect()
}

#[cfg(test)]
mod tests;
