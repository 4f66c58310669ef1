//! Who is there: the first owner, sign-in, tokens, members.

use super::{Control, broken, found, token};
use crate::store::account::NewToken as TokenRow;
use crate::store::member::Removed;
use async_trait::async_trait;
use domain::access::{Action, Caller, Role};
use domain::api::{Accounts, NewOwner, NewToken, Reply};
use domain::id::{TokenId, UserId};
use domain::refusal::Refusal;
use domain::view::{InvitationView, MemberView, NewTokenView, SettingsView, TokenView};

const DAY_MS: i64 = 86_400_000;
const INVITATION_DAYS: i64 = 7;
const LONGEST_NAME: usize = 80;
const MOST_TOKENS: usize = 100;

#[async_trait]
impl Accounts for Control {
    async fn needs_setup(&self) -> Reply<bool> {
        Ok(!self.store.anybody().await.map_err(broken)?)
    }

    async fn set_up(&self, owner: NewOwner) -> Reply<Caller> {
        let email = email(&owner.email)?;
        let name = name("organization", &owner.organization)?;
        let expected = self
            .store
            .setting("setup_token_hash")
            .await
            .map_err(broken)?;
        if expected.as_deref() != Some(token::hash(&owner.token).as_str()) {
            return Err(Refusal::conflict("setup_link_used", "This set-up link is not (or no longer) good.")
                .way_out("Use the link that the server printed at its last start, or sign in if somebody has set it up."));
        }
        let hash = self.hash_password(&owner.password).await?;
        let founded = self
            .store
            .found(&name, &email, &hash, (self.now(), self.now()))
            .await
            .map_err(broken)?;
        let Some((org, user)) = founded else {
            return Err(
                Refusal::conflict("setup_link_used", "Somebody has set it up already.")
                    .way_out("Sign in, or ask them for an invitation."),
            );
        };
        for driver in self.runtimes.places.keys() {
            self.store
                .register_runtime(&org, driver, self.now())
                .await
                .map_err(broken)?;
        }
        self.caller_of(&user).await
    }

    async fn sign_in(&self, email: &str, password: &str) -> Reply<Caller> {
        let known = self
            .store
            .credentials(&email.trim().to_lowercase())
            .await
            .map_err(broken)?;
        let hash = known.as_ref().map(|c| c.password_hash.clone());
        let right = self.verify_password(password, hash).await?;
        match known {
            Some(known) if right => self.caller_of(&known.user).await,
            _ => Err(Refusal::new(
                domain::refusal::Kind::SignedOut,
                "wrong_password",
                "The e-mail address or the password is wrong.",
            )
            .way_out("Try again; an owner of your organization can invite you anew.")),
        }
    }

    async fn caller_of(&self, user: &UserId) -> Reply<Caller> {
        self.store
            .caller(user)
            .await
            .map_err(broken)?
            .ok_or_else(Refusal::signed_out)
    }

    async fn caller_by_token(&self, secret: &str) -> Reply<Caller> {
        let known = self
            .store
            .caller_by_token(&token::hash(secret), self.clock.now())
            .await
            .map_err(broken)?;
        known.ok_or_else(|| {
            Refusal::new(
                domain::refusal::Kind::SignedOut,
                "token_unknown",
                "This API token is unknown, revoked or expired.",
            )
            .way_out("Create one under Settings → API tokens.")
        })
    }

    async fn tokens(&self, caller: &Caller) -> Reply<Vec<TokenView>> {
        caller.may(Action::ManageTokens)?;
        self.store
            .tokens(&caller.org, &caller.user)
            .await
            .map_err(broken)
    }

    async fn create_token(&self, caller: &Caller, new: NewToken) -> Reply<NewTokenView> {
        caller.may(Action::ManageTokens)?;
        let name = name("name", &new.name)?;
        if new.role > caller.role {
            return Err(Refusal::invalid(
                "role",
                format!(
                    "You are {}, so a token of yours can't be {}.",
                    caller.role.word(),
                    new.role.word()
                ),
            )
            .way_out("Choose your own role or a lesser one."));
        }
        if self.tokens(caller).await?.len() >= MOST_TOKENS {
            return Err(Refusal::conflict(
                "too_many_tokens",
                format!("You have {MOST_TOKENS} tokens, which is the limit."),
            )
            .way_out("Revoke some that are not used."));
        }
        let days = new.expires_in_days.map(|d| i64::from(d.clamp(1, 3650)));
        let secret = token::fresh("sd_");
        let row = TokenRow {
            name: &name,
            hash: &token::hash(&secret),
            role: new.role,
            expires_at: days.map(|d| self.clock.now().plus_ms(d * DAY_MS)),
        };
        let view = self
            .store
            .create_token(caller, row, self.now())
            .await
            .map_err(broken)?;
        Ok(NewTokenView {
            token: secret,
            view,
        })
    }

    async fn revoke_token(&self, caller: &Caller, id: &TokenId) -> Reply<()> {
        caller.may(Action::ManageTokens)?;
        match self
            .store
            .revoke_token(caller, id, self.now())
            .await
            .map_err(broken)?
        {
            true => Ok(()),
            false => Err(Refusal::not_found("token")),
        }
    }

    async fn members(&self, caller: &Caller) -> Reply<Vec<MemberView>> {
        caller.may(Action::Read)?;
        self.store.members(&caller.org).await.map_err(broken)
    }

    async fn invite(&self, caller: &Caller, address: &str, role: Role) -> Reply<InvitationView> {
        caller.may(Action::ManageMembers)?;
        let email = email(address)?;
        let secret = token::fresh("inv_");
        let expires_at = self.clock.now().plus_ms(INVITATION_DAYS * DAY_MS);
        let hash = token::hash(&secret);
        self.store
            .invite(caller, &email, role, &hash, expires_at, self.now())
            .await
            .map_err(broken)?;
        Ok(InvitationView {
            email,
            role,
            token: secret,
            expires_at,
        })
    }

    async fn join(&self, secret: &str, password: &str) -> Reply<Caller> {
        let gone = || {
            Refusal::conflict(
                "invitation_used",
                "This invitation is used, expired or unknown.",
            )
            .way_out("Ask for a new one.")
        };
        let hash = token::hash(secret);
        let invitation = self
            .store
            .invitation(&hash, self.clock.now())
            .await
            .map_err(broken)?
            .ok_or_else(gone)?;
        // Who has an account proves it: an invitation alone must not set a known user's password.
        let known = self
            .store
            .credentials(&invitation.email)
            .await
            .map_err(broken)?;
        let password_hash =
            match known {
                Some(known)
                    if self
                        .verify_password(password, Some(known.password_hash.clone()))
                        .await? =>
                {
                    known.password_hash
                }
                Some(_) => return Err(Refusal::invalid(
                    "password",
                    "There is an account with this e-mail address, and the password is not its.",
                )
                .way_out("Join with the password that you sign in with.")),
                None => self.hash_password(password).await?,
            };
        let (org, user) = self
            .store
            .join(&hash, &password_hash, self.now())
            .await
            .map_err(broken)?
            .ok_or_else(gone)?;
        found(self.store.caller_in(&user, &org).await, "member")
    }

    async fn remove_member(&self, caller: &Caller, user: &UserId) -> Reply<()> {
        caller.may(Action::ManageMembers)?;
        match self
            .store
            .remove_member(caller, user, self.now())
            .await
            .map_err(broken)?
        {
            Removed::Done => Ok(()),
            Removed::NotThere => Err(Refusal::not_found("member")),
            Removed::LastOwner => Err(Refusal::conflict("last_owner", "They are the last owner.")
                .way_out("Make somebody else an owner first.")),
        }
    }

    async fn settings(&self, caller: &Caller) -> Reply<SettingsView> {
        caller.may(Action::Read)?;
        Ok(SettingsView {
            org: caller.org.clone(),
            org_name: caller.org_name.clone(),
            base_domain: self.settings.base_domain.clone(),
            proxy_port: self.settings.proxy_port,
            version: self.settings.version.clone(),
            data_dir: self.dirs.data().display().to_string(),
            deploy_key: self.git.deploy_key(&caller.org, self.clock.now()).await,
            master_key: self.vault.whereabouts(),
        })
    }
}

fn email(text: &str) -> Reply<String> {
    let text = text.trim().to_lowercase();
    let shaped = text.len() <= 254
        && text.split('@').filter(|part| !part.is_empty()).count() == 2
        && !text.contains(char::is_whitespace);
    match shaped {
        true => Ok(text),
        false => Err(Refusal::invalid("email", "That is not an e-mail address.")
            .way_out("Write it like name@example.org.")),
    }
}

fn name(place: &str, text: &str) -> Reply<String> {
    let text = text.trim();
    let fine = !text.is_empty()
        && text.chars().count() <= LONGEST_NAME
        && !text.contains(char::is_control);
    match fine {
        true => Ok(text.to_owned()),
        false => Err(Refusal::invalid(
            place,
            format!("The {place} is empty, or longer than {LONGEST_NAME} characters."),
        )
        .way_out("Give it a short name.")),
    }
}
