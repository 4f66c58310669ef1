//! What the worker writes: what a delivery led to, environment by environment. The deployment and
//! the sentence that names it are one transaction, so a worker that dies in between leaves neither.

use super::{Delivery, Effect, SELECT, delivery};
use crate::store::deployment::{NewDeployment, insert};
use crate::store::{Store, StoreError, Stored, Transaction, from_json, to_json};
use domain::access::Caller;
use domain::deployment::Phase;
use domain::id::{DeliveryId, EnvironmentId, ProjectId};
use domain::source::Source;
use domain::time::Time;
use sqlx::Row as _;

/// How a push ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    Deployed(u32),
    /// Somebody was faster: the same commit is there.
    Already {
        number: u32,
        coming: bool,
    },
}

impl Store {
    /// The projects with something to handle now, the longest waiting first.
    pub(crate) async fn projects_with_pushes(&self, now: Time) -> Stored<Vec<ProjectId>> {
        let sql = "SELECT project, MIN(id) AS first FROM deliveries WHERE state = 'received' AND due_at <= $1 GROUP BY project ORDER BY first LIMIT 1000";
        let rows = sqlx::query(sql).bind(now.0).fetch_all(self.pool()).await?;
        rows.iter()
            .map(|r| Ok(r.try_get::<String, _>("project")?.parse()?))
            .collect()
    }

    /// The oldest first.
    pub(crate) async fn pushes_of(
        &self,
        project: &ProjectId,
        now: Time,
        limit: u32,
    ) -> Stored<Vec<Delivery>> {
        let sql = format!(
            "{SELECT} WHERE project = $1 AND state = 'received' AND due_at <= $2 ORDER BY id LIMIT $3"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(project.as_str())
            .bind(now.0)
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(delivery).collect()
    }

    /// The deployment, unless the same commit serves or is coming, and the effect that names it.
    pub(crate) async fn deploy_pushed(
        &self,
        caller: &Caller,
        delivery: &DeliveryId,
        environment_name: &str,
        new: NewDeployment<'_>,
    ) -> Stored<Pushed> {
        let mut tx = self.begin().await?;
        let Some(head) = new.source.commit().map(|c| c.sha.clone()) else {
            return Err(StoreError::Stale);
        };
        if let Some((number, source, phase)) = newest(&mut tx, new.environment).await?
            && source.commit().is_some_and(|c| c.sha == head)
        {
            let coming = phase.is_coming();
            return Ok(Pushed::Already { number, coming });
        }
        let (environment, id) = (new.environment.clone(), new.id.clone());
        let deployment = insert(&mut tx, caller, new).await?;
        let number = deployment.number;
        let effect = Effect {
            environment: Some(environment.clone()),
            environment_name: Some(environment_name.to_owned()),
            sentence: format!("Deployed as #{number}."),
            deployment: Some(id),
            number: Some(number),
        };
        append(&mut tx, delivery, effect).await?;
        decided(&mut tx, &environment, &head).await?;
        tx.commit().await?;
        Ok(Pushed::Deployed(number))
    }

    /// A sentence; `head`: this commit needs no other look.
    pub(crate) async fn note_effect(
        &self,
        delivery: &DeliveryId,
        effect: Effect,
        head: Option<&str>,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        if let (Some(environment), Some(head)) = (&effect.environment, head) {
            decided(&mut tx, environment, head).await?;
        }
        append(&mut tx, delivery, effect).await?;
        tx.commit().await?;
        Ok(())
    }

    pub(crate) async fn settle_delivery(&self, id: &DeliveryId) -> Stored<()> {
        sqlx::query("UPDATE deliveries SET state = 'settled', asked = 0 WHERE id = $1")
            .bind(id.as_str())
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Not now: what is in the way may be gone at `due_at`.
    pub(crate) async fn postpone_delivery(&self, id: &DeliveryId, due_at: Time) -> Stored<()> {
        sqlx::query("UPDATE deliveries SET tries = tries + 1, due_at = $1 WHERE id = $2")
            .bind(due_at.0)
            .bind(id.as_str())
            .execute(self.pool())
            .await?;
        Ok(())
    }
}

/// What the environment will come to, if nothing more happens: the newest that has not ended.
async fn newest(
    tx: &mut Transaction<'_>,
    environment: &EnvironmentId,
) -> Stored<Option<(u32, Source, Phase)>> {
    let sql = "SELECT number, source, phase FROM deployments WHERE environment = $1 \
               AND phase NOT IN ('stopped', 'failed', 'cancelled') AND phase <> 'draining' ORDER BY number DESC LIMIT 1";
    let row = sqlx::query(sql)
        .bind(environment.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let word: String = row.try_get("phase")?;
    let phase =
        Phase::parse(&word).ok_or_else(|| StoreError::Unreadable(format!("the phase `{word}`")))?;
    let number = u32::try_from(row.try_get::<i64, _>("number")?).unwrap_or(u32::MAX);
    let source: String = row.try_get("source")?;
    Ok(Some((number, from_json(&source)?, phase)))
}

/// `Stale` when the delivery is gone, or was handled by somebody else.
pub(in crate::store) async fn append(
    tx: &mut Transaction<'_>,
    id: &DeliveryId,
    effect: Effect,
) -> Stored<()> {
    let row = sqlx::query("SELECT effects FROM deliveries WHERE id = $1 AND state = 'received'")
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    let row = row.ok_or(StoreError::Stale)?;
    let mut effects: Vec<Effect> = from_json(&row.try_get::<String, _>("effects")?)?;
    effects.push(effect);
    sqlx::query("UPDATE deliveries SET effects = $1 WHERE id = $2")
        .bind(to_json(&effects)?)
        .bind(id.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn decided(tx: &mut Transaction<'_>, environment: &EnvironmentId, head: &str) -> Stored<()> {
    sqlx::query("UPDATE trackings SET seen = $1, decided = $1 WHERE environment = $2")
        .bind(head)
        .bind(environment.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
