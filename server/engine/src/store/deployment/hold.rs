//! What is held at ready, and let go (I-8).

use super::COLUMNS;
use super::row::deployment;
use crate::store::event::{NewEvent, write};
use crate::store::{Now, Store, StoreError, Stored};
use domain::access::Caller;
use domain::id::DeploymentId;

impl Store {
    /// From now on it takes the traffic by itself: the planner switches. `Stale` when it is not held (any more).
    pub async fn promote_held(&self, caller: &Caller, id: &DeploymentId, now: Now) -> Stored<()> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE deployments SET hold = NULL WHERE id = $1 AND org = $2 AND phase = 'ready' AND hold IS NOT NULL";
        let done = sqlx::query(sql)
            .bind(id.as_str())
            .bind(caller.org.as_str())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() != 1 {
            return Err(StoreError::Stale);
        }
        let sql = format!("SELECT {COLUMNS} FROM deployments d WHERE d.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id.as_str())
            .fetch_one(&mut *tx)
            .await?;
        let promoted = deployment(&row)?;
        let sentence = format!(
            "{} promoted #{}, which was held at ready.",
            caller.email, promoted.number
        );
        let event = NewEvent {
            environment: Some(&promoted.environment),
            deployment: Some(&promoted.id),
            ..NewEvent::by(&caller.org, Some(&caller.user), "promoted", sentence)
        };
        write(&mut tx, now, event.project(&promoted.project)).await?;
        tx.commit().await?;
        Ok(())
    }
}
