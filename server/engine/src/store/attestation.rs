//! What confidential instances proved of themselves. A verdict that says what the one before said is
//! no news: it is counted there.

use super::event::{NewEvent, write};
use super::{Now, Row, Store, StoreError, Stored, Transaction, from_json, to_json};
use domain::attest::{Boot, Check, Digest, Nonce, Platform, TpmKey};
use domain::id::{DeploymentId, EnvironmentId, InstanceId, OrgId, ProjectId};
use domain::time::Time;
use domain::view::AttestedView;
use sqlx::Row as _;

/// Of one deployment; the oldest go.
const MOST_KEPT: i64 = 200;

/// What was found, about to be written.
#[derive(Clone, Debug)]
pub struct Found {
    pub instance: InstanceId,
    pub holds: bool,
    pub platform: Option<Platform>,
    pub sentence: String,
    pub checks: Vec<Check>,
    pub boot: Vec<Boot>,
    /// The signed file.
    pub expected: String,
    pub measurement: Digest,
    pub evidence: Option<String>,
    pub nonce: Option<Nonce>,
    pub spki: Option<Digest>,
    pub port: u16,
    pub tpm: TpmKey,
}

/// Whose it is, for the event.
#[derive(Clone, Debug)]
pub struct Of {
    pub org: OrgId,
    pub project: ProjectId,
    pub environment: EnvironmentId,
    pub deployment: DeploymentId,
    pub number: u32,
}

/// The newest of one instance, with all that is kept of it.
#[derive(Clone, Debug)]
pub struct Proof {
    pub instance: InstanceId,
    pub view: AttestedView,
    pub checks: Vec<Check>,
    pub boot: Vec<Boot>,
    pub expected: String,
    pub evidence: Option<String>,
    pub nonce: Option<Nonce>,
    pub spki: Option<Digest>,
    pub port: u16,
    pub tpm: TpmKey,
}

const COLUMNS: &str = "instance, holds, platform, sentence, checks, boot, expected, measurement, evidence, nonce, spki, port, tpm, first_at, last_at, times";

impl Store {
    /// An event is written when it begins to hold, and each time that it does not.
    pub async fn attested(&self, of: &Of, found: &Found, now: Now) -> Stored<()> {
        let mut tx = self.begin().await?;
        if !again(&mut tx, found, now).await? {
            let id = insert(&mut tx, of, found, now).await?;
            tidy(&mut tx, of, found, &id).await?;
            write(&mut tx, now, event(of, found)).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The newest of each instance, the first replica first.
    pub async fn proofs(&self, org: &OrgId, deployment: &DeploymentId) -> Stored<Vec<Proof>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM attestations a WHERE org = $1 AND deployment = $2 AND NOT EXISTS \
             (SELECT 1 FROM attestations b WHERE b.instance = a.instance AND b.id > a.id) ORDER BY instance"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(deployment.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(proof).collect()
    }

    /// Of all its instances, the newest first.
    pub async fn attestations(
        &self,
        org: &OrgId,
        deployment: &DeploymentId,
        limit: u32,
    ) -> Stored<Vec<AttestedView>> {
        let sql = "SELECT instance, holds, platform, sentence, measurement, first_at, last_at, times FROM attestations \
                   WHERE org = $1 AND deployment = $2 ORDER BY id DESC LIMIT $3";
        let rows = sqlx::query(sql)
            .bind(org.as_str())
            .bind(deployment.as_str())
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(|row| Ok(view(row)?.1)).collect()
    }

    /// What serves although the newest evidence of one of its instances does not hold: the sentence.
    pub async fn not_attested(&self, org: &OrgId) -> Stored<Vec<(DeploymentId, String)>> {
        let sql = "SELECT a.deployment, a.sentence FROM attestations a JOIN environments e ON e.active = a.deployment \
                   WHERE a.org = $1 AND e.org = $1 AND a.holds = 0 AND NOT EXISTS \
                   (SELECT 1 FROM attestations b WHERE b.instance = a.instance AND b.id > a.id) ORDER BY a.id";
        let rows = sqlx::query(sql)
            .bind(org.as_str())
            .fetch_all(self.pool())
            .await?;
        let one = |row: &Row| -> Stored<_> {
            let id: String = row.try_get("deployment")?;
            Ok((id.parse()?, row.try_get("sentence")?))
        };
        rows.iter().map(one).collect()
    }
}

/// Counted where it was written before: the same verdict over the same expectation and machine.
async fn again(tx: &mut Transaction<'_>, found: &Found, now: Now) -> Stored<bool> {
    let sql = "UPDATE attestations SET last_at = $1, times = times + 1, checks = $2, boot = $3, evidence = $4, nonce = $5, spki = $6 \
               WHERE instance = $7 AND holds = $8 AND sentence = $9 AND measurement = $10 AND tpm = $11 AND port = $12 \
               AND id = (SELECT MAX(id) FROM attestations WHERE instance = $7)";
    let done = sqlx::query(sql)
        .bind(now.at.0)
        .bind(to_json(&found.checks)?)
        .bind(to_json(&found.boot)?)
        .bind(&found.evidence)
        .bind(found.nonce.map(|n| n.to_string()))
        .bind(found.spki.map(|s| s.to_string()))
        .bind(found.instance.to_string())
        .bind(i64::from(found.holds))
        .bind(&found.sentence)
        .bind(found.measurement.to_string())
        .bind(found.tpm.to_string())
        .bind(i64::from(found.port))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

async fn insert(tx: &mut Transaction<'_>, of: &Of, found: &Found, now: Now) -> Stored<String> {
    let sql = "INSERT INTO attestations (id, org, environment, deployment, instance, holds, platform, sentence, checks, boot, \
               expected, measurement, evidence, nonce, spki, port, tpm, first_at, last_at, times) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18, 1)";
    let id = domain::id::AttestationId::new(now.at, now.entropy).to_string();
    sqlx::query(sql)
        .bind(&id)
        .bind(of.org.as_str())
        .bind(of.environment.as_str())
        .bind(of.deployment.as_str())
        .bind(found.instance.to_string())
        .bind(i64::from(found.holds))
        .bind(found.platform.map(Platform::word))
        .bind(&found.sentence)
        .bind(to_json(&found.checks)?)
        .bind(to_json(&found.boot)?)
        .bind(&found.expected)
        .bind(found.measurement.to_string())
        .bind(&found.evidence)
        .bind(found.nonce.map(|n| n.to_string()))
        .bind(found.spki.map(|s| s.to_string()))
        .bind(i64::from(found.port))
        .bind(found.tpm.to_string())
        .bind(now.at.0)
        .execute(&mut **tx)
        .await?;
    Ok(id)
}

/// Old evidence that held goes at once, since it weighs most; old rows go at their limit.
async fn tidy(tx: &mut Transaction<'_>, of: &Of, found: &Found, newest: &str) -> Stored<()> {
    let lighter =
        "UPDATE attestations SET evidence = NULL WHERE instance = $1 AND id <> $2 AND holds = 1";
    sqlx::query(lighter)
        .bind(found.instance.to_string())
        .bind(newest)
        .execute(&mut **tx)
        .await?;
    let fewer = "DELETE FROM attestations WHERE deployment = $1 AND id NOT IN \
                 (SELECT id FROM attestations WHERE deployment = $1 ORDER BY id DESC LIMIT $2)";
    sqlx::query(fewer)
        .bind(of.deployment.as_str())
        .bind(MOST_KEPT)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn event<'a>(of: &'a Of, found: &Found) -> NewEvent<'a> {
    let (kind, what) = match found.holds {
        true => ("attested", "The evidence of"),
        false => ("not_attested", "The evidence does not hold of"),
    };
    let replica = found.instance.replica + 1;
    let sentence = format!(
        "{what} instance {replica} of #{}: {}",
        of.number, found.sentence
    );
    NewEvent {
        environment: Some(&of.environment),
        deployment: Some(&of.deployment),
        ..NewEvent::by(&of.org, None, kind, sentence).project(&of.project)
    }
}

fn view(row: &Row) -> Stored<(InstanceId, AttestedView)> {
    let instance: InstanceId = row.try_get::<String, _>("instance")?.parse()?;
    let platform: Option<String> = row.try_get("platform")?;
    let view = AttestedView {
        replica: instance.replica,
        holds: row.try_get::<i64, _>("holds")? != 0,
        platform: platform.as_deref().and_then(Platform::parse),
        sentence: row.try_get("sentence")?,
        measurement: row.try_get("measurement")?,
        first_at: Time(row.try_get("first_at")?),
        last_at: Time(row.try_get("last_at")?),
        times: row.try_get::<i64, _>("times")?.max(0) as u64,
    };
    Ok((instance, view))
}

fn proof(row: &Row) -> Stored<Proof> {
    let (instance, view) = view(row)?;
    let text = |name: &str| -> Stored<String> { Ok(row.try_get(name)?) };
    Ok(Proof {
        instance,
        view,
        checks: from_json(&text("checks")?)?,
        boot: from_json(&text("boot")?)?,
        expected: text("expected")?,
        evidence: row.try_get("evidence")?,
        nonce: hex(row.try_get("nonce")?)?,
        spki: hex(row.try_get("spki")?)?,
        port: u16::try_from(row.try_get::<i64, _>("port")?).unwrap_or_default(),
        tpm: hex(Some(text("tpm")?))?.ok_or_else(|| unreadable("a key"))?,
    })
}

fn hex<const N: usize>(text: Option<String>) -> Stored<Option<domain::attest::Hex<N>>> {
    let read = |text: String| text.parse().map_err(|_| unreadable(&text));
    text.map(read).transpose()
}

fn unreadable(what: &str) -> StoreError {
    StoreError::Unreadable(format!("{what} in an attestation"))
}
