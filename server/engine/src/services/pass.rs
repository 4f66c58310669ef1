//! One look at one service, and the deeds that follow from it.

use super::standing::How;
use super::{ServiceKeeper, ask, spec};
use crate::driver::services::{ServiceSpec, Services};
use crate::driver::{DriverError, Lines};
use crate::runtimes::Place;
use crate::store::service::{Managed, Service};
use domain::id::EnvironmentId;
use domain::plan::world::Trouble;
use domain::service::{Checked, ServiceState, Step, Upkeep, World, external, upkeep};
use domain::view::Stream;
use std::time::Duration;

/// Of an image that this machine does not have.
const PULL: Duration = Duration::from_secs(30 * 60);
/// What could not be looked at is looked at again.
const AGAIN_MS: i64 = 5_000;

/// A managed service and where it runs.
pub(super) struct Here<'a> {
    pub service: &'a Service,
    pub place: &'a Place,
    pub services: &'a dyn Services,
    pub spec: ServiceSpec,
}

impl ServiceKeeper {
    pub(crate) async fn pass(&self, service: &Service) {
        let passed = match &service.managed {
            Some(managed) => self.managed(service, managed).await,
            None => self.elsewhere(service).await,
        };
        if let Err(why) = passed {
            tracing::warn!(service = %service.id, "{why}");
            let at = self.clock.now().plus_ms(AGAIN_MS);
            self.standing.with(&service.id, |known| known.look_at(at));
            let state = match service.deleting {
                true => ServiceState::Deleting,
                false => ServiceState::Failed,
            };
            self.stands(
                service,
                How {
                    state,
                    sentence: why,
                },
            );
        }
    }

    async fn managed(&self, service: &Service, managed: &Managed) -> Result<(), String> {
        let place = self.runtimes.of(&managed.runtime).await;
        let place = place.map_err(|e| format!("{e}."))?;
        let services = place
            .driver
            .services()
            .ok_or("The runtime that it was made for keeps no services.")?;
        let here = Here {
            service,
            place: &place,
            services,
            spec: spec::of(service, managed),
        };
        let plan = upkeep(&self.look(&here).await?);
        self.note(service, &plan);
        for step in &plan.steps {
            tracing::debug!(service = %service.id, ?step, "step");
            self.obey(&here, step).await?;
        }
        let is_ready = plan.state == ServiceState::Ready && plan.steps.is_empty();
        if !service.deleting {
            self.work(&here, managed, is_ready).await?;
        }
        Ok(())
    }

    async fn look(&self, here: &Here<'_>) -> Result<World, String> {
        let id = &here.service.id;
        let users = self.store.users_of_service(id).await;
        let seen = here.services.see(&here.spec).await;
        let (checked, trouble) = self
            .standing
            .with(id, |known| (known.checked.clone(), known.trouble.clone()));
        Ok(World {
            now: self.clock.now(),
            deleting: here.service.deleting,
            wanted: users.map_err(|e| e.to_string())?.into_iter().collect(),
            seen: seen.map_err(|e| e.to_string()),
            checked,
            trouble,
        })
    }

    /// Steps were taken: look again at once.
    fn note(&self, service: &Service, plan: &Upkeep) {
        let acts = plan.steps.iter().any(|step| *step != Step::Check);
        let at = if acts { self.clock.now() } else { plan.look_at };
        self.standing.with(&service.id, |known| known.look_at(at));
        let (state, sentence) = (plan.state, plan.sentence.clone());
        self.stands(service, How { state, sentence });
    }

    fn stands(&self, service: &Service, how: How) {
        let changed = self.standing.with(&service.id, |known| {
            let changed = known.how.as_ref() != Some(&how);
            known.how = Some(how);
            changed
        });
        if changed {
            self.hint(service);
        }
    }

    async fn obey(&self, here: &Here<'_>, step: &Step) -> Result<(), String> {
        let services = here.services;
        let done = match step {
            Step::Ensure => return self.ensure(here).await,
            Step::Check => {
                let result = ask::inside(services, here.service).await;
                return self.checked(here.service, result);
            }
            Step::Forget => return self.forget(here.service).await,
            Step::Join(environment) => services.join(&here.spec, environment).await,
            Step::Leave(environment) => return self.leave(here, environment).await,
            Step::Remove => services.wipe(&here.service.id).await,
        };
        done.map_err(|e| e.to_string())
    }

    /// An environment that went away while it was joined leaves a network: that goes now.
    async fn leave(&self, here: &Here<'_>, environment: &EnvironmentId) -> Result<(), String> {
        let left = here.services.leave(&here.service.id, environment).await;
        left.map_err(|e| e.to_string())?;
        let there = self.store.environment_of_any(environment).await;
        if there.map_err(|e| e.to_string())?.is_none() {
            let gone = here.place.driver.forget(environment).await;
            gone.map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    async fn ensure(&self, here: &Here<'_>) -> Result<(), String> {
        let done = match self.image(here).await {
            Ok(()) => here.services.bring_up(&here.spec, &[]).await,
            Err(e) => Err(e),
        };
        match done {
            Ok(()) => {
                tracing::info!(service = %here.service.id, "brought up");
                self.standing.with(&here.service.id, |known| {
                    (known.trouble, known.checked) = (None, None);
                });
            }
            Err(e) => self.troubled(here.service, &e),
        }
        Ok(())
    }

    /// It is tried again, later every time.
    fn troubled(&self, service: &Service, error: &DriverError) {
        let (now, sentence) = (self.clock.now(), error.to_string());
        tracing::warn!(service = %service.id, "{sentence}");
        let permanent = matches!(error, DriverError::Refused(_));
        self.standing.with(&service.id, |known| {
            let earlier = known.trouble.as_ref();
            let trouble = Trouble::again(earlier, permanent, sentence.clone(), now);
            known.look_at(trouble.retry_at);
            known.trouble = Some(trouble);
        });
        let state = ServiceState::Failed;
        self.stands(service, How { state, sentence });
    }

    /// Pulled where the machine does not have it.
    async fn image(&self, here: &Here<'_>) -> Result<(), DriverError> {
        let (images, name) = (&here.place.images, &here.spec.image);
        if images.find(name).await?.is_some() {
            return Ok(());
        }
        let sentence = format!("The image {name} is being pulled.");
        let state = ServiceState::Starting;
        self.stands(here.service, How { state, sentence });
        let login = self.store.login_for(&here.service.org, name).await;
        let login = login.map_err(|e| DriverError::Unreachable(e.to_string()))?;
        match tokio::time::timeout(PULL, images.pull(name, login.as_ref(), &Unheard)).await {
            Ok(pulled) => pulled.map(drop),
            Err(_) => Err(DriverError::Unreachable(format!(
                "Pulling {name} took longer than {} minutes.",
                PULL.as_secs() / 60
            ))),
        }
    }

    fn checked(&self, service: &Service, result: Result<(), String>) -> Result<(), String> {
        let now = self.clock.now();
        let changed = self.standing.with(&service.id, |known| {
            let earlier = known.checked.as_ref();
            let changed = earlier.map(|c| c.result.is_ok()) != Some(result.is_ok());
            known.checked = Some(Checked::after(earlier, now, result));
            // What is known by now is shown at once.
            known.look_at(if changed { now } else { now.plus_ms(500) });
            changed
        });
        if changed {
            self.hint(service);
        }
        Ok(())
    }

    async fn elsewhere(&self, service: &Service) -> Result<(), String> {
        let checked = self
            .standing
            .with(&service.id, |known| known.checked.clone());
        let plan = external(self.clock.now(), service.deleting, checked.as_ref());
        self.note(service, &plan);
        for step in &plan.steps {
            match step {
                Step::Forget => self.forget(service).await?,
                _ => {
                    let answer = ask::outside(service.kind, &service.address).await;
                    self.checked(service, answer)?;
                }
            }
        }
        Ok(())
    }

    async fn forget(&self, service: &Service) -> Result<(), String> {
        let folder = self.dirs.backups(&service.id);
        match tokio::fs::remove_dir_all(&folder).await {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(format!("{} can't be removed: {e}.", folder.display()));
            }
            _ => {}
        }
        let forgotten = self.store.forget_service(service, self.now()).await;
        forgotten.map_err(|e| e.to_string())?;
        self.standing.forget(&service.id);
        tracing::info!(service = %service.id, "gone");
        self.hint(service);
        Ok(())
    }
}

/// What an Engine says while it pulls.
struct Unheard;

impl Lines for Unheard {
    fn line(&self, _: Stream, _: &str) {}
}
