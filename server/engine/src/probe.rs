//! The edge of probing: sends the request that `domain::probe` decided on.

use async_trait::async_trait;
use domain::id::InstanceId;
use std::net::SocketAddr;

#[async_trait]
pub trait Prober: Send + Sync {
    /// `Err` is what the probe got, as the end of a sentence: "answered 503".
    async fn probe(&self, instance: &InstanceId, address: SocketAddr, path: &str, timeout_ms: u32, accept: &[u16]) -> Result<(), String>;
}
