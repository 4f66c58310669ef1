//! Fields of Tinfoil's that Sealdock has no place for, with what it does instead.

use crate::config::nearest::nearest;

/// A level of the file.
pub(super) struct Known {
    /// What is taken over.
    taken: &'static [&'static str],
    /// What is not, and why.
    others: &'static [(&'static str, &'static str)],
}

impl Known {
    /// The sentence for a field that is left out, or the way out of an unknown one.
    pub(super) fn of(&self, name: &str) -> Result<&'static str, String> {
        let others = self.others.iter();
        if let Some((_, sentence)) = others.clone().find(|(known, _)| *known == name) {
            return Ok(sentence);
        }
        let others = others.map(|(known, _)| *known);
        let names: Vec<&str> = self.taken.iter().copied().chain(others).collect();
        Err(match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known here are `{}`", names.join("`, `")),
        })
    }
}

const GUEST: &str =
    "An instance boots the guest of its own runtime, whose measurement its card shows.";
const STORES: &str = "No volumes are made: keep data in a service that is linked to the project.";
const WEIGHTS: &str = "No weights are mounted: put them into the image, or let the app fetch them.";
const SAFE: &str = "An app here runs with Docker's usual capabilities, and without new privileges.";
const ENGINE: &str = "How an instance is run is the same for every app here.";
const ITS_OWN: &str = "Each project has a network of its own.";
const TLS: &str = "Certificates are Sealdock's business: Settings → Domains has them.";
const LIMIT: &str = "Nothing here limits how often an app is called.";
const CONTROL: &str = "Sealdock is the control plane.";

#[rustfmt::skip] // a table is read by its columns
pub(super) const TOP: Known = Known {
    taken: &["cpus", "memory", "gpus", "containers", "shim"],
    others: &[
        ("cvm-version", GUEST),
        ("shim-version", "The data plane is Sealdock's own."),
        ("cvm-source", GUEST),
        ("cvm-network", ITS_OWN),
        ("security", GUEST),
        ("models", WEIGHTS),
        ("volumes", STORES),
    ],
};

#[rustfmt::skip] // a table is read by its columns
pub(super) const CONTAINER: Known = Known {
    taken: &["name", "image", "entrypoint", "command", "env", "secrets", "runtime", "gpus", "healthcheck"],
    others: &[
        ("ports", "Only shim.upstream-port is reached, and by the data plane alone."),
        ("ipc", ENGINE),
        ("shm_size", ENGINE),
        ("tmpfs", ENGINE),
        ("read_only", ENGINE),
        ("ulimits", ENGINE),
        ("pids_limit", ENGINE),
        ("volumes", STORES),
        ("models", WEIGHTS),
        ("devices", SAFE),
        ("cap_add", SAFE),
        ("cap_drop", SAFE),
        ("security_opt", SAFE),
        ("cvm_admin", SAFE),
        ("attestation", "Whoever calls an app asks it for evidence at /.well-known/tee/attestation."),
        ("networks", ITS_OWN),
        ("depends_on", "There is one container, and nothing to wait for."),
        ("restart", "Sealdock starts again what ends by itself, and says so."),
        ("user", "The image's own user stays: set it in the Dockerfile."),
        ("working_dir", "The image's own directory stays: set it in the Dockerfile."),
    ],
};

#[rustfmt::skip] // a table is read by its columns
pub(super) const CHECK: Known = Known {
    taken: &["test", "timeout", "interval", "retries", "start_period", "start_interval"],
    others: &[("disable", "An app takes traffic once it answers, so it is always asked.")],
};

#[rustfmt::skip] // a table is read by its columns
pub(super) const SHIM: Known = Known {
    taken: &["upstream-port", "upstream-container", "paths", "authenticated", "authenticated-endpoints"],
    others: &[
        ("origins", "The app itself says that: the data plane changes no answer of it."),
        ("rate-limit", LIMIT),
        ("rate-burst", LIMIT),
        ("model", CONTROL),
        ("tls-mode", TLS),
        ("tls-env", TLS),
        ("tls-challenge", TLS),
        ("tls-wildcard", TLS),
        ("tls-own-san-domain", TLS),
        ("email", TLS),
        ("control-plane", CONTROL),
        ("atc", CONTROL),
        ("cache-dir", ENGINE),
        ("listen-port", "Where the data plane listens is an option of `sealdock serve`."),
        ("publish-attestation", "Evidence is always there to be asked for."),
        ("verbose", ENGINE),
    ],
};

/// What Sealdock sets by itself.
pub(super) fn set_here(name: &str) -> Option<&'static str> {
    match name {
        "PORT" => Some("Sealdock sets PORT to the port that the app is asked at."),
        "HOST" => Some("Sealdock sets HOST to the address to listen on."),
        _ => None,
    }
}
