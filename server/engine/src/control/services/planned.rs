//! What a plan says of the linked services, and what it refuses because of them.

use crate::control::{Control, broken};
use crate::store::environment::Environment;
use crate::store::service::{Linked, Service};
use domain::access::Caller;
use domain::api::Reply;
use domain::config::{Change, Config};
use domain::deployment::Deployment;
use domain::service::{ServiceState, changes, clash};

impl Control {
    /// The changes against what serves, and what a person should know first. Refused where an app
    /// would get two values under one name.
    pub(in crate::control) async fn services_planned(
        &self,
        row: &Environment,
        active: Option<&Deployment>,
        config: &Config,
    ) -> Reply<(Vec<Change>, Vec<String>)> {
        let linked = self.store.links_of_environment(&row.id).await;
        let linked = linked.map_err(broken)?;
        let before = match active {
            Some(active) => self.store.links_of_deployment(&active.id).await,
            None => Ok(vec![]),
        };
        let gives = |all: &[Linked]| all.iter().map(Linked::gives).collect::<Vec<_>>();
        let (before, after) = (gives(&before.map_err(broken)?), gives(&linked));
        clash(config.env.keys().chain(&config.secrets), &after)?;
        Ok((changes(&before, &after), self.not_ready(&linked)))
    }

    fn not_ready(&self, linked: &[Linked]) -> Vec<String> {
        let one = |linked: &Linked| {
            let how = self.services.how(&linked.service.id);
            let name = &linked.service.name;
            (how.state != ServiceState::Ready)
                .then(|| format!("The service {name} is not ready. {}", how.sentence))
        };
        linked.iter().filter_map(one).collect()
    }

    /// What an environment would be given if it were linked so.
    pub(in crate::control) async fn given_with(
        &self,
        row: &Environment,
        service: &Service,
        prefix: &str,
    ) -> Reply<Vec<(String, Vec<String>)>> {
        let linked = self.store.links_of_environment(&row.id).await;
        let mut all = linked.map_err(broken)?;
        all.retain(|linked| linked.service.id != service.id);
        all.push(Linked {
            service: service.clone(),
            prefix: prefix.to_owned(),
        });
        Ok(all.iter().map(Linked::gives).collect())
    }

    /// What a person set, and what runs there now.
    pub(in crate::control) async fn own_variables(
        &self,
        caller: &Caller,
        row: &Environment,
    ) -> Reply<Vec<String>> {
        let mut names: Vec<_> = row.overrides.env.keys().cloned().collect();
        if let Some(id) = &row.active {
            let active = self.store.deployment(&caller.org, id).await;
            let active = active.map_err(broken)?;
            names.extend(active.into_iter().flat_map(|d| d.config.env.into_keys()));
        }
        Ok(names)
    }
}
