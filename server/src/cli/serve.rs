//! `sealdock serve`: the composition root.

use super::exit::{Done, Exit, Failure};
use super::master::Place;
use super::profile::from_environment;
use super::say::Say;
use crate::app::{App, Parts, Reach};
use crate::limits::Limits;
use crate::{compose, serve};
use clap::{Args, ValueEnum};
use domain::attest::EVERY_S;
use domain::refusal::Refusal;
use engine::boot::{self, Engine, Options};
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

#[derive(Args)]
pub struct Serve {
    /// Everything that is kept; `$XDG_DATA_HOME/sealdock` or `./data` when not said.
    #[arg(long, env = "SEALDOCK_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where the console and the API listen.
    #[arg(long, env = "SEALDOCK_LISTEN", default_value = "127.0.0.1:4600")]
    listen: SocketAddr,
    /// Where applications are served.
    #[arg(long, env = "SEALDOCK_PROXY_LISTEN", default_value = "127.0.0.1:8080")]
    proxy_listen: SocketAddr,
    /// Applications are reached as `<environment>-<project>.` and this.
    #[arg(long, env = "SEALDOCK_BASE_DOMAIN", default_value = "localhost")]
    base_domain: String,
    /// What people open, when it is not the address it listens on: `https://deploy.example.com`.
    #[arg(long, env = "SEALDOCK_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// A proxy of yours ends TLS in front: cookies are Secure, HSTS is sent, `X-Forwarded-For` is believed.
    #[arg(long, env = "SEALDOCK_BEHIND_TLS")]
    behind_tls: bool,
    /// How often the poll asks for the heads of tracked branches, where it is on.
    #[arg(long, env = "SEALDOCK_GIT_POLL_S", value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    git_poll_s: u64,
    /// Where instances run; the first is what a new project gets. May be said more than once.
    #[arg(long = "runtime", env = "SEALDOCK_RUNTIMES", value_delimiter = ',', default_value = "docker", value_parser = ["docker", "tee", "fake"])]
    runtimes: Vec<String>,
    /// What built images and unpacked files may hold together; over it, the oldest versions that
    /// nobody needs for rolling back go first. In GiB.
    #[arg(long, env = "SEALDOCK_DISK_BUDGET_GIB", default_value_t = 20)]
    disk_budget_gib: u32,
    /// What stays free of the disk that images are built on; a build that wants it is stopped. In MiB.
    #[arg(long, env = "SEALDOCK_DISK_RESERVE_MIB", default_value_t = 2048)]
    disk_reserve_mib: u32,
    #[command(flatten)]
    master: Place,
    /// What confidential machines (`--runtime tee`) are made from, as `./setup tee` leaves it.
    #[arg(long, env = "SEALDOCK_TEE_KIT", value_name = "DIR")]
    tee_kit: Option<PathBuf>,
    /// How often a confidential machine is asked for its evidence again; one that shows nothing, or
    /// something else, is ended and another takes its place.
    #[arg(long, env = "SEALDOCK_TEE_ATTEST_S", value_name = "SECONDS", default_value_t = EVERY_S.1, value_parser = clap::value_parser!(u64).range(EVERY_S.0..=EVERY_S.2))]
    tee_attest_s: u64,
    /// Takes pictures of front pages; looked for as `chromium` or `google-chrome` when not said.
    #[arg(long, env = "CHROMIUM", value_name = "FILE")]
    chromium: Option<PathBuf>,
    #[command(flatten)]
    domains: super::domain_options::DomainFlags,
    #[command(flatten)]
    logging: Logging,
}

/// How the log is written. What is in it is said by `RUST_LOG`.
#[derive(Args, Clone, Copy)]
pub struct Logging {
    #[arg(long, env = LOG_FORMAT, value_enum, default_value_t = Format::Text)]
    log_format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

const LOG_FORMAT: &str = "SEALDOCK_LOG_FORMAT";
const USUAL: &str = "info,sqlx=warn,hyper=warn,bollard=warn";

impl Logging {
    pub fn from_environment() -> Self {
        let is_json = from_environment(LOG_FORMAT).is_some_and(|format| format == "json");
        Self {
            log_format: if is_json { Format::Json } else { Format::Text },
        }
    }

    /// To standard error: standard output is for the set-up link.
    pub fn start(self) {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(USUAL));
        let builder = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr)
            // Its complaint goes to the same broken pipe, and `eprintln!` panics there: whatever
            // logs would end, above all the answer to SIGTERM.
            .log_internal_errors(false);
        match self.log_format {
            Format::Text => builder.init(),
            Format::Json => builder.json().init(),
        }
    }
}

impl Serve {
    pub fn run(self, say: &Say) -> Done {
        self.logging.start();
        undumpable();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build();
        let runtime =
            runtime.map_err(|error| broken(format!("The runtime can't be started: {error}.")))?;
        runtime.block_on(self.serve(say))
    }

    async fn serve(self, say: &Say) -> Done {
        let listener = self.bind().await?;
        let engine = boot::start(self.options()?)
            .await
            .map_err(|error| broken(error.to_string()))?;
        let (stop, limits) = (CancellationToken::new(), Limits::default());
        let app = App::start(self.parts(&engine, limits.clone()), stop.clone());
        let router = compose::service(&app, compose::pages(&engine));
        let url = self.url(&listener);
        self.greet(say, &engine, &url);
        tokio::spawn(cancel_on_signal(stop.clone()));
        serve::serve(listener, router, &limits, stop).await;
        engine.stop().await;
        Ok(Exit::Ok)
    }

    async fn bind(&self) -> Result<TcpListener, Failure> {
        TcpListener::bind(self.listen).await.map_err(|error| {
            broken(format!("{} can't be listened on: {error}.", self.listen))
                .way_out("Stop what listens there, or choose another address with --listen.")
        })
    }

    fn options(&self) -> Result<Options, Failure> {
        let executable = std::env::current_exe()
            .map_err(|e| broken(format!("Our own executable can't be found: {e}.")))?;
        Ok(Options {
            data: self.data.clone().unwrap_or_else(usual_data),
            base_domain: self.base_domain.clone(),
            proxy_listen: self.proxy_listen,
            runtimes: self.runtimes.clone(),
            // An empty variable says nothing.
            chromium: self
                .chromium
                .clone()
                .filter(|file| !file.as_os_str().is_empty()),
            executable,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            disk_budget_bytes: u64::from(self.disk_budget_gib) << 30,
            disk_reserve_bytes: u64::from(self.disk_reserve_mib) << 20,
            git_poll_s: self.git_poll_s,
            master_key: self.master.master_key.clone(),
            master_key_kms: self.master.master_key_kms.clone(),
            tee_kit: self.tee_kit.clone(),
            tee_attest_s: self.tee_attest_s,
            domains: self
                .domains
                .options(self.proxy_listen, self.has_machines())?,
        })
    }

    fn has_machines(&self) -> bool {
        self.runtimes.iter().any(|runtime| runtime == "tee")
    }

    fn parts(&self, engine: &Engine, limits: Limits) -> Parts {
        let store = Arc::new(engine.store.clone());
        let public_url = self.public_url.as_deref().map(super::profile::trimmed);
        Parts {
            api: engine.api.clone(),
            sessions: store.clone(),
            answers: store,
            changes: engine.changes.subscribe(),
            reach: Reach {
                behind_tls: self.behind_tls,
                public_url,
            },
            limits,
        }
    }

    /// What a person can open: an address that stands for all of them is none.
    fn url(&self, listener: &TcpListener) -> String {
        let mut address = listener.local_addr().unwrap_or(self.listen);
        if address.ip().is_unspecified() {
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        let public = self.public_url.as_deref();
        public.map_or_else(|| format!("http://{address}"), super::profile::trimmed)
    }

    fn greet(&self, say: &Say, engine: &Engine, url: &str) {
        say.line(&format!(
            "Sealdock {} is at {url}",
            env!("CARGO_PKG_VERSION")
        ));
        say.line(&format!(
            "Applications are served on http://{}",
            self.proxy_listen
        ));
        if let Some(address) = self
            .domains
            .tls_listen(self.proxy_listen, self.has_machines())
        {
            say.line(&format!("And with TLS on https://{address}"));
        }
        if let Some(token) = &engine.setup_token {
            say.line(&format!("\nNobody owns it yet. Open this link once to set it up:\n  {url}/setup?token={token}\n"));
        }
    }
}

/// Values of secrets pass through this process: none of them is to be in a core dump (I-14).
fn undumpable() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!("core dumps of this process can't be switched off: {error}");
    }
}

pub fn usual_data() -> PathBuf {
    from_environment("XDG_DATA_HOME").map_or_else(
        || PathBuf::from("data"),
        |home| PathBuf::from(home).join("sealdock"),
    )
}

async fn cancel_on_signal(stop: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        tracing::error!("signals can't be listened to; stop the server with SIGKILL");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    stop.cancel();
    tracing::info!("stopping; applications go on being served");
}

fn broken(sentence: String) -> Failure {
    Failure::new(Exit::Failed, Refusal::unavailable("not_started", sentence))
}
