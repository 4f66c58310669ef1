//! Who looked into an instance, and when; not what was typed (I-10).

use crate::store::environment::Environment;
use crate::store::event::{NewEvent, write};
use crate::store::{Now, Store, Stored};
use domain::access::Caller;
use domain::deployment::Deployment;

impl Store {
    /// Before anything runs: what can't be written is not opened.
    pub async fn terminal_opened(
        &self,
        caller: &Caller,
        row: &Environment,
        deployment: &Deployment,
        instance: u32,
        program: &str,
        now: Now,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        let program: String = program.chars().take(200).collect();
        let sentence = format!(
            "{} opened a terminal in instance {instance} of #{} in {} / {}: {program}.",
            caller.email, deployment.number, row.project_name, row.name
        );
        let event = NewEvent {
            environment: Some(&row.id),
            deployment: Some(&deployment.id),
            ..NewEvent::by(&caller.org, Some(&caller.user), "terminal_opened", sentence)
        };
        write(&mut tx, now, event.project(&row.project)).await?;
        tx.commit().await?;
        Ok(())
    }
}
