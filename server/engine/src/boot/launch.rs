//! How the data plane is started, and how one of another build is upgraded.

use super::Options;
use crate::dirs::Dirs;
use crate::proxy::build::build_of;
use crate::proxy::supervise::{Launch, Upgrade};
use std::ffi::OsString;

pub(super) fn launch(options: &Options, dirs: &Dirs) -> Launch {
    let listen = options.proxy_listen.to_string();
    let mut arguments: Vec<OsString> = vec![
        "proxy".into(),
        "--listen".into(),
        listen.into(),
        "--control-socket".into(),
        dirs.control_socket().into(),
        "--snapshot".into(),
        dirs.route_snapshot().into(),
    ];
    if let Some(address) = options.domains.tls_listen {
        arguments.extend(["--listen-tls".into(), address.to_string().into()]);
    }
    let take_over = std::iter::once("--take-over".into());
    let upgrade = build_of(&options.executable).ok().map(|build| Upgrade {
        build,
        arguments: arguments.iter().cloned().chain(take_over).collect(),
    });
    Launch {
        executable: options.executable.clone(),
        upgrade,
        arguments,
        wants_tls: options.domains.tls_listen.is_some(),
        control_socket: dirs.control_socket(),
        log: dirs.proxy_log(),
    }
}
