//! Stack traces and imports of the fixture.

use super::fixture::Fixture;
use super::views::summary;
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::*;
use domain::id::DeploymentId;
use domain::import;
use domain::view::*;

#[async_trait]
impl StackTraces for Fixture {
    async fn source_maps(&self, caller: &Caller, id: &DeploymentId) -> Reply<Vec<SourceMapView>> {
        self.deployment(caller, id).await.map(|_| vec![])
    }
    async fn stack_trace(&self, caller: &Caller, id: &DeploymentId, _: &str) -> Reply<TraceView> {
        self.deployment(caller, id)
            .await
            .map(|_| TraceView::default())
    }
}

#[async_trait]
impl Imports for Fixture {
    async fn plan_import(&self, caller: &Caller, _: &ComposeFile) -> Reply<ImportPlan> {
        caller.may(Action::CreateProject)?;
        Ok(import::plan(vec![], vec![], &[]))
    }
    async fn import(&self, caller: &Caller, _: ConfirmImport) -> Reply<Vec<DeploymentSummary>> {
        caller.may(Action::CreateProject)?;
        Ok(vec![summary()])
    }
}
