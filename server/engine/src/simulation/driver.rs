//! The fake driver behind a bad line, with the promises about instances checked at every call.

use super::outside::Outside;
use crate::contents::{Found, Limits, Wanted};
use crate::driver::{
    Build, Command, Driver, DriverError, Exec, Executed, Fingerprint, Images, Lines, Login,
    Printed, Scope,
};
use crate::probe::Prober;
use async_trait::async_trait;
use domain::config::Config;
use domain::deployment::{Deployment, Phase};
use domain::id::{EnvironmentId, InstanceId};
use domain::instance::{InstanceSpec, Observed};
use domain::plan::deadline;
use domain::source::Artifact;
use domain::strategy::{Strategy, between};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc};

pub struct BadLine(pub Arc<Outside>);

impl BadLine {
    async fn call<T>(
        &self,
        what: &str,
        effect: impl Future<Output = Result<T, DriverError>>,
    ) -> Result<T, DriverError> {
        if self.0.weather().engine_away.is_some() {
            return Err(DriverError::Unreachable("The Engine is away.".into()));
        }
        self.0.call(what, DriverError::Unreachable, effect).await
    }

    async fn deployment(&self, id: &InstanceId) -> Option<Deployment> {
        let deployment = self.0.store.deployment_of_any(&id.deployment).await;
        deployment.expect("the database reads")
    }

    fn may_end_drain(&self, id: &InstanceId, draining: &Deployment) {
        let in_flight = self.0.truth().in_flight.get(&id.to_string()).copied();
        assert!(
            in_flight.unwrap_or(0) == 0 || self.0.now() >= deadline(draining),
            "{id} is removed while it answers {in_flight:?} requests, before its drain is over"
        );
    }

    /// Only what is coming or live gets instances, and never beside one that holds the same alone.
    async fn may_ensure(&self, spec: &InstanceSpec) {
        let phase = self.deployment(&spec.id).await.map(|d| d.phase);
        let fine = matches!(phase, Some(Phase::Starting | Phase::Ready | Phase::Live));
        assert!(
            fine,
            "{} is ensured although its deployment is {phase:?}",
            spec.id
        );
        let all = self
            .0
            .driver
            .observe(Scope::Environment(&spec.environment))
            .await
            .expect("the truth");
        let truth = self.0.truth();
        let held = |o: &Observed| {
            o.id.deployment != spec.id.deployment && clash(&truth.specs[&o.id].config, &spec.config)
        };
        let holder = all.iter().find(|o| held(o));
        assert!(
            holder.is_none(),
            "{} is ensured beside {:?}, which holds the same alone",
            spec.id,
            holder.map(|o| &o.id)
        );
    }

    /// Nothing that serves, that the route leads to, or that still answers somebody within its
    /// drain is removed.
    async fn may_remove(&self, id: &InstanceId) {
        let deployment = self.deployment(id).await;
        if let Some(draining) = deployment.as_ref().filter(|d| d.phase == Phase::Draining) {
            self.may_end_drain(id, draining);
        }
        let phase = deployment.map(|d| d.phase);
        let over = phase.is_none_or(|p| p == Phase::Draining || p.is_final());
        assert!(over, "{id} is removed although its deployment is {phase:?}");
        let name = id.to_string();
        let routed = self
            .0
            .truth()
            .routes
            .values()
            .any(|r| r.target.upstreams().iter().any(|u| u.id == name));
        assert!(
            !routed || phase.is_none_or(Phase::is_final),
            "{id} is removed while the route leads to it"
        );
    }
}

fn clash(held: &Config, wanted: &Config) -> bool {
    between(Some(held), wanted) == Strategy::Replace
}

#[async_trait]
impl Driver for BadLine {
    async fn fingerprint(&self) -> Result<Fingerprint, DriverError> {
        self.call("fingerprint", self.0.driver.fingerprint()).await
    }

    async fn observe(&self, scope: Scope<'_>) -> Result<Vec<Observed>, DriverError> {
        self.call("observe", self.0.driver.observe(scope)).await
    }

    async fn ensure(&self, spec: &InstanceSpec) -> Result<(), DriverError> {
        self.may_ensure(spec).await;
        self.0.truth().specs.insert(spec.id.clone(), spec.clone());
        self.call(&format!("ensure {}", spec.id), self.0.driver.ensure(spec))
            .await
    }

    async fn remove(&self, id: &InstanceId, grace_s: u32) -> Result<(), DriverError> {
        self.may_remove(id).await;
        self.call(&format!("remove {id}"), self.0.driver.remove(id, grace_s))
            .await
    }

    async fn logs(
        &self,
        id: &InstanceId,
        since_ms: i64,
        into: mpsc::Sender<Printed>,
    ) -> Result<(), DriverError> {
        self.0.driver.logs(id, since_ms, into).await
    }

    fn hints(&self) -> broadcast::Receiver<EnvironmentId> {
        self.0.driver.hints()
    }

    async fn forget(&self, environment: &EnvironmentId) -> Result<(), DriverError> {
        self.call(
            &format!("forget {environment}"),
            self.0.driver.forget(environment),
        )
        .await
    }

    fn exec(&self) -> Option<&dyn Exec> {
        Some(self)
    }
}

#[async_trait]
impl Exec for BadLine {
    async fn exec(&self, command: Command<'_>) -> Result<Executed, DriverError> {
        self.call(
            &format!("exec {}", command.instance),
            Exec::exec(&self.0.driver, command),
        )
        .await
    }
}

#[async_trait]
impl Images for BadLine {
    async fn build(&self, build: Build<'_>, lines: &dyn Lines) -> Result<Artifact, DriverError> {
        self.call("build", self.0.driver.build(build, lines)).await
    }

    async fn pull(
        &self,
        reference: &str,
        login: Option<&Login>,
        lines: &dyn Lines,
    ) -> Result<Artifact, DriverError> {
        self.call(
            &format!("pull {reference}"),
            self.0.driver.pull(reference, login, lines),
        )
        .await
    }

    async fn load(&self, archive: &Path, lines: &dyn Lines) -> Result<Artifact, DriverError> {
        self.call("load", self.0.driver.load(archive, lines)).await
    }

    async fn find(&self, reference: &str) -> Result<Option<Artifact>, DriverError> {
        self.call(&format!("find {reference}"), self.0.driver.find(reference))
            .await
    }

    async fn keep(&self, image: &str, tag: &str) -> Result<(), DriverError> {
        self.call(&format!("keep {tag}"), self.0.driver.keep(image, tag))
            .await
    }

    async fn files(
        &self,
        image: &str,
        wanted: Wanted,
        limits: Limits,
    ) -> Result<Found, DriverError> {
        self.call("files", self.0.driver.files(image, wanted, limits))
            .await
    }

    async fn take_out(
        &self,
        tag: &str,
        directory: &str,
        into: &Path,
        most_bytes: u64,
    ) -> Result<(), DriverError> {
        let taken = self.0.driver.take_out(tag, directory, into, most_bytes);
        self.call(&format!("take out of {tag}"), taken).await
    }

    async fn discard(&self, tag: &str) -> Result<bool, DriverError> {
        self.call(&format!("discard {tag}"), self.0.driver.discard(tag))
            .await
    }
}

#[async_trait]
impl Prober for BadLine {
    async fn probe(
        &self,
        id: &InstanceId,
        address: SocketAddr,
        path: &str,
        timeout_ms: u32,
        accept: &[u16],
    ) -> Result<(), String> {
        self.0.may_die(&format!("before the probe of {id}")).await;
        let answer = self
            .0
            .driver
            .probe(id, address, path, timeout_ms, accept)
            .await;
        let answer = if self.0.bad_luck(self.0.odds.bad_probe) {
            Err("answered 503".into())
        } else {
            answer
        };
        self.0
            .truth()
            .probed
            .insert((id.clone(), address), answer.is_ok());
        self.0.say(format!("probe  {id} at {address}: {answer:?}"));
        answer
    }
}
