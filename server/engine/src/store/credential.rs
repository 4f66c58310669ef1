//! What opens private repositories and registries.

use super::event::{NewEvent, write};
use super::sealed::CREDENTIAL;
use super::{Now, Row, Store, Stored, Transaction};
use crate::driver::Login;
use domain::access::Caller;
use domain::credential::{CredentialKind, MAX_CREDENTIALS, Place, registry_of};
use domain::id::{CredentialId, OrgId};
use domain::time::Time;
use sqlx::Row as _;

/// A credential, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    pub id: CredentialId,
    pub kind: CredentialKind,
    pub place: Place,
    pub username: String,
    /// By e-mail address; `None` when they have left.
    pub set_by: Option<String>,
    pub set_at: Time,
    pub expires_at: Option<Time>,
}

/// One about to be written.
pub struct NewRow<'a> {
    pub id: &'a CredentialId,
    pub kind: CredentialKind,
    pub place: &'a Place,
    pub username: &'a str,
    pub secret: &'a str,
    pub expires_at: Option<Time>,
}

/// What is shown to a host. It leaves the store for nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    pub place: Place,
    pub username: String,
    pub secret: String,
}

impl From<Key> for Login {
    fn from(key: Key) -> Self {
        Self {
            registry: key.place.host,
            username: key.username,
            password: key.secret,
        }
    }
}

impl Store {
    pub async fn kept_credentials(&self, org: &OrgId) -> Stored<Vec<Credential>> {
        let sql = "SELECT c.id, c.kind, c.host, c.path, c.username, c.set_at, c.expires_at, u.email FROM credentials c \
                   LEFT JOIN memberships m ON m.org = c.org AND m.member = c.set_by LEFT JOIN users u ON u.id = m.member \
                   WHERE c.org = $1 ORDER BY c.kind, c.host, c.path";
        let rows = sqlx::query(sql)
            .bind(org.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(credential).collect()
    }

    /// A new one under `new.id`, or another secret for the place that has one. `None`: the
    /// organization has too many.
    pub async fn put_credential(
        &self,
        caller: &Caller,
        new: NewRow<'_>,
        now: Now,
    ) -> Stored<Option<CredentialId>> {
        let mut tx = self.begin().await?;
        let others = "SELECT COUNT(*) AS n FROM credentials WHERE org = $1 AND NOT (kind = $2 AND host = $3 AND path = $4)";
        let count = sqlx::query(others)
            .bind(caller.org.as_str())
            .bind(new.kind.word())
            .bind(&new.place.host)
            .bind(&new.place.path)
            .fetch_one(&mut *tx)
            .await?;
        if count.try_get::<i64, _>("n")? >= i64::from(MAX_CREDENTIALS) {
            return Ok(None);
        }
        let id = id_of(&mut tx, caller, &new).await?;
        let org = caller.org.as_str();
        let sealed = self.seal(&mut tx, CREDENTIAL, org, &id, new.secret, now.at);
        let sealed = sealed.await?;
        let sql = "INSERT INTO credentials (id, org, kind, host, path, username, secret, set_by, set_at, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (org, kind, host, path) DO UPDATE \
                   SET username = $6, secret = $7, set_by = $8, set_at = $9, expires_at = $10";
        sqlx::query(sql)
            .bind(&id)
            .bind(caller.org.as_str())
            .bind(new.kind.word())
            .bind(&new.place.host)
            .bind(&new.place.path)
            .bind(new.username)
            .bind(sealed)
            .bind(caller.user.as_str())
            .bind(now.at.0)
            .bind(new.expires_at.map(|t| t.0))
            .execute(&mut *tx)
            .await?;
        let sentence = format!(
            "{} set the credential for {} ({}).",
            caller.email,
            new.place,
            new.kind.word()
        );
        let event = NewEvent::by(&caller.org, Some(&caller.user), "credential_set", sentence);
        write(&mut tx, now, event).await?;
        tx.commit().await?;
        Ok(Some(id.parse()?))
    }

    /// False when there was none.
    pub async fn remove_credential(
        &self,
        caller: &Caller,
        id: &CredentialId,
        now: Now,
    ) -> Stored<bool> {
        let mut tx = self.begin().await?;
        let sql = "DELETE FROM credentials WHERE org = $1 AND id = $2 RETURNING kind, host, path";
        let gone = sqlx::query(sql)
            .bind(caller.org.as_str())
            .bind(id.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        let Some(row) = gone else {
            return Ok(false);
        };
        let kind: String = row.try_get("kind")?;
        let sentence = format!(
            "{} removed the credential for {} ({kind}).",
            caller.email,
            place(&row)?
        );
        let (org, user) = (&caller.org, Some(&caller.user));
        let event = NewEvent::by(org, user, "credential_removed", sentence);
        write(&mut tx, now, event).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// What an organization has for a host; for whoever is about to ask that host.
    pub(crate) async fn keys_for(
        &self,
        org: &OrgId,
        kind: CredentialKind,
        host: &str,
    ) -> Stored<Vec<Key>> {
        let sql = "SELECT id, org, host, path, username, secret FROM credentials WHERE org = $1 AND kind = $2 AND host = $3";
        let rows = sqlx::query(sql)
            .bind(org.as_str())
            .bind(kind.word())
            .bind(host.to_ascii_lowercase())
            .fetch_all(self.pool())
            .await?;
        self.opened_keys(&rows).await
    }

    /// What opens the registry of that image, where it is known.
    pub(crate) async fn login_for(&self, org: &OrgId, reference: &str) -> Stored<Option<Login>> {
        let registry = registry_of(reference);
        let mut all = self.registry_keys(org).await?.into_iter().map(Login::from);
        Ok(all.find(|login| login.registry == registry))
    }

    /// All that an organization has for registries: a build may begin with images of any.
    pub(crate) async fn registry_keys(&self, org: &OrgId) -> Stored<Vec<Key>> {
        let sql = "SELECT id, org, host, path, username, secret FROM credentials WHERE org = $1 AND kind = 'registry' ORDER BY host";
        let rows = sqlx::query(sql)
            .bind(org.as_str())
            .fetch_all(self.pool())
            .await?;
        self.opened_keys(&rows).await
    }

    async fn opened_keys(&self, rows: &[Row]) -> Stored<Vec<Key>> {
        let mut keys = vec![];
        for row in rows {
            let text = |column: &str| row.try_get::<String, _>(column);
            let (org, id, kept) = (text("org")?, text("id")?, text("secret")?);
            let secret = self.open_sealed(CREDENTIAL, &org, &id, &kept).await?;
            keys.push(Key {
                place: place(row)?,
                username: row.try_get("username")?,
                secret: secret.reveal().to_owned(),
            });
        }
        Ok(keys)
    }
}

/// Of what the place has, or of the new one.
async fn id_of(tx: &mut Transaction<'_>, caller: &Caller, new: &NewRow<'_>) -> Stored<String> {
    let sql = "SELECT id FROM credentials WHERE org = $1 AND kind = $2 AND host = $3 AND path = $4";
    let row = sqlx::query(sql)
        .bind(caller.org.as_str())
        .bind(new.kind.word())
        .bind(&new.place.host)
        .bind(&new.place.path)
        .fetch_optional(&mut **tx)
        .await?;
    let known = row.map(|r| r.try_get("id")).transpose()?;
    Ok(known.unwrap_or_else(|| new.id.to_string()))
}

fn place(row: &Row) -> Stored<Place> {
    Ok(Place {
        host: row.try_get("host")?,
        path: row.try_get("path")?,
    })
}

fn credential(row: &Row) -> Stored<Credential> {
    let kind: String = row.try_get("kind")?;
    Ok(Credential {
        id: row.try_get::<String, _>("id")?.parse()?,
        kind: CredentialKind::parse(&kind).ok_or(super::StoreError::Unreadable(kind))?,
        place: place(row)?,
        username: row.try_get("username")?,
        set_by: row.try_get("email")?,
        set_at: Time(row.try_get("set_at")?),
        expires_at: row.try_get::<Option<i64>, _>("expires_at")?.map(Time),
    })
}
