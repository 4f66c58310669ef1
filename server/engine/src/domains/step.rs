//! One step for one domain: taken, and written before the next is thought of.

use super::acme::{Came, Session, Trouble};
use super::hook::{self, Verb};
use super::x509::facts;
use super::{DomainError, Domains};
use crate::store::custom_domain::{Domain, OrderRow, Record};
use domain::custom_domain::{Step, Way, order_is_late, pause_ms};
use domain::hint::Topic;
use domain::secret::SecretText;

/// An authority that thinks is asked again after this.
const ASK_AGAIN_MS: i64 = 1_000;

/// Why a certificate does not come: for now, or for this order.
pub(super) type Tried<T> = Result<T, Failed>;

pub(super) enum Failed {
    /// The authority, DNS or a hook said no: the order is over.
    Order(Trouble),
    /// Ours: the same step again.
    Ours(DomainError),
}

impl<E: Into<DomainError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Failed::Ours(error.into())
    }
}

impl Failed {
    fn unless_passing(self) -> Self {
        match self {
            Failed::Order(Trouble {
                sentence, passing, ..
            }) if passing => Failed::Ours(DomainError::Authority(sentence)),
            other => other,
        }
    }
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Failed::Order(trouble)
    }
}

impl Domains {
    pub(super) async fn step(&self, domain: &Domain, step: Step) -> Result<(), DomainError> {
        let tried = match step {
            Step::Look => return self.look(domain).await,
            Step::Rest(_) => return Ok(()),
            Step::Ask(way) => self.ask(domain, way).await,
            // Within the time that an order has.
            Step::Advance => self.advance(domain).await.map_err(Failed::unless_passing),
        };
        let ended = match tried {
            Ok(()) => Ok(()),
            Err(Failed::Order(trouble)) => self.fail(domain, trouble).await,
            Err(Failed::Ours(error)) => Err(error),
        };
        self.bus.hint(&domain.org, Topic::Domains);
        ended
    }

    /// A new order: what the authority wants to see is written, then shown to it.
    async fn ask(&self, domain: &Domain, way: Way) -> Tried<()> {
        let session = self.session(&domain.org).await?;
        let now = self.clock.now();
        let asked = session.ask(&domain.name, way).await?;
        let before = domain.order.clone().unwrap_or_default();
        let order = OrderRow {
            url: Some(asked.url),
            begun_at: Some(now),
            claimed_at: None,
            answers: asked.answers,
            records: asked.records,
            due_at: now,
            ..before
        };
        self.store.put_order(domain, &order).await?;
        Ok(())
    }

    async fn advance(&self, domain: &Domain) -> Tried<()> {
        let Some((order, url)) = domain
            .order
            .as_ref()
            .and_then(|o| Some((o, o.url.as_ref()?)))
        else {
            return Ok(());
        };
        let now = self.clock.now();
        if order.begun_at.is_some_and(|at| order_is_late(at, now)) {
            let sentence = "the certificate authority did not decide within 15 minutes";
            return Err(Trouble::now(sentence).into());
        }
        let session = self.session(&domain.org).await?;
        match session.look(url).await? {
            Came::Unproved if order.claimed_at.is_none() => {
                self.show(order).await?;
                session.claim(url).await?;
                let claimed = OrderRow {
                    claimed_at: Some(now),
                    ..order.clone()
                };
                self.wait(domain, claimed).await
            }
            Came::Unproved | Came::Waits => self.wait(domain, order.clone()).await,
            Came::Ready => self.finalize(domain, order, &session, url).await,
            Came::Issued(chain) => self.take(domain, order, chain).await,
            Came::Refused(why) => Err(Trouble::now(why).into()),
        }
    }

    /// The proofs can be seen from outside when this returns.
    async fn show(&self, order: &OrderRow) -> Tried<()> {
        self.publish().await?;
        for record in &order.records {
            self.hook(Verb::Present, record)
                .await
                .map_err(Trouble::now)?;
        }
        Ok(())
    }

    async fn hook(&self, verb: Verb, record: &Record) -> Result<(), String> {
        let Some(hook) = &self.options.dns01_hook else {
            return Err("there is no DNS hook any more".into());
        };
        hook::call(hook, verb, record).await
    }

    async fn wait(&self, domain: &Domain, order: OrderRow) -> Tried<()> {
        let order = OrderRow {
            due_at: self.clock.now().plus_ms(ASK_AGAIN_MS),
            ..order
        };
        Ok(self.store.put_order(domain, &order).await?)
    }

    /// The key is written before anybody knows its public half: killed in between, the certificate
    /// that comes is still ours.
    async fn finalize(
        &self,
        domain: &Domain,
        order: &OrderRow,
        session: &Session,
        url: &str,
    ) -> Tried<()> {
        let key = self.key_to_come(domain, url).await?;
        self.wait(domain, order.clone()).await?;
        Ok(session.finalize(url, &domain.name, &key).await?)
    }

    async fn key_to_come(&self, domain: &Domain, url: &str) -> Tried<SecretText> {
        if let Some(key) = self.store.order_key(domain).await? {
            return Ok(key);
        }
        let key = super::acme::fresh_key().map_err(Trouble::now)?;
        let now = self.clock.now();
        self.store.put_order_key(domain, url, &key, now).await?;
        Ok(key)
    }

    async fn take(&self, domain: &Domain, order: &OrderRow, chain: String) -> Tried<()> {
        let lost = || Trouble::now("the certificate that came is not for our key");
        let key = self.store.order_key(domain).await?.ok_or_else(lost)?;
        crate::proxy::pem::certified(&chain, key.reveal()).map_err(Trouble::now)?;
        let facts = facts(&chain).map_err(Trouble::now)?;
        let now = self.now();
        let certificate = facts.kept(chain, key, now.at);
        self.clean_up(order).await;
        self.store.keep_issued(domain, &certificate, now).await?;
        tracing::info!(domain = %domain.name, "a new certificate");
        Ok(())
    }

    /// A record that stays behind harms nobody.
    async fn clean_up(&self, order: &OrderRow) {
        for record in &order.records {
            if let Err(why) = self.hook(Verb::Cleanup, record).await {
                tracing::warn!("{why}");
            }
        }
    }

    /// Tried again later; what served before serves on.
    async fn fail(&self, domain: &Domain, trouble: Trouble) -> Result<(), DomainError> {
        let before = domain.order.clone().unwrap_or_default();
        self.clean_up(&before).await;
        if trouble.forget_account
            && let Some(acme) = &self.options.acme
        {
            let (org, directory) = (&domain.org, &acme.directory);
            self.store.forget_acme_account(org, directory).await?;
        }
        let (now, tries) = (self.now(), before.tries.saturating_add(1));
        let pause = pause_ms(tries, trouble.rate_limited);
        let order = OrderRow {
            tries,
            due_at: now.at.plus_ms(pause),
            problem: Some(trouble.sentence),
            ..OrderRow::default()
        };
        tracing::warn!(domain = %domain.name, "no certificate: {}", order.problem.as_deref().unwrap_or_default());
        Ok(self.store.fail_order(domain, &order, now).await?)
    }
}
