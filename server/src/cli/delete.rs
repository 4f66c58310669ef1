//! `sealdock delete`: lists what disappears, and asks for the name.

use super::client::{Client, escape};
use super::exit::{Done, Exit, Failure};
use super::{ask, find, say::Say};
use clap::Args;
use domain::view::DeletePreview;

#[derive(Args)]
pub struct Delete {
    project: String,
    /// The project's name, typed here instead of when asked.
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
}

impl Delete {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        let project = find::project(&client, &self.project).await?;
        let path = format!("/v2/projects/{}", project.id);
        carry_out(&client, say, &path, project.id.as_str(), self.confirm).await
    }
}

/// What is at `path` goes, once its name was typed.
pub async fn carry_out(
    client: &Client,
    say: &Say,
    path: &str,
    id: &str,
    confirm: Option<String>,
) -> Done {
    let plan: DeletePreview = client.get(&format!("{path}/delete-plan")).await?;
    say.note(&format!("This deletes `{}`, for good:", plan.name));
    plan.lines
        .iter()
        .chain(&plan.urls)
        .for_each(|line| say.note(&format!("  {line}")));
    let typed = match confirm {
        Some(name) => name,
        None => ask::text(
            &format!("Type `{}` to delete it", plan.name),
            &format!("--confirm {}", plan.name),
        )?,
    };
    if typed != plan.name {
        return Err(Failure::usage("That is not its name. Nothing was deleted."));
    }
    client
        .delete(&format!("{path}?confirm={}", escape(&typed)))
        .await?;
    say.result(&serde_json::json!({ "deleted": id }), |_| {
        format!("`{}` is being deleted.\n", plan.name)
    });
    Ok(Exit::Ok)
}
