//! Stack traces and imports of the gallery.

use super::{Gallery, no, trace};
use domain::access::{Action, Caller};
use domain::api::*;
use domain::config::compose::Service;
use domain::id::*;
use domain::import;
use domain::source::Source;
use domain::terminal::OpenTerminal;
use domain::view::*;

#[async_trait::async_trait]
impl Terminals for Gallery {
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
        _: &Caller,
        _: &EnvironmentId,
        _: OpenTerminal,
    ) -> Reply<Terminal> {
        Err(no())
    }
}

#[async_trait::async_trait]
impl StackTraces for Gallery {
    async fn source_maps(&self, _: &Caller, _: &DeploymentId) -> Reply<Vec<SourceMapView>> {
        Ok(vec![SourceMapView {
            path: "assets/index-Dk3v9a1c.js.map".into(),
            digest: "0".repeat(64),
            size_bytes: 412_000,
        }])
    }

    async fn stack_trace(&self, caller: &Caller, _: &DeploymentId, text: &str) -> Reply<TraceView> {
        caller.may(Action::ReadLogs)?;
        Ok(trace::decoded(&domain::stack::read(text)?))
    }
}

#[async_trait::async_trait]
impl Imports for Gallery {
    async fn plan_import(&self, caller: &Caller, file: &ComposeFile) -> Reply<ImportPlan> {
        caller.may(Action::CreateProject)?;
        let proposed = import::proposed(file)?;
        let one = |(service, new)| imported(service, new);
        let projects = proposed.projects.into_iter().map(one).collect();
        Ok(import::plan(projects, proposed.left_out, &[]))
    }

    async fn import(&self, caller: &Caller, _: ConfirmImport) -> Reply<Vec<DeploymentSummary>> {
        caller.may(Action::CreateProject)?;
        Err(no())
    }
}

fn imported(service: Service, new: NewProject) -> ImportedProject {
    ImportedProject {
        hosts: domain::name::hosts(&new.name, "production", "localhost"),
        name: new.name,
        source: Source::Image {
            reference: "registry.example.com/shop:1".into(),
            local: false,
        },
        config: domain::config::to_yaml(&new.config),
        build: None,
        notes: service.notes,
        service: service.name,
        line: service.line,
    }
}
