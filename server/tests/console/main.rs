//! The console as a browser without wasm gets it: every page of the gallery's worlds, rendered and
//! looked at by role, label and text; plain forms that work; and what may not be in a page.

// The lint knows `#[test]` functions, and not the helpers beside them.
#![allow(clippy::unwrap_used)]

// The gallery and these tests each use their own part of it.
#[allow(dead_code)]
#[path = "../../examples/gallery/world/mod.rs"]
mod world;

mod browser;
mod deployment_page;
mod domains;
mod forms;
mod git_page;
mod imports;
mod pages;
mod policy;
mod secrets;
mod whole;

use domain::id::*;
use domain::time::Time;

/// A moment that never moves.
pub const NOW: Time = Time(1_795_199_700_000);

pub fn deployment(n: u128) -> String {
    format!("/deployments/{}", DeploymentId::new(Time(1), n))
}

pub fn project(n: u128) -> String {
    format!("/projects/{}", ProjectId::new(Time(1), n))
}

pub fn service(n: u128) -> String {
    format!("/services/{}", ServiceId::new(Time(1), n))
}

pub fn update(n: u128) -> String {
    format!("/environments/{}/update", EnvironmentId::new(Time(1), n))
}

/// Every page that somebody who is signed in can open.
pub fn every_page() -> Vec<String> {
    let fixed = [
        "/",
        "/projects",
        "/projects/new",
        "/projects/new/git",
        "/projects/new/git?url=https://git.example.com/acme/shop.git",
        "/projects/new/image",
        "/projects/new/bundle",
        "/projects/new/bundle?upload=upl_00000000000000000000000001",
        "/projects/import",
        "/deployments",
        "/deployments?status=failed&text=shop",
        "/services",
        "/services/new",
        "/runtimes",
        "/events",
        "/settings",
        "/settings/credentials",
        "/settings/tokens",
        "/settings/members",
        "/settings/domains",
        "/settings/secrets",
    ];
    let made = [
        deployment(10),
        deployment(11),
        deployment(12),
        deployment(13),
        format!("{}/stack-trace", deployment(11)),
        format!("{}/stop", deployment(11)),
        project(1),
        format!("{}/git", project(1)),
        format!("{}/delete", project(1)),
        format!("{}/crons", project(1)),
        format!("/environments/{}/terminal", EnvironmentId::new(Time(1), 1)),
        format!("/environments/{}/delete", EnvironmentId::new(Time(1), 1)),
        service(1),
        service(2),
        service(3),
        format!("{}/delete", service(2)),
        format!(
            "/backups/{}/restore",
            BackupId::new(NOW.plus_ms(-5 * 3_600_000), 1)
        ),
        update(1),
        format!("{}?tag=v1.4.2", update(1)),
        format!("{}/config", update(1)),
    ];
    fixed.map(str::to_owned).into_iter().chain(made).collect()
}
