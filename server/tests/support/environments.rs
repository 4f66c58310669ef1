//! The one environment, as what could be deleted.

use super::fixture::{Fixture, scoped};
use super::views::environment_id;
use async_trait::async_trait;
use domain::access::Caller;
use domain::api::{Environments, Reply};
use domain::id::EnvironmentId;
use domain::refusal::Refusal;
use domain::view::DeletePreview;

#[async_trait]
impl Environments for Fixture {
    async fn preview_delete_environment(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
    ) -> Reply<DeletePreview> {
        scoped(caller, id, &environment_id(), "environment")?;
        Ok(DeletePreview {
            name: "production".into(),
            lines: vec![],
            urls: vec![],
        })
    }
    async fn delete_environment(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
        typed: &str,
    ) -> Reply<()> {
        scoped(caller, id, &environment_id(), "environment")?;
        match typed {
            "production" => Ok(()),
            _ => Err(Refusal::invalid("confirm", "That is not its name.")),
        }
    }
}
