//! Every address of the console, so that none is spelled twice.

use domain::id::{BackupId, DeploymentId, EnvironmentId, ProjectId, ServiceId};

pub const OVERVIEW: &str = "/";
pub const PROJECTS: &str = "/projects";
pub const NEW_PROJECT: &str = "/projects/new";
pub const IMPORT: &str = "/projects/import";
pub const DEPLOYMENTS: &str = "/deployments";
pub const SERVICES: &str = "/services";
pub const NEW_SERVICE: &str = "/services/new";
pub const RUNTIMES: &str = "/runtimes";
pub const EVENTS: &str = "/events";
pub const SETTINGS: &str = "/settings";
pub const TOKENS: &str = "/settings/tokens";
pub const DOMAINS: &str = "/settings/domains";
pub const SECRETS: &str = "/settings/secrets";
pub const DISK: &str = "/settings/disk";
pub const CREDENTIALS: &str = "/settings/credentials";
pub const MEMBERS: &str = "/settings/members";
pub const SIGN_IN: &str = "/sign-in";

pub fn project(id: &ProjectId) -> String {
    format!("/projects/{id}")
}

pub fn delete_project(id: &ProjectId) -> String {
    format!("/projects/{id}/delete")
}

pub fn git_push(id: &ProjectId) -> String {
    format!("/projects/{id}/git")
}

pub fn crons(id: &ProjectId) -> String {
    format!("/projects/{id}/crons")
}

pub fn service(id: &ServiceId) -> String {
    format!("/services/{id}")
}

pub fn delete_service(id: &ServiceId) -> String {
    format!("/services/{id}/delete")
}

pub fn restore(id: &BackupId) -> String {
    format!("/backups/{id}/restore")
}

pub fn deployment(id: &DeploymentId) -> String {
    format!("/deployments/{id}")
}

pub fn stop(id: &DeploymentId) -> String {
    format!("{DEPLOYMENTS}/{id}/stop")
}

pub fn stack_trace(id: &DeploymentId) -> String {
    format!("/deployments/{id}/stack-trace")
}

/// The whole log as text; a stream is one segment of the path.
pub fn raw_log(stream: &str) -> String {
    format!("/v2/logs/{}?raw=1", stream.replace('/', "%2F"))
}

pub fn update(id: &EnvironmentId) -> String {
    format!("/environments/{id}/update")
}

pub fn edit_config(id: &EnvironmentId) -> String {
    format!("/environments/{id}/update/config")
}

pub fn delete_environment(id: &EnvironmentId) -> String {
    format!("/environments/{id}/delete")
}

pub fn terminal(id: &EnvironmentId) -> String {
    format!("/environments/{id}/terminal")
}

pub fn traffic(id: &EnvironmentId) -> String {
    format!("/environments/{id}/traffic")
}

/// What ran before, once more; `of` is chosen already.
pub fn versions(id: &EnvironmentId) -> String {
    format!("/environments/{id}/versions")
}

pub fn version(id: &EnvironmentId, of: &DeploymentId) -> String {
    format!("/environments/{id}/versions?of={of}")
}

/// `text` as one value of a query string.
pub fn escape(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes()
        .map(|b| {
            if plain(b) {
                (b as char).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

/// A query string of the pairs that have a value; empty when none has.
pub fn query(pairs: &[(&str, Option<&str>)]) -> String {
    let said = pairs
        .iter()
        .filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)));
    let text: Vec<_> = said
        .map(|(name, value)| format!("{name}={}", escape(value)))
        .collect();
    if text.is_empty() {
        String::new()
    } else {
        format!("?{}", text.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_holds_what_has_a_value() {
        assert_eq!(
            query(&[
                ("status", Some("ready")),
                ("text", Some("a b&c")),
                ("project", None)
            ]),
            "?status=ready&text=a%20b%26c"
        );
        assert_eq!(query(&[("text", Some(""))]), "");
    }
}
