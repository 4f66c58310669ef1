//! `sealdock list`: projects, or the deployments of one.

use super::client::{Client, escape};
use super::exit::{Done, Exit};
use super::find;
use super::say::{Say, table};
use clap::Args;
use domain::view::{DeploymentSummary, EnvironmentView, Page, ProjectView};

#[derive(Args)]
pub struct List {
    /// Its deployments, the newest first, instead of all projects.
    project: Option<String>,
    /// How many deployments, at most 1,000.
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

impl List {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        match &self.project {
            None => say.result(&find::projects(&client).await?, |all| projects(all)),
            Some(name) => {
                let project = find::project(&client, name).await?;
                let path = format!(
                    "/v2/deployments?project={}&limit={}",
                    escape(project.id.as_str()),
                    self.limit
                );
                let page: Page<DeploymentSummary> = client.get(&path).await?;
                say.result(&page.items, |all| deployments(all));
            }
        }
        Ok(Exit::Ok)
    }
}

fn projects(all: &[ProjectView]) -> String {
    let head = ["PROJECT", "ENVIRONMENT", "STATUS", "VERSION", "URL"]
        .map(str::to_owned)
        .to_vec();
    let rows = all
        .iter()
        .flat_map(|p| p.environments.iter().map(environment));
    if all.is_empty() {
        "There are no projects yet. `sealdock deploy --help` makes one.\n".into()
    } else {
        table(&[head].into_iter().chain(rows).collect::<Vec<_>>())
    }
}

fn environment(view: &EnvironmentView) -> Vec<String> {
    let version = view
        .active
        .as_ref()
        .map_or_else(|| "–".into(), |d| d.source.label());
    let url = view.urls.first().cloned().unwrap_or_default();
    vec![
        view.project_name.clone(),
        view.name.clone(),
        format!("{:?}", view.status),
        version,
        url,
    ]
}

fn deployments(all: &[DeploymentSummary]) -> String {
    let head = [
        "#",
        "ID",
        "ENVIRONMENT",
        "STATUS",
        "VERSION",
        "CREATED",
        "WHY",
    ]
    .map(str::to_owned)
    .to_vec();
    let rows = all.iter().map(|d| {
        let status = if d.live {
            format!("{} (live)", d.status)
        } else {
            d.status.clone()
        };
        vec![
            d.number.to_string(),
            d.id.to_string(),
            d.environment_name.clone(),
            status,
            d.source.label(),
            d.created_at.rfc3339(),
            d.sentence.clone(),
        ]
    });
    table(&[head].into_iter().chain(rows).collect::<Vec<_>>())
}
