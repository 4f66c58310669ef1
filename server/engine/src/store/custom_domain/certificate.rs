//! Certificates that serve, their keys sealed.

use super::Domain;
use crate::store::event::{NewEvent, write};
use crate::store::sealed::CERTIFICATE;
use crate::store::{Now, Row, Store, Stored};
use domain::access::Caller;
use domain::id::UserId;
use domain::secret::SecretText;
use domain::time::Time;
use sqlx::Row as _;

/// What is known of the one that serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    pub issuer: String,
    pub serial: String,
    pub not_before: Time,
    pub not_after: Time,
    pub set_at: Time,
}

/// One with its key: for who serves with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCertificate {
    pub chain: String,
    pub key: SecretText,
    pub served: Served,
}

impl Store {
    pub(crate) async fn certificate(&self, domain: &Domain) -> Stored<Option<KeptCertificate>> {
        let sql = "SELECT chain, sealed_key, issuer, serial, not_before, not_after, set_at FROM certificates WHERE domain = $1";
        let row = sqlx::query(sql)
            .bind(domain.id.as_str())
            .fetch_optional(self.pool())
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let (org, id) = (domain.org.as_str(), domain.id.as_str());
        let kept: String = row.try_get("sealed_key")?;
        let key = self.open_sealed(CERTIFICATE, org, id, &kept).await?;
        let chain = row.try_get("chain")?;
        let kept = |served| KeptCertificate { chain, key, served };
        Ok(read(&row)?.map(kept))
    }

    /// It came: the order is done with.
    pub(crate) async fn keep_issued(
        &self,
        domain: &Domain,
        new: &KeptCertificate,
        now: Now,
    ) -> Stored<()> {
        let sentence = format!(
            "{} has a new certificate of {}.",
            domain.name, new.served.issuer
        );
        let event = ("certificate_issued", sentence);
        self.keep(domain, new, None, event, now).await
    }

    /// A person brought it: no authority is asked any more.
    pub async fn keep_own(
        &self,
        caller: &Caller,
        domain: &Domain,
        new: &KeptCertificate,
        now: Now,
    ) -> Stored<()> {
        let sentence = format!(
            "{} uploaded a certificate for {}.",
            caller.email, domain.name
        );
        let event = ("certificate_uploaded", sentence);
        self.keep(domain, new, Some(&caller.user), event, now).await
    }

    async fn keep(
        &self,
        domain: &Domain,
        new: &KeptCertificate,
        by: Option<&UserId>,
        (kind, sentence): (&str, String),
        now: Now,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        let (org, id) = (domain.org.as_str(), domain.id.as_str());
        let sealed = self.seal(&mut tx, CERTIFICATE, org, id, new.key.reveal(), now.at);
        let sealed = sealed.await?;
        let sql = "INSERT INTO certificates (domain, org, chain, sealed_key, issuer, serial, not_before, not_after, set_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (domain) DO UPDATE \
                   SET chain = $3, sealed_key = $4, issuer = $5, serial = $6, not_before = $7, not_after = $8, set_at = $9";
        sqlx::query(sql)
            .bind(id)
            .bind(org)
            .bind(&new.chain)
            .bind(sealed)
            .bind(&new.served.issuer)
            .bind(&new.served.serial)
            .bind(new.served.not_before.0)
            .bind(new.served.not_after.0)
            .bind(new.served.set_at.0)
            .execute(&mut *tx)
            .await?;
        let source = if by.is_some() { "own" } else { "acme" };
        sqlx::query("DELETE FROM certificate_orders WHERE domain = $1")
            .bind(id)
            .execute(&mut *tx)
            .await?;
        sqlx::query("UPDATE domains SET certificate_source = $2 WHERE id = $1")
            .bind(id)
            .bind(source)
            .execute(&mut *tx)
            .await?;
        write(&mut tx, now, NewEvent::by(&domain.org, by, kind, sentence)).await?;
        tx.commit().await?;
        Ok(())
    }
}

pub(super) fn read(row: &Row) -> Stored<Option<Served>> {
    let Some(issuer) = row.try_get::<Option<String>, _>("issuer")? else {
        return Ok(None);
    };
    Ok(Some(Served {
        issuer,
        serial: row.try_get("serial")?,
        not_before: Time(row.try_get("not_before")?),
        not_after: Time(row.try_get("not_after")?),
        set_at: Time(row.try_get("set_at")?),
    }))
}
