//! What every driver means by its verbs: one suite, run against each of them.
//!
//! A driver brings a `Harness`; the `contract!` macro turns each function here into a test of
//! that driver. After each of them nothing of it may be left.

mod life;
mod lines;
mod look;
mod services;
mod used;

pub use life::*;
pub use lines::*;
pub use look::{eventually, nothing_is_left, see};
pub use services::*;
pub use used::*;

use super::Driver;
use crate::clock::{Clock, SystemClock};
use domain::config::Config;
use domain::id::{DeploymentId, EnvironmentId, InstanceId, OrgId, ProjectId, WEB};
use domain::instance::InstanceSpec;
use domain::time::Time;
use std::collections::BTreeMap;

/// How an app behaves; each driver has one that does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Answers 200 on its port, for ever.
    Serves,
    /// Prints `going down` and ends with code 3.
    Exits,
    /// Asks for more memory than it may have.
    EatsMemory,
    /// Prints `out 1`, `err 1`, … `out 200`, `err 200` and then serves.
    Prints,
}

/// An image, and the command that makes it behave so.
#[derive(Clone, Debug)]
pub struct App {
    pub image: String,
    pub command: Option<Vec<String>>,
}

pub trait Harness {
    type Driver: Driver;
    /// A new driver over the same runtime, as after a restart of Sealdock.
    fn connect(&self) -> Self::Driver;
    /// The same runtime, used by another installation.
    fn neighbour(&self) -> Self::Driver;
    fn app(&self, behaviour: Behaviour) -> App;
    /// Commands inside a service from `Serves`: one that keeps what it reads on the volume, and
    /// one that prints what is kept there.
    fn keeps_and_prints(&self) -> [Vec<String>; 2];
}

macro_rules! contract {
    ($harness:path: $($name:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            if let Some(harness) = $harness(stringify!($name)).await {
                crate::driver::contract::$name(&harness).await;
                crate::driver::contract::nothing_is_left(&harness).await;
            }
        }
    )*};
}
pub(crate) use contract;

/// All of them, for a driver that can do everything.
macro_rules! whole_contract {
    ($harness:path) => {
        crate::driver::contract::contract! { $harness:
            ensuring_twice_makes_one_instance_that_answers
            a_new_driver_adopts_what_the_old_one_made
            an_exit_is_seen_with_its_code_and_last_lines
            running_out_of_memory_is_seen_as_such
            removing_is_seen_and_ends_and_may_be_asked_again
            each_scope_shows_what_belongs_to_it
            lines_come_in_order_complete_and_by_stream
            lines_resume_where_they_ended
            following_ends_with_the_instance
            a_start_and_an_end_are_hinted
            p22_what_an_instance_uses_is_counted_while_it_runs
            another_installation_is_not_touched
            a_missing_image_is_refused_and_leaves_nothing
            a_service_keeps_its_data_when_its_container_is_made_anew
            a_service_joins_those_who_use_it_and_holds_up_nobody
            an_errand_has_a_limit_and_an_end
            what_a_service_finds_before_it_starts
        }
    };
}
pub(crate) use whole_contract;

fn entropy() -> u128 {
    SystemClock.entropy()
}

fn now() -> Time {
    SystemClock.now()
}

pub fn environment() -> EnvironmentId {
    EnvironmentId::new(now(), entropy())
}

pub fn spec(app: App, environment: &EnvironmentId) -> InstanceSpec {
    let mut config = Config::default();
    config.resources.memory_mib = 32;
    InstanceSpec {
        id: InstanceId::of(&DeploymentId::new(now(), entropy()), WEB, 0),
        org: OrgId::new(now(), entropy()),
        project: ProjectId::new(now(), entropy()),
        environment: environment.clone(),
        nickname: "contract-test".into(),
        image: app.image,
        secrets: Default::default(),
        command: app.command,
        entrypoint: None,
        env: BTreeMap::from([
            ("PORT".into(), "8080".into()),
            ("GREETING".into(), "a b=c".into()),
        ]),
        port: 8080,
        resources: config.resources.clone(),
        debug: false,
        config,
    }
}
