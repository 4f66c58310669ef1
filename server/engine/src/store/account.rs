//! People, what they are in which organization, and the tokens and invitations that speak for them.

use super::event::{NewEvent, write};
use super::{Now, Row, Store, Stored};
use domain::access::{Caller, Role};
use domain::id::{OrgId, TokenId, UserId};
use domain::time::Time;
use domain::view::TokenView;
use sqlx::Row as _;

/// What sign-in compares with.
pub struct Credentials {
    pub user: UserId,
    pub password_hash: String,
}

pub struct NewToken<'a> {
    pub name: &'a str,
    pub hash: &'a str,
    pub role: Role,
    pub expires_at: Option<Time>,
}

const CALLER: &str = "SELECT u.id AS member, u.email, o.id AS org, o.name AS org_name, m.role \
    FROM memberships m JOIN users u ON u.id = m.member JOIN orgs o ON o.id = m.org";

impl Store {
    pub async fn anybody(&self) -> Stored<bool> {
        Ok(sqlx::query("SELECT 1 FROM users LIMIT 1")
            .fetch_optional(self.pool())
            .await?
            .is_some())
    }

    /// The first owner and their organization; `false` when somebody was first.
    pub async fn found(
        &self,
        org_name: &str,
        email: &str,
        hash: &str,
        ids: (Now, Now),
    ) -> Stored<Option<(OrgId, UserId)>> {
        let (org, user) = (
            OrgId::new(ids.0.at, ids.0.entropy),
            UserId::new(ids.1.at, ids.1.entropy),
        );
        let mut tx = self.begin().await?;
        if sqlx::query("SELECT 1 FROM users LIMIT 1")
            .fetch_optional(&mut *tx)
            .await?
            .is_some()
        {
            return Ok(None);
        }
        let at = ids.0.at.0;
        sqlx::query("INSERT INTO orgs (id, name, created_at) VALUES ($1, $2, $3)")
            .bind(org.as_str())
            .bind(org_name)
            .bind(at)
            .execute(&mut *tx)
            .await?;
        insert_user(&mut tx, &user, email, hash, at).await?;
        insert_membership(&mut tx, &org, &user, Role::Owner, at).await?;
        sqlx::query("DELETE FROM settings WHERE key = 'setup_token_hash'")
            .execute(&mut *tx)
            .await?;
        let event = NewEvent::by(
            &org,
            Some(&user),
            "founded",
            format!("{email} set up the organization {org_name}."),
        );
        write(&mut tx, ids.1, event).await?;
        tx.commit().await?;
        Ok(Some((org, user)))
    }

    pub async fn credentials(&self, email: &str) -> Stored<Option<Credentials>> {
        let row = sqlx::query("SELECT id, password_hash FROM users WHERE email = $1")
            .bind(email)
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| {
            Ok(Credentials {
                user: r.try_get::<String, _>("id")?.parse()?,
                password_hash: r.try_get("password_hash")?,
            })
        })
        .transpose()
    }

    /// The user in the organization that they have belonged to longest.
    pub async fn caller(&self, user: &UserId) -> Stored<Option<Caller>> {
        let sql = format!("{CALLER} WHERE u.id = $1 ORDER BY m.created_at, o.id LIMIT 1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(user.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| caller(&r)).transpose()
    }

    pub async fn caller_in(&self, user: &UserId, org: &OrgId) -> Stored<Option<Caller>> {
        let sql = format!("{CALLER} WHERE u.id = $1 AND o.id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(user.as_str())
            .bind(org.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| caller(&r)).transpose()
    }

    /// The caller behind a token's hash, with the lesser of the two roles; notes the use once a minute.
    pub async fn caller_by_token(&self, hash: &str, now: Time) -> Stored<Option<Caller>> {
        let sql = "SELECT member, org, role FROM tokens WHERE hash = $1 AND (expires_at IS NULL OR expires_at > $2)";
        let Some(row) = sqlx::query(sql)
            .bind(hash)
            .bind(now.0)
            .fetch_optional(self.pool())
            .await?
        else {
            return Ok(None);
        };
        let (user, org): (UserId, OrgId) = (
            row.try_get::<String, _>("member")?.parse()?,
            row.try_get::<String, _>("org")?.parse()?,
        );
        let Some(caller) = self.caller_in(&user, &org).await? else {
            return Ok(None);
        };
        let noted = "UPDATE tokens SET last_used_at = $2 WHERE hash = $1 AND (last_used_at IS NULL OR last_used_at < $3)";
        sqlx::query(noted)
            .bind(hash)
            .bind(now.0)
            .bind(now.0 - 60_000)
            .execute(self.pool())
            .await?;
        let role = role(&row)?.min(caller.role);
        Ok(Some(Caller { role, ..caller }))
    }

    pub async fn tokens(&self, org: &OrgId, user: &UserId) -> Stored<Vec<TokenView>> {
        let sql = "SELECT id, name, role, created_at, expires_at, last_used_at FROM tokens \
                   WHERE org = $1 AND member = $2 ORDER BY id DESC LIMIT 1000";
        let rows = sqlx::query(sql)
            .bind(org.as_str())
            .bind(user.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(token).collect()
    }

    pub async fn create_token(
        &self,
        caller: &Caller,
        new: NewToken<'_>,
        now: Now,
    ) -> Stored<TokenView> {
        let id = TokenId::new(now.at, now.entropy);
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO tokens (id, org, member, name, hash, role, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        sqlx::query(sql)
            .bind(id.as_str())
            .bind(caller.org.as_str())
            .bind(caller.user.as_str())
            .bind(new.name)
            .bind(new.hash)
            .bind(new.role.word())
            .bind(now.at.0)
            .bind(new.expires_at.map(|t| t.0))
            .execute(&mut *tx)
            .await?;
        let sentence = format!(
            "{} created the API token “{}” ({}).",
            caller.email,
            new.name,
            new.role.word()
        );
        write(
            &mut tx,
            now,
            NewEvent::by(&caller.org, Some(&caller.user), "token_created", sentence),
        )
        .await?;
        tx.commit().await?;
        let (name, role, expires_at) = (new.name.to_owned(), new.role, new.expires_at);
        Ok(TokenView {
            id,
            name,
            role,
            created_at: now.at,
            expires_at,
            last_used_at: None,
        })
    }

    /// False when there is no such token of this user.
    pub async fn revoke_token(&self, caller: &Caller, id: &TokenId, now: Now) -> Stored<bool> {
        let mut tx = self.begin().await?;
        let sql = "DELETE FROM tokens WHERE id = $1 AND org = $2 AND member = $3";
        let done = sqlx::query(sql)
            .bind(id.as_str())
            .bind(caller.org.as_str())
            .bind(caller.user.as_str())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 1 {
            let sentence = format!("{} revoked an API token.", caller.email);
            write(
                &mut tx,
                now,
                NewEvent::by(&caller.org, Some(&caller.user), "token_revoked", sentence),
            )
            .await?;
        }
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}

pub(super) async fn insert_user(
    tx: &mut super::Transaction<'_>,
    id: &UserId,
    email: &str,
    hash: &str,
    at: i64,
) -> Stored<()> {
    sqlx::query("INSERT INTO users (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)")
        .bind(id.as_str())
        .bind(email)
        .bind(hash)
        .bind(at)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) async fn insert_membership(
    tx: &mut super::Transaction<'_>,
    org: &OrgId,
    user: &UserId,
    role: Role,
    at: i64,
) -> Stored<()> {
    let sql = "INSERT INTO memberships (org, member, role, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (org, member) DO NOTHING";
    sqlx::query(sql)
        .bind(org.as_str())
        .bind(user.as_str())
        .bind(role.word())
        .bind(at)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn caller(row: &Row) -> Stored<Caller> {
    Ok(Caller {
        user: row.try_get::<String, _>("member")?.parse()?,
        email: row.try_get("email")?,
        org: row.try_get::<String, _>("org")?.parse()?,
        org_name: row.try_get("org_name")?,
        role: role(row)?,
    })
}

pub(super) fn role(row: &Row) -> Stored<Role> {
    let word: String = row.try_get("role")?;
    Role::parse(&word).ok_or_else(|| super::StoreError::Unreadable(format!("the role `{word}`")))
}

fn token(row: &Row) -> Stored<TokenView> {
    Ok(TokenView {
        id: row.try_get::<String, _>("id")?.parse()?,
        name: row.try_get("name")?,
        role: role(row)?,
        created_at: Time(row.try_get("created_at")?),
        expires_at: row.try_get::<Option<i64>, _>("expires_at")?.map(Time),
        last_used_at: row.try_get::<Option<i64>, _>("last_used_at")?.map(Time),
    })
}
