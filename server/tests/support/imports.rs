//! Stack traces and imports of the fixture.

use super::fixture::Fixture;
use super::views::summary;
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::*;
use domain::id::{DeploymentId, EnvironmentId};
use domain::import;
use domain::refusal::Refusal;
use domain::terminal::OpenTerminal;
use domain::view::*;

#[async_trait]
impl Terminals for Fixture {
    async fn terminal(&self, caller: &Caller, id: &EnvironmentId) -> Reply<TerminalView> {
        let of = self.environment(caller, id).await?;
        Ok(TerminalView {
            title: format!("{} / {}", of.project_name, of.name),
            project: of.project,
            project_name: of.project_name,
            environment_name: of.name,
            refused: None,
            way_out: None,
            deployment: None,
            instances: 1,
        })
    }
    async fn open_terminal(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
        _: OpenTerminal,
    ) -> Reply<Terminal> {
        self.environment(caller, id).await?;
        Err(Refusal::conflict("no_terminal", "There is none here."))
    }
}

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
impl Attestations for Fixture {
    async fn attestation(&self, caller: &Caller, id: &DeploymentId) -> Reply<AttestationView> {
        self.deployment(caller, id).await?;
        Ok(AttestationView {
            standing: Standing::Waiting,
            sentence: "It boots.".into(),
            platform: None,
            simulated: true,
            every_s: 300,
            key: None,
            reach: None,
            instances: vec![],
            history: vec![],
        })
    }
    async fn evidence(&self, caller: &Caller, id: &DeploymentId, _: u32) -> Reply<Vec<u8>> {
        self.deployment(caller, id).await.map(|_| b"{}".to_vec())
    }
    async fn expected(&self, caller: &Caller, id: &DeploymentId, _: u32) -> Reply<Vec<u8>> {
        self.evidence(caller, id, 0).await
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
