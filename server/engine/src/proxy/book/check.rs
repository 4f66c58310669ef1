//! Which changes of the table are refused, and why.

use crate::proxy::host;
use crate::proxy::protocol::{Refusal, RefusalCode};
use crate::proxy::table::Table;
use domain::route::{Route, Target};
use std::net::SocketAddr;

pub(super) fn check(table: &Table, route: &Route) -> Result<(), Refusal> {
    if let Target::Upstreams { upstreams, .. } = &route.target {
        if upstreams.is_empty() {
            return Err(invalid(
                route,
                "it has no upstream; publish it as unavailable instead",
            ));
        }
        let nowhere = |at: SocketAddr| at.port() == 0 || at.ip().is_unspecified();
        if upstreams
            .iter()
            .any(|one| nowhere(one.address) || one.sealed.is_some_and(nowhere))
        {
            return Err(invalid(
                route,
                "an upstream's address is not one that can be connected to",
            ));
        }
    }
    if matches!(&route.target, Target::Static { root, .. } if !root.starts_with('/')) {
        return Err(invalid(
            route,
            "the folder of its static site is not an absolute path",
        ));
    }
    route
        .hosts
        .iter()
        .try_for_each(|name| check_host(table, route, name))
}

fn check_host(table: &Table, route: &Route, name: &str) -> Result<(), Refusal> {
    if !host::is_publishable(name) {
        return Err(invalid(
            route,
            &format!("its host {name:?} is not a lower-case host name without port"),
        ));
    }
    match table.owner(name) {
        Some(other) => Err(Refusal {
            code: RefusalCode::HostTaken,
            sentence: format!(
                "the host {name} belongs to route {} already; take it out there before giving it to {}",
                other.route.id, route.id
            ),
        }),
        None => Ok(()),
    }
}

pub(super) fn invalid(route: &Route, why: &str) -> Refusal {
    Refusal {
        code: RefusalCode::InvalidRoute,
        sentence: format!("route {} was not published: {why}", route.id),
    }
}

pub(super) fn stale(offered: u64, serving: u64) -> Refusal {
    Refusal {
        code: RefusalCode::StaleGeneration,
        sentence: format!(
            "generation {offered} was offered, but generation {serving} serves; read the current state and publish again"
        ),
    }
}
