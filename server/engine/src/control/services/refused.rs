//! What services are refused with.

use crate::store::service::Service;
use domain::api::Reply;
use domain::refusal::Refusal;

pub(super) fn name_taken(name: &str) -> Refusal {
    Refusal {
        place: Some("name".into()),
        ..Refusal::conflict(
            "name_taken",
            format!("There is a service `{name}` already."),
        )
    }
    .way_out("Choose another name, or link that one.")
}

pub(super) fn too_many(most: u32) -> Refusal {
    Refusal::conflict(
        "too_many_services",
        format!("There are {most} services already, which is the most."),
    )
    .way_out("Delete one that nothing uses.")
}

pub(super) fn not_linked(service: &Service, environment: &str) -> Refusal {
    Refusal::conflict(
        "not_linked",
        format!("`{}` is not linked to {environment}.", service.name),
    )
    .way_out("Look at who uses it; somebody may have unlinked it already.")
}

pub(super) fn not_elsewhere(service: &Service) -> Refusal {
    Refusal::invalid(
        "url",
        format!(
            "Sealdock runs `{}` itself, so it has no URL to set.",
            service.name
        ),
    )
    .way_out("Add another service with that URL.")
}

pub(super) fn not_here(service: &Service) -> Refusal {
    Refusal::invalid(
        "image",
        format!(
            "`{}` runs elsewhere: only its URL can be set here.",
            service.name
        ),
    )
    .way_out("Change the rest where it runs.")
}

pub(super) fn not_its_name(service: &Service, why: &str) -> Refusal {
    Refusal::invalid(
        "typed",
        format!("What you typed is not `{}`.", service.name),
    )
    .way_out(format!("Type the service's name exactly; {why}."))
}

pub(super) fn not_deleting(service: &Service) -> Reply<()> {
    match service.deleting {
        false => Ok(()),
        true => Err(Refusal::conflict(
            "being_deleted",
            format!("`{}` is being deleted.", service.name),
        )
        .way_out("Add another one.")),
    }
}
