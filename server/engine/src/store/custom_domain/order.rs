//! What is asked of certificate authorities, step by step, and the accounts that ask.

use super::Domain;
use crate::store::event::{NewEvent, write};
use crate::store::sealed::{ACME_ACCOUNT, CERTIFICATE_ORDER};
use crate::store::{Now, Row, Store, Stored, Transaction, from_json, to_json};
use domain::frontage::Answer;
use domain::id::OrgId;
use domain::secret::SecretText;
use domain::time::Time;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

/// A record that the hook sets and removes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderRow {
    pub url: Option<String>,
    pub begun_at: Option<Time>,
    pub claimed_at: Option<Time>,
    pub answers: Vec<Answer>,
    pub records: Vec<Record>,
    pub tries: u32,
    pub due_at: Time,
    pub problem: Option<String>,
}

impl Store {
    /// The order as it stands now; nothing where the domain has gone meanwhile.
    pub(crate) async fn put_order(&self, domain: &Domain, order: &OrderRow) -> Stored<()> {
        let mut tx = self.begin().await?;
        put(&mut tx, domain, order).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The key of the certificate that this order brings; one of another order is gone.
    pub(crate) async fn order_key(&self, domain: &Domain) -> Stored<Option<SecretText>> {
        let sql = "SELECT sealed_key FROM certificate_orders WHERE domain = $1";
        let kept: Option<Option<String>> = sqlx::query_scalar(sql)
            .bind(domain.id.as_str())
            .fetch_optional(self.pool())
            .await?;
        let Some(kept) = kept.flatten() else {
            return Ok(None);
        };
        let (org, row) = (domain.org.as_str(), domain.id.as_str());
        let key = self.open_sealed(CERTIFICATE_ORDER, org, row, &kept).await?;
        Ok(Some(key))
    }

    /// Nothing where the order is over by now.
    pub(crate) async fn put_order_key(
        &self,
        domain: &Domain,
        url: &str,
        key: &SecretText,
        at: Time,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        let (org, row) = (domain.org.as_str(), domain.id.as_str());
        let sealed = self.seal(&mut tx, CERTIFICATE_ORDER, org, row, key.reveal(), at);
        let sealed = sealed.await?;
        let sql = "UPDATE certificate_orders SET sealed_key = $3 WHERE domain = $1 AND url = $2";
        sqlx::query(sql)
            .bind(row)
            .bind(url)
            .bind(sealed)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// It came to nothing: the event says why, once for each reason.
    pub(crate) async fn fail_order(
        &self,
        domain: &Domain,
        order: &OrderRow,
        now: Now,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        put(&mut tx, domain, order).await?;
        let before = domain.order.as_ref().and_then(|o| o.problem.as_ref());
        if let Some(problem) = order.problem.as_ref().filter(|p| before != Some(*p)) {
            let sentence = format!("{} got no certificate: {problem}", domain.name);
            let event = NewEvent::by(&domain.org, None, "certificate_failed", sentence);
            write(&mut tx, now, event).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    pub(crate) async fn acme_account(
        &self,
        org: &OrgId,
        directory: &str,
    ) -> Stored<Option<SecretText>> {
        let sql = "SELECT sealed FROM acme_accounts WHERE org = $1 AND directory = $2";
        let kept: Option<String> = sqlx::query_scalar(sql)
            .bind(org.as_str())
            .bind(directory)
            .fetch_optional(self.pool())
            .await?;
        let Some(kept) = kept else {
            return Ok(None);
        };
        let account = self.open_sealed(ACME_ACCOUNT, org.as_str(), directory, &kept);
        Ok(Some(account.await?))
    }

    pub(crate) async fn keep_acme_account(
        &self,
        org: &OrgId,
        directory: &str,
        account: &SecretText,
        at: Time,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        let (id, text) = (org.as_str(), account.reveal());
        let sealed = self.seal(&mut tx, ACME_ACCOUNT, id, directory, text, at);
        let sealed = sealed.await?;
        let sql = "INSERT INTO acme_accounts (org, directory, sealed, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (org, directory) DO UPDATE SET sealed = $3, created_at = $4";
        sqlx::query(sql)
            .bind(org.as_str())
            .bind(directory)
            .bind(sealed)
            .bind(at.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The authority does not know it any more.
    pub(crate) async fn forget_acme_account(&self, org: &OrgId, directory: &str) -> Stored<()> {
        let sql = "DELETE FROM acme_accounts WHERE org = $1 AND directory = $2";
        sqlx::query(sql)
            .bind(org.as_str())
            .bind(directory)
            .execute(self.pool())
            .await?;
        Ok(())
    }
}

async fn put(tx: &mut Transaction<'_>, domain: &Domain, order: &OrderRow) -> Stored<()> {
    let sql = "INSERT INTO certificate_orders (domain, org, url, begun_at, answers, records, tries, due_at, problem, claimed_at) \
               SELECT id, org, $2, $3, $4, $5, $6, $7, $8, $9 FROM domains WHERE id = $1 ON CONFLICT (domain) DO UPDATE \
               SET url = $2, begun_at = $3, answers = $4, records = $5, tries = $6, due_at = $7, problem = $8, claimed_at = $9, \
               sealed_key = CASE WHEN certificate_orders.url = $2 THEN certificate_orders.sealed_key END";
    sqlx::query(sql)
        .bind(domain.id.as_str())
        .bind(&order.url)
        .bind(order.begun_at.map(|at| at.0))
        .bind(to_json(&order.answers)?)
        .bind(to_json(&order.records)?)
        .bind(i64::from(order.tries))
        .bind(order.due_at.0)
        .bind(&order.problem)
        .bind(order.claimed_at.map(|at| at.0))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) fn read(row: &Row) -> Stored<Option<OrderRow>> {
    if row.try_get::<Option<String>, _>("ordered")?.is_none() {
        return Ok(None);
    }
    Ok(Some(OrderRow {
        url: row.try_get("url")?,
        begun_at: row.try_get::<Option<i64>, _>("begun_at")?.map(Time),
        claimed_at: row.try_get::<Option<i64>, _>("claimed_at")?.map(Time),
        answers: from_json(&row.try_get::<String, _>("answers")?)?,
        records: from_json(&row.try_get::<String, _>("records")?)?,
        tries: u32::try_from(row.try_get::<i64, _>("tries")?).unwrap_or(0),
        due_at: Time(row.try_get("due_at")?),
        problem: row.try_get("order_problem")?,
    }))
}
