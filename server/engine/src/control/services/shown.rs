//! How a service is shown: everything but what opens it.

use crate::control::{Control, broken};
use crate::store::service::{LinkRow, Managed, Service};
use domain::api::Reply;
use domain::service::{no_backup, variables};
use domain::view::{LinkView, ManagedView, ServiceView};

impl Control {
    pub(super) async fn service_view(&self, service: Service) -> Reply<ServiceView> {
        let links = self.store.links_of_service(&service.id).await;
        let links = links.map_err(broken)?;
        let how = self.services.how(&service.id);
        let is_managed = service.managed.is_some();
        Ok(ServiceView {
            address: service.address.shown(service.kind),
            state: match service.deleting {
                true => domain::service::ServiceState::Deleting,
                false => how.state,
            },
            sentence: how.sentence,
            note: note(&service),
            links: links
                .into_iter()
                .map(|link| shown(&service, link))
                .collect(),
            no_backup: no_backup(service.kind, is_managed),
            managed: service.managed.map(settings),
            id: service.id,
            name: service.name,
            kind: service.kind,
            created_at: service.created_at,
        })
    }
}

/// The usual surprise about a server on the same machine.
fn note(service: &Service) -> Option<String> {
    let surprises = service.managed.is_none() && service.address.is_loopback();
    surprises.then(|| {
        format!(
            "Inside a container `{}` is the container itself, so an app does not reach this server by it. Let the server listen on an address that containers reach, such as this machine's own, and set the URL to that.",
            service.address.host
        )
    })
}

fn settings(managed: Managed) -> ManagedView {
    ManagedView {
        image: managed.image,
        memory_mib: managed.memory_mib,
        schedule: managed.schedule,
        next_backup_at: managed.next_backup_at,
        keep: managed.keep,
    }
}

fn shown(service: &Service, link: LinkRow) -> LinkView {
    let used = link.used.as_ref();
    let used_prefix = used.map(|(_, _, prefix)| prefix.clone());
    let prefix = link.linked.clone().or(used_prefix).unwrap_or_default();
    let variables = variables(service.kind, &service.address, &prefix).into_keys();
    LinkView {
        sentence: sentence(&link),
        unlinked: link.linked.is_none(),
        deployment: link.used.map(|(id, _, _)| id),
        variables: variables.collect(),
        prefix,
        environment: link.environment,
        environment_name: link.environment_name,
        project: link.project,
        project_name: link.project_name,
    }
}

fn sentence(link: &LinkRow) -> String {
    match (&link.linked, &link.used) {
        (Some(prefix), Some((_, number, had))) if prefix == had => {
            format!("#{number} runs with it.")
        }
        (Some(_), Some((_, number, _))) => {
            format!(
                "#{number} runs with it under other names; it changes with the next deployment."
            )
        }
        (Some(_), None) if link.serves => {
            "What runs there has it not yet; redeploy, and it has.".into()
        }
        (Some(_), None) => "It is there for the first deployment.".into(),
        (None, Some((_, number, _))) => {
            format!("It was unlinked, and #{number} runs with it until the next deployment.")
        }
        (None, None) => String::new(),
    }
}
