//! From what a person calls it to what the API calls it.

use super::client::Client;
use super::exit::{Failure, Got};
use domain::id::EnvironmentId;
use domain::refusal::Refusal;
use domain::view::{EnvironmentView, Page, ProjectView, VersionsView};

pub async fn projects(client: &Client) -> Got<Vec<ProjectView>> {
    Ok(client.get::<Page<ProjectView>>("/v2/projects").await?.items)
}

pub async fn maybe_project(client: &Client, name: &str) -> Got<Option<ProjectView>> {
    let all = projects(client).await?;
    Ok(all
        .into_iter()
        .find(|p| p.name == name || p.id.as_str() == name))
}

pub async fn project(client: &Client, name: &str) -> Got<ProjectView> {
    maybe_project(client, name).await?.ok_or_else(|| {
        nothing("project", format!("There is no project `{name}` here."))
            .way_out("`sealdock list` shows those that there are.")
    })
}

/// What can be started there once more.
pub async fn versions(client: &Client, environment: &EnvironmentId) -> Got<VersionsView> {
    client
        .get(&format!("/v2/environments/{environment}/versions"))
        .await
}

/// As the API says it, with a sentence of our own.
pub fn nothing(noun: &str, sentence: String) -> Failure {
    Failure::refused(Refusal {
        sentence,
        ..Refusal::not_found(noun)
    })
}

pub fn environment<'a>(project: &'a ProjectView, name: &str) -> Got<&'a EnvironmentView> {
    let names = || {
        project
            .environments
            .iter()
            .map(|e| format!("`{}`", e.name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    project
        .environments
        .iter()
        .find(|e| e.name == name)
        .ok_or_else(|| {
            let sentence = format!("`{}` has no environment `{name}`.", project.name);
            nothing("environment", sentence).way_out(format!("It has: {}.", names()))
        })
}
