//! `sealdock proxy`: the data plane, a process of its own.

use super::exit::{Done, Exit, Failure};
use clap::Args;
use domain::refusal::Refusal;
use engine::proxy::{ProxyOptions, run};
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Args)]
pub struct Proxy {
    /// Where applications are served; may be said more than once.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: Vec<SocketAddr>,
    /// Where they are served with TLS; may be said more than once.
    #[arg(long)]
    listen_tls: Vec<SocketAddr>,
    /// The unix socket that the control plane speaks to.
    #[arg(long)]
    control_socket: PathBuf,
    /// The file that the last routes are kept in.
    #[arg(long)]
    snapshot: PathBuf,
    /// Serving threads; 0 is one per core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Believe `X-Forwarded-*`: only behind another proxy of your own.
    #[arg(long)]
    trust_forwarded: bool,
    /// Take the listeners over from the data plane that has the control socket, without closing
    /// a port.
    #[arg(long)]
    take_over: bool,
}

impl Proxy {
    pub fn run(self) -> Done {
        super::serve::Logging::from_environment().start();
        let options = ProxyOptions {
            listen_tls: self.listen_tls,
            threads: self.threads,
            trust_forwarded: self.trust_forwarded,
            take_over: self.take_over,
            ..ProxyOptions::new(self.listen, self.control_socket, self.snapshot)
        };
        run(options)
            .map(|()| Exit::Ok)
            .map_err(|error| Failure::refused(Refusal::unavailable("proxy", format!("{error}"))))
    }
}
