//! `sealdock update`: another version, another configuration, or both.

use super::change::{self, ChangeFlags};
use super::client::Client;
use super::exit::{Done, Exit, Failure, Got};
use super::follow::{self, WaitFlags};
use super::source::RevisionFlags;
use super::{find, plan, say::Say};
use clap::Args;
use domain::api::{Confirm, Update as Change};
use domain::id::EnvironmentId;
use domain::refusal::Refusal;
use domain::reuse::Reuse;
use domain::source::{Origin, Wanted};
use domain::view::{DeploymentView, Preview, ProjectView, UpdateOptions};

/// How a change is carried out.
#[derive(Args, Default)]
pub struct Go {
    /// Keep the new version at ready, without traffic, until `sealdock hold promote`.
    #[arg(long)]
    pub hold: bool,
    /// Go on without asking.
    #[arg(short, long)]
    pub yes: bool,
    /// Show the plan and stop.
    #[arg(long)]
    pub plan: bool,
    #[command(flatten)]
    pub wait: WaitFlags,
}

#[derive(Args)]
pub struct Update {
    project: String,
    #[arg(long, default_value = "production")]
    environment: String,
    #[command(flatten)]
    revision: RevisionFlags,
    /// Another Docker image.
    #[arg(long, value_name = "REF", conflicts_with_all = ["branch", "tag", "commit"])]
    image: Option<String>,
    /// The image is on the runtime's machine already; nothing is pulled.
    #[arg(long, requires = "image")]
    local: bool,
    #[command(flatten)]
    change: ChangeFlags,
    /// Take an environment variable away; may be said more than once.
    #[arg(long, value_name = "KEY")]
    unset: Vec<String>,
    #[command(flatten)]
    go: Go,
}

impl Update {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        let project = find::project(&client, &self.project).await?;
        let environment = find::environment(&project, &self.environment)?;
        let wanted = self.wanted(&project)?;
        let change = change(&client, &environment.id, wanted, &self.change, &self.unset).await?;
        carry_out(&client, &environment.id, change, self.go, say).await
    }

    fn wanted(&self, project: &ProjectView) -> Got<Option<Wanted>> {
        if let Some(reference) = &self.image {
            return Ok(Some(Wanted::Image {
                reference: reference.clone(),
                local: self.local,
            }));
        }
        let Some(revision) = self.revision.revision() else {
            return Ok(None);
        };
        match &project.origin {
            Origin::Git { url } => Ok(Some(Wanted::Git {
                url: url.clone(),
                revision,
            })),
            other => Err(not_git(project, other)),
        }
    }
}

fn not_git(project: &ProjectView, origin: &Origin) -> Failure {
    let sentence = format!(
        "`{}` is not deployed from a Git repository but from: {}.",
        project.name,
        origin.word()
    );
    Failure::refused(Refusal::conflict("not_git", sentence))
        .way_out("Use --image, or `sealdock deploy --bundle`.")
}

/// The change that the flags ask for. The overrides are read first: what the flags do not name stays.
pub async fn change(
    client: &Client,
    environment: &EnvironmentId,
    source: Option<Wanted>,
    flags: &ChangeFlags,
    unset: &[String],
) -> Got<Change> {
    if flags.is_empty() && unset.is_empty() {
        return Ok(Change {
            source,
            ..Change::default()
        });
    }
    let options: UpdateOptions = client
        .get(&format!("/v2/environments/{environment}/update-options"))
        .await?;
    let (mut patch, now) = (options.overrides, options.config);
    let overridden = patch.env.clone();
    let by_file = |name: &str| {
        now.as_ref().is_some_and(|c| c.env.contains_key(name)) && !overridden.contains_key(name)
    };
    change::unset(&mut patch, unset, by_file)?;
    flags.lay_over(&mut patch);
    Ok(Change {
        source,
        config: Some(patch),
        ..Change::default()
    })
}

/// What was made before, once more.
pub async fn again(
    client: &Client,
    environment: &EnvironmentId,
    reuse: Reuse,
    go: Go,
    say: &Say,
) -> Done {
    let change = Change {
        reuse: Some(reuse),
        ..Change::default()
    };
    carry_out(client, environment, change, go, say).await
}

/// Plan, confirm, run, watch.
pub async fn carry_out(
    client: &Client,
    environment: &EnvironmentId,
    update: Change,
    go: Go,
    say: &Say,
) -> Done {
    let path = format!("/v2/environments/{environment}/update");
    let preview: Preview = client.post(&format!("{path}/plan"), &update).await?;
    if go.plan {
        say.result(&preview, |p| plan::text(p) + "\n");
        return Ok(Exit::Ok);
    }
    let typed = plan::confirmed(&preview, go.yes, say)?;
    let confirm = Confirm {
        update,
        digest: preview.digest,
        typed,
        hold: go.hold,
    };
    let view: DeploymentView = client.post(&path, &confirm).await?;
    follow::finish(client, view, go.wait, say).await
}
