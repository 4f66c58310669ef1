//! The people of the gallery.

use super::{Gallery, no};
use domain::access::{Action, Caller, Role};
use domain::api::*;
use domain::id::*;
use domain::view::*;

const HOUR: i64 = 3_600_000;

#[async_trait::async_trait]
impl Accounts for Gallery {
    async fn needs_setup(&self) -> Reply<bool> {
        Ok(self.unowned)
    }

    async fn set_up(&self, _: NewOwner) -> Reply<Caller> {
        Err(no())
    }

    async fn sign_in(&self, _: &str, _: &str) -> Reply<Caller> {
        Err(no())
    }

    async fn caller_of(&self, _: &UserId) -> Reply<Caller> {
        Err(no())
    }

    async fn caller_by_token(&self, _: &str) -> Reply<Caller> {
        Err(no())
    }

    async fn tokens(&self, caller: &Caller) -> Reply<Vec<TokenView>> {
        if caller.org_name == "Empty" {
            return Ok(vec![]);
        }
        let token = |n: u128, name: &str, role, used: Option<i64>| TokenView {
            id: TokenId::new(self.now, n),
            name: name.into(),
            role,
            created_at: self.now.plus_ms(-900 * HOUR),
            expires_at: used.map(|_| self.now.plus_ms(600 * HOUR)),
            last_used_at: used.map(|h| self.now.plus_ms(-h * HOUR)),
        };
        Ok(vec![
            token(1, "CI of the shop", Role::Developer, Some(1)),
            token(2, "Ada’s laptop", Role::Owner, None),
        ])
    }

    async fn create_token(&self, caller: &Caller, new: NewToken) -> Reply<NewTokenView> {
        caller.may(Action::ManageTokens)?;
        let view = TokenView {
            id: TokenId::new(self.now, 9),
            name: new.name,
            role: new.role,
            created_at: self.now,
            expires_at: new
                .expires_in_days
                .map(|d| self.now.plus_ms(i64::from(d) * 24 * HOUR)),
            last_used_at: None,
        };
        Ok(NewTokenView {
            token: "sd_gallery_0000000000000000000000000000".into(),
            view,
        })
    }

    async fn revoke_token(&self, _: &Caller, _: &TokenId) -> Reply<()> {
        Err(no())
    }

    async fn members(&self, caller: &Caller) -> Reply<Vec<MemberView>> {
        let member = |n: u128, email: &str, role| MemberView {
            user: UserId::new(self.now, n),
            email: email.into(),
            role,
            since: self.now.plus_ms(-2_000 * HOUR),
        };
        let me = MemberView {
            user: caller.user.clone(),
            email: caller.email.clone(),
            role: caller.role,
            since: self.now.plus_ms(-3_000 * HOUR),
        };
        Ok(vec![
            me,
            member(2, "grace@example.com", Role::Developer),
            member(
                3,
                "a-very-long-name.of-someone@subdomain.example.com",
                Role::Viewer,
            ),
        ])
    }

    async fn invite(&self, caller: &Caller, email: &str, role: Role) -> Reply<InvitationView> {
        caller.may(Action::ManageMembers)?;
        Ok(InvitationView {
            email: email.into(),
            role,
            token: "inv_gallery_000000000000".into(),
            expires_at: self.now.plus_ms(168 * HOUR),
        })
    }

    async fn join(&self, _: &str, _: &str) -> Reply<Caller> {
        Err(no())
    }

    async fn remove_member(&self, _: &Caller, _: &UserId) -> Reply<()> {
        Err(no())
    }

    async fn settings(&self, caller: &Caller) -> Reply<SettingsView> {
        Ok(SettingsView {
            org: caller.org.clone(),
            org_name: caller.org_name.clone(),
            base_domain: "localhost".into(),
            proxy_port: 8080,
            version: "0.1.0".into(),
            data_dir: "/var/lib/sealdock".into(),
            master_key: "/var/lib/sealdock/master.key, as it is, for its owner alone to read".into(),
            deploy_key: Some("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGallery0000000000000000000000000000000000 sealdock".into()),
        })
    }
}
