//! The shop's configuration, and what an update changes in it.

use super::Scene;
use domain::config::{Change, Config, Resources};

impl Scene {
    pub fn config(self) -> Config {
        let env = [
            ("DATABASE_URL", "postgres://shop@db.internal/shop"),
            ("LOG_LEVEL", "info"),
            ("FEATURE_CHECKOUT", "classic"),
        ];
        Config {
            env: env.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            replicas: 2,
            resources: Resources {
                cpus_milli: 1500,
                memory_mib: 512,
            },
            ..Config::default()
        }
    }
}

pub(super) fn changes() -> Vec<Change> {
    let change = |path: &str, from: Option<&str>, to: Option<&str>| Change {
        path: path.into(),
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
    };
    vec![
        change("env.FEATURE_CHECKOUT", Some("classic"), Some("express")),
        change("env.PAYMENT_TIMEOUT_MS", None, Some("1500")),
        change("env.LEGACY_BASKET", Some("true"), None),
        change("resources.memory_mib", Some("512"), Some("768")),
    ]
}
