//! Everything that survives the death of the engine: the database, the instances, the routes,
//! the clock; and what goes wrong with them.

use super::chance::Chance;
use crate::clock::{Clock, ManualClock};
use crate::dirs::Dirs;
use crate::driver::fake::{FakeDriver, Mode, NoFaults};
use crate::store::Store;
use domain::id::InstanceId;
use domain::instance::InstanceSpec;
use domain::route::Route;
use domain::time::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How often what goes wrong, in a thousand; each seed has its own kind of bad luck.
pub struct Odds {
    pub lost_call: usize,
    pub lost_answer: usize,
    pub death: usize,
    pub bad_probe: usize,
    pub lost_hint: usize,
    pub outage: usize,
    pub mischief: usize,
}

impl Odds {
    fn of(chance: &Chance) -> Self {
        let maybe = |most: usize| {
            if chance.permille(600) {
                chance.below(most)
            } else {
                0
            }
        };
        Self {
            lost_call: maybe(60),
            lost_answer: maybe(60),
            death: maybe(30),
            bad_probe: maybe(300),
            lost_hint: maybe(500),
            outage: maybe(200),
            mischief: maybe(300),
        }
    }
}

/// Until when what is away.
#[derive(Default)]
pub struct Weather {
    pub calm: bool,
    pub engine_away: Option<Time>,
    pub plane_away: Option<Time>,
    /// The database takes no writes.
    pub busy: Option<Time>,
}

/// What is true, whatever the engine believes.
#[derive(Default)]
pub struct Truth {
    pub routes: BTreeMap<String, Route>,
    pub frontage: domain::frontage::Frontage,
    pub in_flight: BTreeMap<String, u64>,
    /// Requests that never finish by themselves.
    pub stuck: BTreeSet<String>,
    /// How the latest probe of an instance at an address ended.
    pub probed: BTreeMap<(InstanceId, SocketAddr), bool>,
    pub specs: BTreeMap<InstanceId, InstanceSpec>,
}

pub struct Outside {
    pub chance: Chance,
    pub odds: Odds,
    pub clock: Arc<ManualClock>,
    pub store: Store,
    pub driver: FakeDriver,
    pub dirs: Dirs,
    pub death: Notify,
    weather: Mutex<Weather>,
    truth: Mutex<Truth>,
    transcript: Mutex<Vec<String>>,
}

impl Outside {
    pub async fn of(seed: u64, store: &Store, home: &Path) -> Arc<Self> {
        wipe(store).await.expect("an empty database");
        let chance = Chance::of(seed);
        let clock = Arc::new(ManualClock::at(Time(1_000_000)));
        Arc::new(Self {
            odds: Odds::of(&chance),
            chance,
            driver: FakeDriver::new(clock.clone(), Mode::Silent, Arc::new(NoFaults)),
            clock,
            store: store.clone(),
            dirs: Dirs::open(home).expect("a data directory"),
            death: Notify::new(),
            weather: Mutex::default(),
            truth: Mutex::default(),
            transcript: Mutex::default(),
        })
    }

    pub fn now(&self) -> Time {
        self.clock.now()
    }

    pub fn weather(&self) -> MutexGuard<'_, Weather> {
        self.weather.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn truth(&self) -> MutexGuard<'_, Truth> {
        self.truth.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn say(&self, what: impl std::fmt::Display) {
        let line = format!("{:>8} ms  {what}", self.now().0 - 1_000_000);
        self.transcript
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
    }

    pub fn transcript(&self) -> Vec<String> {
        self.transcript
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// So many times in a thousand, and never once the weather is calm.
    pub fn bad_luck(&self, permille: usize) -> bool {
        let unlucky = self.chance.permille(permille);
        unlucky && !self.weather().calm
    }

    /// The process may be killed here; whoever waits for it then waits for ever.
    pub async fn may_die(&self, what: &str) {
        if self.bad_luck(self.odds.death) {
            self.say(format!("KILLED {what}"));
            self.death.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// One call across the border: it may not arrive, its answer may be lost, and the process may
    /// be killed before or after it.
    pub async fn call<T, E>(
        &self,
        what: &str,
        lost: impl Fn(String) -> E,
        effect: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.may_die(&format!("before {what}")).await;
        if self.bad_luck(self.odds.lost_call) {
            self.say(format!("LOST   {what}"));
            return Err(lost(format!("{what}: the call was lost")));
        }
        let done = effect.await;
        self.may_die(&format!("after {what}")).await;
        if self.bad_luck(self.odds.lost_answer) {
            self.say(format!("DONE   {what}, but its answer was lost"));
            return Err(lost(format!("{what}: the answer was lost")));
        }
        done
    }
}

/// Takes less time than a new database with its migrations.
async fn wipe(store: &Store) -> sqlx::Result<()> {
    let mut one = store.pool().acquire().await?;
    let tables: Vec<(String,)> = sqlx::query_as(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlx%'",
    )
    .fetch_all(&mut *one)
    .await?;
    sqlx::query("PRAGMA query_only = 0")
        .execute(&mut *one)
        .await?;
    sqlx::query("PRAGMA foreign_keys = 0")
        .execute(&mut *one)
        .await?;
    for (table,) in tables {
        sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table}")))
            .execute(&mut *one)
            .await?;
    }
    sqlx::query("PRAGMA foreign_keys = 1")
        .execute(&mut *one)
        .await?;
    Ok(())
}
