//! Custom domains (I-15): a worker that looks at DNS, asks certificate authorities, and tells the
//! data plane. Like everywhere: rows say what is, `domain::custom_domain::next` says what to do, one
//! step is taken and written, and then it is looked at again. So being killed at any moment costs a
//! repeated question, and while a new certificate does not come, the old one serves.

mod acme;
mod dns;
mod hook;
mod http;
mod look;
mod publish;
mod step;
mod x509;

pub use dns::Dns;
pub use x509::{Facts, own};

use crate::changes::Bus;
use crate::clock::Clock;
use crate::plane::Plane;
use crate::store::custom_domain::Domain;
use crate::store::{Now, Store, StoreError};
use domain::custom_domain::{CertificateSource, Need, Order, Step, next, renew_at};
use domain::hint::Topic;
use domain::id::{DomainId, OrgId};
use domain::time::Time;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Steps at the same time.
const AT_ONCE: usize = 8;
/// A data plane that came back from an older snapshot is told within this.
const AT_LEAST_EVERY_MS: i64 = 5_000;
const AT_MOST_EVERY_MS: i64 = 200;

/// What an operator chose about names and certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DomainOptions {
    /// Where the data plane listens for TLS.
    pub tls_listen: Option<SocketAddr>,
    /// The addresses that this server is reached at; nobody can tell where a domain points without.
    pub addresses: Vec<IpAddr>,
    /// Asked instead of the system's resolver.
    pub dns_server: Option<SocketAddr>,
    /// `None`: nobody is asked for certificates.
    pub acme: Option<Acme>,
    /// Called as `hook present|cleanup NAME VALUE` to prove wildcards.
    pub dns01_hook: Option<PathBuf>,
}

/// A certificate authority, and how it knows us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acme {
    pub directory: String,
    /// `mailto:` is put in front.
    pub contact: Option<String>,
    /// PEM: trusted besides the system's roots, for an authority of one's own.
    pub root: Option<PathBuf>,
    /// Given by authorities that know their customers beforehand.
    pub binding: Option<Binding>,
}

/// External account binding (RFC 8555, 7.3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    pub key_id: String,
    /// A file with the key, in base64url.
    pub key_file: PathBuf,
}

/// The steps that are being taken. One that hangs holds up its own domain only.
#[derive(Default)]
struct Work {
    steps: JoinSet<(DomainId, bool)>,
    /// `Some`: its last step could not be taken, and it rests until then.
    busy: HashMap<DomainId, Option<Time>>,
}

impl Work {
    fn has_room_for(&self, id: &DomainId, now: Time) -> bool {
        let rested = match self.busy.get(id) {
            None => true,
            Some(until) => until.is_some_and(|until| until <= now),
        };
        rested && self.steps.len() < AT_ONCE
    }

    /// `None`: it broke off by a fault of ours; the ones that rest are then looked at again.
    fn done(&mut self, ended: Option<(DomainId, bool)>, now: Time) {
        match ended {
            Some((id, true)) => drop(self.busy.remove(&id)),
            Some((id, false)) => {
                self.busy.insert(id, Some(now.plus_ms(AT_LEAST_EVERY_MS)));
            }
            None if self.steps.is_empty() => self.busy.clear(),
            None => {}
        }
    }
}

pub struct Domains {
    pub store: Store,
    pub plane: Arc<dyn Plane>,
    pub clock: Arc<dyn Clock>,
    pub bus: Bus,
    pub options: DomainOptions,
    pub dns: Dns,
    pub news: Notify,
    /// Held from reading the rows until what they say serves: an older reading must not win.
    publishing: Mutex<()>,
}

/// Why a step came to nothing for now. The next round looks again.
#[derive(Debug, thiserror::Error)]
pub enum DomainError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Plane(#[from] crate::plane::PlaneError),
    #[error("{0}")]
    Authority(String),
}

impl Domains {
    pub fn new(
        store: Store,
        plane: Arc<dyn Plane>,
        clock: Arc<dyn Clock>,
        bus: Bus,
        options: DomainOptions,
    ) -> Self {
        Self {
            dns: Dns::new(options.dns_server),
            store,
            plane,
            clock,
            bus,
            options,
            news: Notify::new(),
            publishing: Mutex::new(()),
        }
    }

    pub async fn run(self: Arc<Self>, cancel: CancellationToken) {
        let mut work = Work::default();
        loop {
            let pause = tokio::select! {
                () = cancel.cancelled() => return,
                pause = self.round(&mut work) => pause,
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                Some(done) = work.steps.join_next() => work.done(done.ok(), self.clock.now()),
                () = self.news.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Tells the data plane, looks, and begins a step wherever one is due. How long to rest then.
    async fn round(self: &Arc<Self>, work: &mut Work) -> Duration {
        if let Err(error) = self.publish().await {
            tracing::warn!("custom domains are not published yet: {error}");
        }
        let now = self.clock.now();
        let at = match self.store.domains_of_all().await {
            Ok(all) => self.begin(all, work, now),
            Err(error) => {
                tracing::error!("custom domains can't be read: {error}");
                now.plus_ms(AT_LEAST_EVERY_MS)
            }
        };
        let pause_ms = at.since_ms(now).clamp(AT_MOST_EVERY_MS, AT_LEAST_EVERY_MS);
        Duration::from_millis(pause_ms.unsigned_abs())
    }

    /// When the next one is due.
    fn begin(self: &Arc<Self>, all: Vec<Domain>, work: &mut Work, now: Time) -> Time {
        let mut earliest = now.plus_ms(AT_LEAST_EVERY_MS);
        for domain in all {
            match next(&self.need(&domain), now) {
                Step::Rest(at) => earliest = earliest.min(at),
                _ if !work.has_room_for(&domain.id, now) => {}
                step => {
                    work.busy.insert(domain.id.clone(), None);
                    work.steps.spawn(self.clone().carry(domain, step));
                }
            }
        }
        earliest
    }

    async fn carry(self: Arc<Self>, domain: Domain, step: Step) -> (DomainId, bool) {
        let taken = self.step(&domain, step).await;
        if let Err(error) = &taken {
            tracing::warn!(domain = %domain.name, "its next step is taken later: {error}");
        }
        (domain.id, taken.is_ok())
    }

    /// Everything that is known of one, for the decision.
    pub fn need(&self, domain: &Domain) -> Need {
        Need {
            is_proved: domain.verified_at.is_some(),
            is_used: domain.place.is_some(),
            points_here: domain.points_here,
            is_wildcard: domain.name.is_wildcard(),
            source: domain.source,
            renew_at: self.renewal(domain),
            order: domain.order.as_ref().map(|order| Order {
                begun_at: order.begun_at.filter(|_| order.url.is_some()),
                due_at: order.due_at,
            }),
            look_at: domain.look_at,
            has_tls: self.options.tls_listen.is_some(),
            has_acme: self.options.acme.is_some(),
            has_hook: self.options.dns01_hook.is_some(),
        }
    }

    /// When the next certificate is asked for; never for one's own.
    pub fn renewal(&self, domain: &Domain) -> Option<Time> {
        let served = domain.certificate.as_ref()?;
        let salt = domain.id.as_str();
        (domain.source == CertificateSource::Acme)
            .then(|| renew_at(served.not_before, served.not_after, salt))
    }

    fn now(&self) -> Now {
        Now {
            at: self.clock.now(),
            entropy: self.clock.entropy(),
        }
    }

    /// Look again: the worker, and the pages.
    pub fn wake(&self, of: &OrgId) {
        self.news.notify_one();
        self.bus.hint(of, Topic::Domains);
    }
}
