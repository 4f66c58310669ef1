//! Who belongs to an organization, and the links that let others in.

use super::account::{insert_membership, insert_user, role};
use super::event::{NewEvent, write};
use super::{Now, Row, Store, Stored};
use domain::access::{Caller, Role};
use domain::id::{OrgId, UserId};
use domain::time::Time;
use domain::view::MemberView;
use sqlx::Row as _;

/// An invitation that is still good.
pub struct Invitation {
    pub org: OrgId,
    pub email: String,
    pub role: Role,
}

impl Store {
    pub async fn members(&self, org: &OrgId) -> Stored<Vec<MemberView>> {
        let sql = "SELECT u.id AS member, u.email, m.role, m.created_at FROM memberships m JOIN users u ON u.id = m.member \
                   WHERE m.org = $1 ORDER BY m.created_at, u.id LIMIT 1000";
        let rows = sqlx::query(sql)
            .bind(org.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(member).collect()
    }

    pub async fn invite(
        &self,
        caller: &Caller,
        email: &str,
        role: Role,
        hash: &str,
        expires_at: Time,
        now: Now,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO invitations (hash, org, email, role, expires_at) VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(sql)
            .bind(hash)
            .bind(caller.org.as_str())
            .bind(email)
            .bind(role.word())
            .bind(expires_at.0)
            .execute(&mut *tx)
            .await?;
        let sentence = format!("{} invited {email} as {}.", caller.email, role.word());
        write(
            &mut tx,
            now,
            NewEvent::by(&caller.org, Some(&caller.user), "invited", sentence),
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Uses up an invitation: a new user with this password, or a new membership of one who is known.
    /// `None` when the link is not good (any more).
    pub async fn join(
        &self,
        hash: &str,
        password_hash: &str,
        now: Now,
    ) -> Stored<Option<(OrgId, UserId)>> {
        let mut tx = self.begin().await?;
        let sql = "DELETE FROM invitations WHERE hash = $1 AND expires_at > $2 RETURNING org, email, role";
        let Some(row) = sqlx::query(sql)
            .bind(hash)
            .bind(now.at.0)
            .fetch_optional(&mut *tx)
            .await?
        else {
            return Ok(None);
        };
        let (org, email, role): (OrgId, String, Role) = (
            row.try_get::<String, _>("org")?.parse()?,
            row.try_get("email")?,
            role(&row)?,
        );
        let known = sqlx::query("SELECT id FROM users WHERE email = $1")
            .bind(&email)
            .fetch_optional(&mut *tx)
            .await?;
        let user = match known {
            Some(row) => row.try_get::<String, _>("id")?.parse()?,
            None => {
                let user = UserId::new(now.at, now.entropy);
                insert_user(&mut tx, &user, &email, password_hash, now.at.0).await?;
                user
            }
        };
        insert_membership(&mut tx, &org, &user, role, now.at.0).await?;
        let sentence = format!("{email} joined as {}.", role.word());
        write(
            &mut tx,
            now,
            NewEvent::by(&org, Some(&user), "joined", sentence),
        )
        .await?;
        tx.commit().await?;
        Ok(Some((org, user)))
    }

    /// What an invitation's link is for, while it is good.
    pub async fn invitation(&self, hash: &str, now: Time) -> Stored<Option<Invitation>> {
        let sql = "SELECT org, email, role FROM invitations WHERE hash = $1 AND expires_at > $2";
        let row = sqlx::query(sql)
            .bind(hash)
            .bind(now.0)
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| {
            Ok(Invitation {
                org: r.try_get::<String, _>("org")?.parse()?,
                email: r.try_get("email")?,
                role: role(&r)?,
            })
        })
        .transpose()
    }

    /// Takes the membership and the tokens in this organization away; never the last owner's.
    pub async fn remove_member(&self, caller: &Caller, user: &UserId, now: Now) -> Stored<Removed> {
        let mut tx = self.begin().await?;
        let owners = "SELECT COUNT(*) AS n FROM memberships WHERE org = $1 AND role = 'owner' AND member <> $2";
        let row = sqlx::query(owners)
            .bind(caller.org.as_str())
            .bind(user.as_str())
            .fetch_one(&mut *tx)
            .await?;
        if row.try_get::<i64, _>("n")? == 0 {
            return Ok(Removed::LastOwner);
        }
        sqlx::query("DELETE FROM tokens WHERE org = $1 AND member = $2")
            .bind(caller.org.as_str())
            .bind(user.as_str())
            .execute(&mut *tx)
            .await?;
        let gone = sqlx::query("DELETE FROM memberships WHERE org = $1 AND member = $2")
            .bind(caller.org.as_str())
            .bind(user.as_str());
        if gone.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(Removed::NotThere);
        }
        let sentence = format!("{} removed a member.", caller.email);
        write(
            &mut tx,
            now,
            NewEvent::by(&caller.org, Some(&caller.user), "member_removed", sentence),
        )
        .await?;
        tx.commit().await?;
        Ok(Removed::Done)
    }
}

/// How removing a member ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    Done,
    NotThere,
    /// An organization without an owner could never be managed again.
    LastOwner,
}

fn member(row: &Row) -> Stored<MemberView> {
    Ok(MemberView {
        user: row.try_get::<String, _>("member")?.parse()?,
        email: row.try_get("email")?,
        role: role(row)?,
        since: Time(row.try_get("created_at")?),
    })
}
