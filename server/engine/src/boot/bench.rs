//! An engine for tests that need no data plane: what is deployed stays on its way.

use super::Options;
use std::path::Path;

impl Options {
    pub fn without_data_plane(data: &Path) -> Options {
        Options {
            data: data.join("data"),
            base_domain: "localhost".into(),
            proxy_listen: "127.0.0.1:0".parse().expect("an address"),
            runtimes: vec!["fake".into()],
            executable: "/nonexistent/sealdock".into(),
            version: "0".into(),
            disk_budget_bytes: 1 << 30,
            disk_reserve_bytes: 0,
            git_poll_s: 3600,
            chromium: None,
            master_key: None,
            master_key_kms: None,
            tee_kit: None,
            tee_attest_s: 300,
            domains: Default::default(),
        }
    }
}
