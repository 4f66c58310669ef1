//! The command line: `serve` and `proxy` run the product, everything else speaks to it over REST.
//!
//! Standard output carries what was asked for, standard error what happens meanwhile: `-o json`
//! output can always be piped. Questions are asked on a terminal only.

mod account;
mod ask;
mod change;
mod client;
mod compose;
mod credential;
mod cron;
mod delete;
mod deploy;
mod doctor;
mod domain_options;
mod domains;
mod environment;
mod exec;
mod exit;
mod find;
mod follow;
mod hold;
mod hook;
mod init;
mod keyboard;
mod list;
mod logs;
mod master;
mod open;
mod pack;
mod pause;
mod plan;
mod preview;
mod profile;
mod promote;
mod proxy;
mod release;
mod retry;
mod rollback;
mod say;
mod secret;
mod serve;
mod service;
mod source;
mod sse;
mod stack_trace;
mod stop;
mod tail;
mod token;
mod update;
mod upload;
mod verify;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use domain::credential::CredentialKind;
use exit::{Done, Exit, Failure};
use say::{Output, Say};
use std::future::Future;
use std::process::ExitCode;

/// Deploy from Git, an image or a bundle, without dropping a request.
#[derive(Parser)]
#[command(name = "sealdock", version, after_help = exit::HELP, propagate_version = true)]
struct Cli {
    /// How results are written.
    #[arg(short, long, global = true, value_enum, default_value_t = Output::Text)]
    output: Output,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the control plane: console, API, builds; starts the data plane.
    Serve(Box<serve::Serve>),
    /// Run the data plane alone (`serve` does it for you).
    Proxy(proxy::Proxy),
    /// Remember a server and an API token.
    Login(account::Login),
    /// Forget them.
    Logout,
    /// Write a `sealdock.yml` to start from.
    Init(init::Init),
    /// Create a project, or update the one of that name, and watch it.
    Deploy(deploy::Deploy),
    /// Move a project to another version or configuration.
    Update(update::Update),
    /// Start what served before once more: no build, no downtime.
    Rollback(rollback::Rollback),
    /// Call off what is on its way and does not start yet; what serves goes on.
    Cancel(pause::Of),
    /// Let what serves answer 503 on purpose.
    Pause(pause::Of),
    /// Let what is paused serve again.
    Resume(pause::Of),
    /// End what serves and keep its address, which answers 404 until it is started.
    Stop(stop::Stop),
    /// Start what was stopped: no build.
    Start(stop::Again),
    /// Start what serves once more and switch to it: no build, no downtime.
    Restart(stop::Again),
    /// Start what failed once more, where nothing serves since.
    Retry(retry::Retry),
    /// Start in one environment what another one runs, bit for bit.
    Promote(promote::Promote),
    /// Promote or cancel what is held at ready.
    #[command(subcommand)]
    Hold(hold::Hold),
    /// Add environments to a project, and delete them.
    #[command(subcommand)]
    Environment(environment::Environment),
    /// Make projects of the services of a `compose.yaml`.
    #[command(subcommand)]
    Compose(compose::Compose),
    /// Run a command in an instance of a debug environment, with this terminal around it.
    Exec(exec::Exec),
    /// Show what a project, a deployment or one of its jobs printed.
    Logs(logs::Logs),
    /// Show the original lines of a minified stack trace.
    StackTrace(stack_trace::StackTrace),
    /// List projects, or the deployments of one.
    List(list::List),
    /// Delete a project with everything that belongs to it.
    Delete(delete::Delete),
    /// Open a project in the browser, or print its address.
    Open(open::Open),
    /// Make, list and revoke API tokens.
    #[command(subcommand)]
    Token(token::Token),
    /// Values that deployments are given and nobody reads: set, list and delete them.
    #[command(subcommand)]
    Secret(secret::Secret),
    /// Domains of your own: add and prove them, lead them to an environment, give them certificates.
    #[command(subcommand)]
    Domain(domains::Domain),
    /// Deploy what is pushed: tracked branches, the webhook, its deliveries.
    #[command(subcommand)]
    Hook(hook::Hook),
    /// Previews of branches and pull requests: list, approve, close.
    #[command(subcommand)]
    Preview(preview::Preview),
    /// See and run what happens at set times.
    #[command(subcommand)]
    Cron(cron::Cron),
    /// Set what opens private repositories over https.
    #[command(subcommand)]
    Git(credential::Credential),
    /// Set what opens private images.
    #[command(subcommand)]
    Registry(credential::Credential),
    /// Databases and stores: add, link, back up, restore.
    #[command(subcommand)]
    Service(service::Service),
    /// Sign what a version measures as, in any CI, and make a pre-release of it.
    #[command(subcommand)]
    Release(release::Release),
    /// Check that an instance is the confidential VM that it was built to be.
    Verify(verify::Verify),
    /// Check this machine and the server, line by line.
    Doctor(doctor::Doctor),
    /// Print completions for a shell.
    Completions { shell: Shell },
}

pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let say = Say::new(cli.output);
    let exit = match run(cli.command, &say) {
        Ok(exit) => exit,
        Err(failure) => say.failure(&failure),
    };
    ExitCode::from(exit as u8)
}

fn run(command: Command, say: &Say) -> Done {
    match command {
        Command::Serve(serve) => serve.run(say),
        Command::Proxy(proxy) => proxy.run(),
        Command::Completions { shell } => {
            clap_complete::generate(
                shell,
                &mut Cli::command(),
                "sealdock",
                &mut std::io::stdout(),
            );
            Ok(Exit::Ok)
        }
        command => wait(remote(command, say)),
    }
}

/// What is done over REST.
async fn remote(command: Command, say: &Say) -> Done {
    match command {
        Command::Login(login) => login.run(say).await,
        Command::Logout => account::logout(say),
        Command::Init(init) => init.run(say),
        Command::Deploy(deploy) => deploy.run(say).await,
        Command::Update(update) => update.run(say).await,
        Command::Retry(retry) => retry.run(say).await,
        Command::Rollback(rollback) => rollback.run(say).await,
        Command::Cancel(of) => of.cancel(say).await,
        Command::Pause(of) => of.pause(say).await,
        Command::Resume(of) => of.resume(say).await,
        Command::Stop(stop) => stop.run(say).await,
        Command::Start(again) => again.start(say).await,
        Command::Restart(again) => again.restart(say).await,
        Command::Promote(promote) => promote.run(say).await,
        Command::Hold(hold) => hold.run(say).await,
        Command::Environment(environment) => environment.run(say).await,
        Command::Compose(compose) => compose.run(say).await,
        Command::Exec(exec) => exec.run(say).await,
        Command::Logs(logs) => logs.run(say).await,
        Command::StackTrace(trace) => trace.run(say).await,
        Command::List(list) => list.run(say).await,
        Command::Delete(delete) => delete.run(say).await,
        Command::Open(open) => open.run(say).await,
        Command::Token(token) => token.run(say).await,
        Command::Secret(secret) => secret.run(say).await,
        Command::Domain(domain) => domain.run(say).await,
        Command::Hook(hook) => hook.run(say).await,
        Command::Preview(preview) => preview.run(say).await,
        Command::Cron(cron) => cron.run(say).await,
        Command::Git(credential) => credential.run(CredentialKind::Git, say).await,
        Command::Registry(credential) => credential.run(CredentialKind::Registry, say).await,
        Command::Service(service) => service.run(say).await,
        Command::Release(release) => release.run(say).await,
        Command::Verify(verify) => verify.run(say).await,
        Command::Doctor(doctor) => doctor.run(say).await,
        Command::Serve(_) | Command::Proxy(_) | Command::Completions { .. } => Ok(Exit::Ok),
    }
}

fn wait(work: impl Future<Output = Done>) -> Done {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime
        .map_err(|error| Failure::usage(format!("The runtime can't be started: {error}.")))?
        .block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x22_the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
