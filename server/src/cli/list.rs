//! `sealdock list`: projects, or the deployments or tags of one.

use super::client::{Client, escape};
use super::exit::{Done, Exit, Got};
use super::find;
use super::say::{Say, table};
use clap::Args;
use domain::source::Tag;
use domain::view::{DeploymentSummary, EnvironmentView, Page, ProjectView, UpdateOptions};

#[derive(Args)]
pub struct List {
    /// Its deployments, the newest first, instead of all projects.
    project: Option<String>,
    /// The tags of its repository, the newest first.
    #[arg(long, requires = "project")]
    tags: bool,
    /// How many deployments, at most 1,000.
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

impl List {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        match &self.project {
            None => say.result(&find::projects(&client).await?, |all| projects(all)),
            Some(name) if self.tags => {
                let options = options(&client, name).await?;
                say.result(&options.tags, |all| tags(all, &options));
            }
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

/// The same for every environment of a project.
async fn options(client: &Client, name: &str) -> Got<UpdateOptions> {
    let project = find::project(client, name).await?;
    let first = project.environments.first().ok_or_else(|| {
        let sentence = format!("`{}` has no environment.", project.name);
        find::nothing("environment", sentence)
    })?;
    client
        .get(&format!("/v2/environments/{}/update-options", first.id))
        .await
}

fn tags(all: &[Tag], options: &UpdateOptions) -> String {
    let head = ["TAG", "COMMIT", "DATE", "MARKS", "SUBJECT"]
        .map(str::to_owned)
        .to_vec();
    let row = |tag: &Tag| {
        vec![
            tag.name.clone(),
            tag.commit.short().to_owned(),
            tag.commit.at.rfc3339(),
            marks(tag, options.live_tag.as_deref()),
            tag.commit.subject.clone(),
        ]
    };
    let rows: Vec<_> = [head].into_iter().chain(all.iter().map(row)).collect();
    let problems = [&options.tags_problem, &options.releases_problem];
    let problems = problems.into_iter().flatten();
    let problems: String = problems.map(|sentence| format!("{sentence}\n")).collect();
    if all.is_empty() && problems.is_empty() {
        return "Its versions are no tags: it has no repository.\n".into();
    }
    let table = if all.is_empty() {
        String::new()
    } else {
        table(&rows)
    };
    format!("{table}{problems}")
}

/// A release.json is known by its name alone: `sealdock release check` looks at its signature.
fn marks(tag: &Tag, live: Option<&str>) -> String {
    let all = [
        (live == Some(tag.name.as_str()), "live"),
        (tag.pre_release, "pre-release"),
        (tag.release_json, "has release.json"),
    ];
    let words = all.into_iter().filter(|(is, _)| *is).map(|(_, word)| word);
    words.collect::<Vec<_>>().join(", ")
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
