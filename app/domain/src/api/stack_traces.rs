//! What went wrong in what was built, in the words of what was written.

use super::Reply;
use crate::access::Caller;
use crate::id::DeploymentId;
use crate::view::{SourceMapView, TraceView};
use async_trait::async_trait;

/// Reading stack traces with the source maps of a deployment (P-11).
#[async_trait]
pub trait StackTraces: Send + Sync {
    /// The source maps that its artifact had, by path.
    async fn source_maps(&self, caller: &Caller, id: &DeploymentId) -> Reply<Vec<SourceMapView>>;
    /// Read-only: a minified stack trace with the places that a person wrote.
    async fn stack_trace(&self, caller: &Caller, id: &DeploymentId, text: &str)
    -> Reply<TraceView>;
}
