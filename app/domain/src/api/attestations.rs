//! What confidential instances proved of themselves.

use super::Reply;
use crate::access::Caller;
use crate::id::DeploymentId;
use crate::view::AttestationView;
use async_trait::async_trait;

/// Evidence, and what was expected (I-18).
#[async_trait]
pub trait Attestations: Send + Sync {
    /// The card; `not_found` where the deployment's runtime is not confidential.
    async fn attestation(&self, caller: &Caller, id: &DeploymentId) -> Reply<AttestationView>;
    /// The newest evidence of an instance, as it came.
    async fn evidence(&self, caller: &Caller, id: &DeploymentId, replica: u32) -> Reply<Vec<u8>>;
    /// What the instance must measure as: the signed `expected.json`, computed before it booted.
    async fn expected(&self, caller: &Caller, id: &DeploymentId, replica: u32) -> Reply<Vec<u8>>;
}
