//! A minified stack trace, read with the source maps of the deployment that it came from.

use super::{Control, broken, found};
use crate::source_maps;
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{Reply, StackTraces};
use domain::id::DeploymentId;
use domain::stack;
use domain::view::{SourceMapView, TraceView};
use tokio::sync::Semaphore;

/// A source map takes several times its size while it is read.
static READERS: Semaphore = Semaphore::const_new(2);

#[async_trait]
impl StackTraces for Control {
    async fn source_maps(&self, caller: &Caller, id: &DeploymentId) -> Reply<Vec<SourceMapView>> {
        caller.may(Action::Read)?;
        found(self.store.deployment(&caller.org, id).await, "deployment")?;
        let maps = self.store.source_maps(&caller.org, id).await;
        maps.map_err(broken)
    }

    /// It shows lines of the source, as a log may.
    async fn stack_trace(
        &self,
        caller: &Caller,
        id: &DeploymentId,
        text: &str,
    ) -> Reply<TraceView> {
        caller.may(Action::ReadLogs)?;
        let maps = self.source_maps(caller, id).await?;
        let lines = stack::read(text)?;
        let dir = self.dirs.source_maps(id);
        let _reader = READERS.acquire().await.map_err(broken)?;
        let read = move || source_maps::decode(&lines, &maps, &dir);
        tokio::task::spawn_blocking(read).await.map_err(broken)
    }
}
