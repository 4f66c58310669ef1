//! Domains that organizations bring along: who proved which, and where each one leads.

mod certificate;
mod order;

pub use certificate::{KeptCertificate, Served};
pub use order::{OrderRow, Record};

use super::event::{NewEvent, write};
use super::{Now, Row, Store, StoreError, Stored};
use domain::access::Caller;
use domain::api::DomainSettings;
use domain::custom_domain::{CertificateSource, DomainName, MOST, Proof, Verdict};
use domain::id::{DomainId, EnvironmentId, OrgId, ProjectId};
use domain::time::Time;
use sqlx::Row as _;
use std::collections::BTreeMap;

/// A domain with what came of it so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    pub id: DomainId,
    pub org: OrgId,
    pub name: DomainName,
    pub token: String,
    pub place: Option<Place>,
    pub created_at: Time,
    /// By e-mail address; `None` when they have left.
    pub created_by: Option<String>,
    pub verified_at: Option<Time>,
    pub proof: Option<Proof>,
    pub looked_at: Option<Time>,
    pub look_at: Time,
    pub problem: Option<String>,
    pub points_here: Option<bool>,
    pub https_only: bool,
    pub hsts_s: u32,
    pub source: CertificateSource,
    pub certificate: Option<Served>,
    pub order: Option<OrderRow>,
}

/// Where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub environment: EnvironmentId,
    pub environment_name: String,
    pub project: ProjectId,
    pub project_name: String,
}

/// How adding one ended.
#[derive(Debug, PartialEq, Eq)]
pub enum AddedDomain {
    Done,
    There,
    TooMany,
}

const SELECT: &str = "SELECT d.id, d.org, d.name, d.token, d.environment, d.created_at, d.verified_at, d.proof, d.looked_at, d.look_at, \
    d.problem, d.points_here, d.https_only, d.hsts_s, d.certificate_source, u.email AS created_by, \
    e.name AS environment_name, e.project, p.name AS project_name, \
    c.issuer, c.serial, c.not_before, c.not_after, c.set_at, \
    o.domain AS ordered, o.url, o.begun_at, o.claimed_at, o.answers, o.records, o.tries, o.due_at, o.problem AS order_problem \
    FROM domains d LEFT JOIN memberships m ON m.org = d.org AND m.member = d.created_by LEFT JOIN users u ON u.id = m.member \
    LEFT JOIN environments e ON e.id = d.environment LEFT JOIN projects p ON p.id = e.project \
    LEFT JOIN certificates c ON c.domain = d.id LEFT JOIN certificate_orders o ON o.domain = d.id";

impl Store {
    pub async fn kept_domains(&self, org: &OrgId) -> Stored<Vec<Domain>> {
        let sql = format!("{SELECT} WHERE d.org = $1 ORDER BY d.name");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(read).collect()
    }

    pub async fn kept_domain(&self, org: &OrgId, id: &DomainId) -> Stored<Option<Domain>> {
        let sql = format!("{SELECT} WHERE d.org = $1 AND d.id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// For the worker, which works for every organization.
    pub(crate) async fn domains_of_all(&self) -> Stored<Vec<Domain>> {
        let sql = format!("{SELECT} ORDER BY d.name, d.id LIMIT 100000");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(read).collect()
    }

    pub async fn add_domain(
        &self,
        caller: &Caller,
        (id, name, token): (&DomainId, &DomainName, &str),
        environment: Option<&EnvironmentId>,
        now: Now,
    ) -> Stored<AddedDomain> {
        let mut tx = self.begin().await?;
        let sql = "SELECT COUNT(*) AS n, COALESCE(SUM(name = $2), 0) AS named FROM domains WHERE org = $1";
        let row = sqlx::query(sql)
            .bind(caller.org.as_str())
            .bind(name.as_str())
            .fetch_one(&mut *tx)
            .await?;
        if row.try_get::<i64, _>("named")? > 0 {
            return Ok(AddedDomain::There);
        }
        if row.try_get::<i64, _>("n")? >= i64::from(MOST) {
            return Ok(AddedDomain::TooMany);
        }
        let sql = "INSERT INTO domains (id, org, name, token, environment, created_at, created_by, look_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $6)";
        sqlx::query(sql)
            .bind(id.as_str())
            .bind(caller.org.as_str())
            .bind(name.as_str())
            .bind(token)
            .bind(environment.map(EnvironmentId::as_str))
            .bind(now.at.0)
            .bind(caller.user.as_str())
            .execute(&mut *tx)
            .await?;
        let sentence = format!("{} added the domain {name}.", caller.email);
        let (org, user) = (&caller.org, Some(&caller.user));
        write(
            &mut tx,
            now,
            NewEvent::by(org, user, "domain_added", sentence),
        )
        .await?;
        tx.commit().await?;
        Ok(AddedDomain::Done)
    }

    /// What a look at DNS came to. False: it is proved, but another organization was first.
    pub(crate) async fn note_look(
        &self,
        domain: &Domain,
        verdict: &Verdict,
        look_at: Time,
        now: Now,
    ) -> Stored<bool> {
        let mut tx = self.begin().await?;
        let taken =
            "SELECT 1 FROM domains WHERE name = $1 AND id <> $2 AND verified_at IS NOT NULL";
        let taken = sqlx::query(taken)
            .bind(domain.name.as_str())
            .bind(domain.id.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        let proof = verdict.proof.filter(|_| taken.is_none());
        let problem = match (taken.is_some(), verdict.proof) {
            (true, Some(_)) => Some(domain::custom_domain::taken(domain.name.as_str())),
            _ => verdict.problem.clone(),
        };
        let sql = "UPDATE domains SET looked_at = $2, look_at = $3, points_here = $4, \
                   problem = $5, \
                   proof = COALESCE($6, proof), verified_at = COALESCE(verified_at, CASE WHEN $6 IS NULL THEN NULL ELSE $2 END) WHERE id = $1";
        sqlx::query(sql)
            .bind(domain.id.as_str())
            .bind(now.at.0)
            .bind(look_at.0)
            .bind(verdict.points_here.map(i64::from))
            .bind(problem)
            .bind(proof.map(Proof::word))
            .execute(&mut *tx)
            .await?;
        if proof.is_some() && domain.verified_at.is_none() {
            let sentence = format!("{} is proved.", domain.name);
            let event = NewEvent::by(&domain.org, None, "domain_proved", sentence);
            write(&mut tx, now, event).await?;
        }
        tx.commit().await?;
        Ok(taken.is_none() || verdict.proof.is_none())
    }

    /// False when there is none.
    pub async fn set_domain(
        &self,
        caller: &Caller,
        domain: &Domain,
        settings: &DomainSettings,
        now: Now,
    ) -> Stored<bool> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE domains SET environment = $3, https_only = $4, hsts_s = $5, certificate_source = $6, look_at = $7 WHERE org = $1 AND id = $2";
        let set = sqlx::query(sql)
            .bind(caller.org.as_str())
            .bind(domain.id.as_str())
            .bind(settings.environment.as_ref().map(EnvironmentId::as_str))
            .bind(i64::from(settings.https_only))
            .bind(i64::from(settings.hsts_s))
            .bind(settings.certificate.word())
            .bind(now.at.0)
            .execute(&mut *tx)
            .await?;
        if set.rows_affected() == 0 {
            return Ok(false);
        }
        // Whoever changes something wants it tried now.
        let sql = "UPDATE certificate_orders SET due_at = $2 WHERE domain = $1 AND url IS NULL";
        sqlx::query(sql)
            .bind(domain.id.as_str())
            .bind(now.at.0)
            .execute(&mut *tx)
            .await?;
        let sentence = format!("{} set the domain {}.", caller.email, domain.name);
        let (org, user) = (&caller.org, Some(&caller.user));
        write(
            &mut tx,
            now,
            NewEvent::by(org, user, "domain_set", sentence),
        )
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// With its certificate and its order. False when it leads somewhere by now, or is gone.
    pub async fn remove_domain(&self, caller: &Caller, domain: &Domain, now: Now) -> Stored<bool> {
        let mut tx = self.begin().await?;
        for sql in [
            "DELETE FROM certificates WHERE domain = $1 AND org = $2",
            "DELETE FROM certificate_orders WHERE domain = $1 AND org = $2",
        ] {
            sqlx::query(sql)
                .bind(domain.id.as_str())
                .bind(caller.org.as_str())
                .execute(&mut *tx)
                .await?;
        }
        let sql = "DELETE FROM domains WHERE id = $1 AND org = $2 AND environment IS NULL";
        let gone = sqlx::query(sql)
            .bind(domain.id.as_str())
            .bind(caller.org.as_str())
            .execute(&mut *tx)
            .await?;
        if gone.rows_affected() == 0 {
            return Ok(false);
        }
        let sentence = format!("{} removed the domain {}.", caller.email, domain.name);
        let (org, user) = (&caller.org, Some(&caller.user));
        write(
            &mut tx,
            now,
            NewEvent::by(org, user, "domain_removed", sentence),
        )
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The host that each environment is shown with.
    pub async fn kept_hosts(&self, org: &OrgId) -> Stored<BTreeMap<EnvironmentId, String>> {
        let sql = "SELECT environment, host FROM hosts WHERE org = $1 AND ordinal = 0";
        let rows = sqlx::query(sql)
            .bind(org.as_str())
            .fetch_all(self.pool())
            .await?;
        let one = |row: &Row| -> Stored<_> {
            let id = row.try_get::<String, _>("environment")?.parse()?;
            Ok((id, row.try_get("host")?))
        };
        rows.iter().map(one).collect()
    }

    /// The hosts that Sealdock gave to an organization's environments.
    pub(crate) async fn hosts_of(&self, org: &OrgId) -> Stored<Vec<String>> {
        let sql = "SELECT host FROM hosts WHERE org = $1";
        let rows = sqlx::query(sql)
            .bind(org.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(|row| Ok(row.try_get("host")?)).collect()
    }
}

fn read(row: &Row) -> Stored<Domain> {
    let source: String = row.try_get("certificate_source")?;
    let proof: Option<String> = row.try_get("proof")?;
    let time = |column: &str| -> Stored<Option<Time>> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Time))
    };
    Ok(Domain {
        id: row.try_get::<String, _>("id")?.parse()?,
        org: row.try_get::<String, _>("org")?.parse()?,
        name: DomainName::stored(row.try_get("name")?),
        token: row.try_get("token")?,
        place: place(row)?,
        created_at: Time(row.try_get("created_at")?),
        created_by: row.try_get("created_by")?,
        verified_at: time("verified_at")?,
        proof: proof.as_deref().and_then(Proof::parse),
        looked_at: time("looked_at")?,
        look_at: Time(row.try_get("look_at")?),
        problem: row.try_get("problem")?,
        points_here: row
            .try_get::<Option<i64>, _>("points_here")?
            .map(|here| here != 0),
        https_only: row.try_get::<i64, _>("https_only")? != 0,
        hsts_s: u32::try_from(row.try_get::<i64, _>("hsts_s")?).unwrap_or(0),
        source: CertificateSource::parse(&source).ok_or(StoreError::Unreadable(source))?,
        certificate: certificate::read(row)?,
        order: order::read(row)?,
    })
}

fn place(row: &Row) -> Stored<Option<Place>> {
    let Some(environment) = row.try_get::<Option<String>, _>("environment")? else {
        return Ok(None);
    };
    Ok(Some(Place {
        environment: environment.parse()?,
        environment_name: row.try_get("environment_name")?,
        project: row.try_get::<String, _>("project")?.parse()?,
        project_name: row.try_get("project_name")?,
    }))
}

#[cfg(test)]
mod tests;
