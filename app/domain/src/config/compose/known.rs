//! Keys of the Compose specification that Sealdock has no place for, with what to do instead.

use crate::config::nearest::nearest;

/// What a service may say and is taken over.
const TAKEN: [&str; 13] = [
    "image",
    "build",
    "pull_policy",
    "environment",
    "ports",
    "expose",
    "healthcheck",
    "entrypoint",
    "command",
    "scale",
    "mem_limit",
    "cpus",
    "deploy",
];

const ITS_OWN: &str =
    "Each project has a network of its own: give one service the address of another as a variable.";
const SECRETS: &str =
    "Files with secrets are not mounted: give the value to the project as a variable.";
const LABELS: &str = "Sealdock labels what it makes by itself.";
const SAFE: &str = "An app here runs with Docker's usual capabilities, and without new privileges.";
const ENGINE: &str = "How the Engine runs a container is the same for every app here.";
const ONE_NAME: &str =
    "Sealdock names its containers, several of which run side by side during an update.";

#[rustfmt::skip] // a table is read by its columns
const OTHERS: [(&str, &str); 37] = [
    ("depends_on", "Projects start by themselves, in no order: let the app try again until what it needs answers."),
    ("env_file", "Files beside this one are not read: write the variables under `environment`."),
    ("restart", "Sealdock starts again what ends by itself, and says so."),
    ("container_name", ONE_NAME),
    ("hostname", ONE_NAME),
    ("networks", ITS_OWN),
    ("links", ITS_OWN),
    ("external_links", ITS_OWN),
    ("extra_hosts", ITS_OWN),
    ("dns", ITS_OWN),
    ("dns_search", ITS_OWN),
    ("domainname", ITS_OWN),
    ("mac_address", ITS_OWN),
    ("secrets", SECRETS),
    ("configs", SECRETS),
    ("cap_add", SAFE),
    ("cap_drop", SAFE),
    ("devices", SAFE),
    ("gpus", SAFE),
    ("security_opt", SAFE),
    ("group_add", SAFE),
    ("user", "The image's own user stays: set it in the Dockerfile."),
    ("working_dir", "The image's own directory stays: set it in the Dockerfile."),
    ("labels", LABELS),
    ("annotations", LABELS),
    ("logging", "Sealdock keeps every line by itself."),
    ("profiles", "Every service is imported; leave out those that you don't want."),
    ("extends", "Other files are not read: write out what it takes over."),
    ("stop_grace_period", "Requests get 30 s to finish; `drain_s` in sealdock.yml says otherwise."),
    ("stop_signal", ENGINE),
    ("init", ENGINE),
    ("read_only", ENGINE),
    ("tmpfs", ENGINE),
    ("shm_size", ENGINE),
    ("sysctls", ENGINE),
    ("ulimits", ENGINE),
    ("platform", "It runs on the runtime's own platform."),
];

/// For a key of a service that is not taken over.
pub(super) fn of_service(name: &str) -> String {
    let said = OTHERS.iter().find(|(known, _)| *known == name);
    if let Some((_, sentence)) = said {
        return (*sentence).to_owned();
    }
    let names = TAKEN
        .into_iter()
        .chain(OTHERS.iter().map(|(known, _)| *known));
    match nearest(name, names) {
        Some(near) => format!("There is no such key here. Did you mean `{near}`?"),
        None => "Sealdock has nothing for it.".to_owned(),
    }
}

/// For a key of `deploy` that is not taken over.
pub(super) fn of_deploy(name: &str) -> &'static str {
    match name {
        "update_config" | "rollback_config" => {
            "An update starts the new version beside the old one, and switches once it is healthy."
        }
        "restart_policy" => "Sealdock starts again what ends by itself, and says so.",
        "placement" | "mode" | "endpoint_mode" => "All instances run on the project's runtime.",
        _ => "Sealdock has nothing for it.",
    }
}

/// For a key at the top of the file.
pub(super) fn at_top(name: &str) -> String {
    let sentence = match name {
        "version" => "Nothing reads it any more, Compose included.",
        "networks" => ITS_OWN,
        "volumes" => "No volumes are made: keep data in a service that is made for it.",
        "secrets" | "configs" => SECRETS,
        "include" => "Other files are not read: import each of them.",
        _ => {
            return match nearest(name, ["services", "name"]) {
                Some(near) => format!("There is no such key. Did you mean `{near}`?"),
                None => "Sealdock has nothing for it.".to_owned(),
            };
        }
    };
    sentence.to_owned()
}

/// What keeps data, or speaks no HTTP: as a project it would never become healthy.
const STORES: [&str; 12] = [
    "postgres",
    "postgis",
    "timescaledb",
    "pgvector",
    "redis",
    "valkey",
    "mysql",
    "mariadb",
    "mongo",
    "rabbitmq",
    "memcached",
    "nats",
];
const OBJECTS: [&str; 2] = ["minio", "seaweedfs"];

/// What a person should know of a service with that image.
pub(super) fn image(reference: Option<&str>) -> Option<String> {
    let reference = reference?;
    let name = reference.rsplit('/').next().unwrap_or(reference);
    let name = name.split([':', '@']).next().unwrap_or(name);
    let is = |known: &str| name == known;
    if STORES.into_iter().any(is) {
        return Some(format!(
            "`{name}` speaks no HTTP and keeps data, so it would never become healthy as a project, and would lose its data with its container. A service that is linked to the project is the better home: leave this one out."
        ));
    }
    OBJECTS.into_iter().any(is).then(|| {
        format!("`{name}` keeps data, and would lose it with its container. A service that is linked to the project is the better home.")
    })
}
