//! The seed's own paths (P-2), for scripts that say what to deploy and not where: the production
//! environment, the plan computed and confirmed in one go.

use super::Created;
use super::projects::deployed;
use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Body, Id};
use crate::router::{Endpoint, may};
use axum::extract::State;
use domain::access::{Action, Caller};
use domain::api::{Confirm, Reply, Update};
use domain::id::{DeploymentId, ProjectId, UploadId};
use domain::refusal::Refusal;
use domain::reuse::{Reuse, Settings};
use domain::source::{Origin, Revision, Wanted};
use domain::view::{DeploymentView, EnvironmentView, ProjectView, VersionView};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

const PRODUCTION: &str = "production";

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Deploy, routes!(trigger_pipeline)),
        may(Action::Deploy, routes!(deploy_image)),
        may(Action::Deploy, routes!(deploy_static)),
        may(Action::Deploy, routes!(deploy_image_upload)),
        may(Action::Deploy, routes!(rollback)),
    ]
}

/// At most one of `branch`, `tag` and `commit`; none is the head of the default branch.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Pipeline {
    branch: Option<String>,
    tag: Option<String>,
    commit: Option<String>,
    /// `yes`, where the update has downtime.
    typed: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImageDeploy {
    image: String,
    /// It is on the runtime's machine already; nothing is pulled.
    #[serde(default)]
    local: bool,
    #[serde(default)]
    typed: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StaticDeploy {
    /// From `POST /v2/uploads`.
    upload: UploadId,
    #[serde(default)]
    typed: Option<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Rollback {
    /// The newest that served before, when not said.
    deployment: Option<DeploymentId>,
    config: Settings,
    typed: Option<String>,
}

/// Roll production back: what served before starts again, without a build.
#[utoipa::path(post, path = "/v2/projects/{id}/rollback", tag = "Shortcuts", params(("id" = String, Path)), request_body = Rollback, responses((status = 201, body = DeploymentView)))]
async fn rollback(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ProjectId>,
    Body(body): Body<Rollback>,
) -> Answer<Created<DeploymentView>> {
    let project = app.api.project(&actor.0, &id).await?;
    let deployment = match body.deployment {
        Some(id) => id,
        None => newest_before(&app, &actor.0, &project).await?,
    };
    let update = Update {
        reuse: Some(Reuse {
            deployment,
            config: body.config,
        }),
        ..Update::default()
    };
    Ok(deployed(
        carry_out(&app, &actor.0, &project, update, body.typed).await?,
    ))
}

async fn newest_before(app: &App, caller: &Caller, project: &ProjectView) -> Reply<DeploymentId> {
    let versions = app.api.versions(caller, &production(project)?.id).await?;
    let newest = versions.earlier.into_iter().find(VersionView::is_earlier);
    newest
        .map(|v| v.deployment.id)
        .ok_or_else(|| nothing_before(project))
}

/// Build and deploy a branch, tag or commit to production.
#[utoipa::path(post, path = "/v2/projects/{id}/trigger-pipeline", tag = "Shortcuts", params(("id" = String, Path)), request_body = Pipeline, responses((status = 201, body = DeploymentView)))]
async fn trigger_pipeline(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ProjectId>,
    Body(body): Body<Pipeline>,
) -> Answer<Created<DeploymentView>> {
    let project = app.api.project(&actor.0, &id).await?;
    let Origin::Git { url } = &project.origin else {
        return Err(not_git(&project).into());
    };
    let wanted = Wanted::Git {
        url: url.clone(),
        revision: revision(&body)?,
    };
    Ok(deployed(
        to_production(&app, &actor.0, &project, wanted, body.typed).await?,
    ))
}

/// Deploy a Docker image to production.
#[utoipa::path(post, path = "/v2/projects/{id}/deploy/image", tag = "Shortcuts", params(("id" = String, Path)), request_body = ImageDeploy, responses((status = 201, body = DeploymentView)))]
async fn deploy_image(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ProjectId>,
    Body(body): Body<ImageDeploy>,
) -> Answer<Created<DeploymentView>> {
    let project = app.api.project(&actor.0, &id).await?;
    let wanted = Wanted::Image {
        reference: body.image,
        local: body.local,
    };
    Ok(deployed(
        to_production(&app, &actor.0, &project, wanted, body.typed).await?,
    ))
}

/// Deploy an uploaded static bundle to production.
#[utoipa::path(post, path = "/v2/projects/{id}/deploy/static", tag = "Shortcuts", params(("id" = String, Path)), request_body = StaticDeploy, responses((status = 201, body = DeploymentView)))]
async fn deploy_static(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ProjectId>,
    Body(body): Body<StaticDeploy>,
) -> Answer<Created<DeploymentView>> {
    let project = app.api.project(&actor.0, &id).await?;
    let wanted = Wanted::Bundle {
        upload: body.upload,
    };
    Ok(deployed(
        to_production(&app, &actor.0, &project, wanted, body.typed).await?,
    ))
}

/// Deploy an uploaded image, as `docker save` writes it, to production.
#[utoipa::path(post, path = "/v2/projects/{id}/deploy/image-upload", tag = "Shortcuts", params(("id" = String, Path)), request_body = StaticDeploy, responses((status = 201, body = DeploymentView)))]
async fn deploy_image_upload(
    app: State<App>,
    actor: Actor,
    id: Id<ProjectId>,
    body: Body<StaticDeploy>,
) -> Answer<Created<DeploymentView>> {
    // The file itself says what it is.
    deploy_static(app, actor, id, body).await
}

async fn to_production(
    app: &App,
    caller: &Caller,
    project: &ProjectView,
    wanted: Wanted,
    typed: Option<String>,
) -> Reply<DeploymentView> {
    let update = Update {
        source: Some(wanted),
        ..Update::default()
    };
    carry_out(app, caller, project, update, typed).await
}

async fn carry_out(
    app: &App,
    caller: &Caller,
    project: &ProjectView,
    update: Update,
    typed: Option<String>,
) -> Reply<DeploymentView> {
    let environment = production(project)?;
    let plan = app
        .api
        .preview_update(caller, &environment.id, &update)
        .await?;
    app.api
        .update(
            caller,
            &environment.id,
            Confirm {
                update,
                digest: plan.digest,
                typed,
                hold: false,
            },
        )
        .await
}

fn revision(body: &Pipeline) -> Reply<Revision> {
    Ok(match (&body.branch, &body.tag, &body.commit) {
        (None, None, None) => Revision::Head,
        (Some(name), None, None) => Revision::Branch(name.clone()),
        (None, Some(name), None) => Revision::Tag(name.clone()),
        (None, None, Some(sha)) => Revision::Commit(sha.clone()),
        _ => {
            return Err(Refusal::invalid(
                "branch, tag, commit",
                "Only one of `branch`, `tag` and `commit` can be said.",
            ));
        }
    })
}

fn not_git(project: &ProjectView) -> Refusal {
    let sentence = format!(
        "`{}` is not deployed from a Git repository but from: {}.",
        project.name,
        project.origin.word()
    );
    Refusal::conflict("not_git", sentence).way_out("Use `deploy/image` or `deploy/static`.")
}

fn production(project: &ProjectView) -> Reply<&EnvironmentView> {
    let named = project.environments.iter().find(|e| e.name == PRODUCTION);
    named.ok_or_else(no_production)
}

fn nothing_before(project: &ProjectView) -> Refusal {
    let sentence = format!("Nothing served before in production of `{}`.", project.name);
    Refusal::conflict("nothing_before", sentence)
        .way_out("There is something to go back to as soon as a second version took over.")
}

fn no_production() -> Refusal {
    Refusal::conflict(
        "no_production",
        "This project has no environment called `production`.",
    )
    .way_out("Use `POST /v2/environments/{id}/update` with the environment that it has.")
}
