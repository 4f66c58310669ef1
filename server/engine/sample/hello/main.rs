//! The sample app: what a newcomer deploys first, and what our tests deploy to be treated badly.
//!
//! One threaded HTTP/1.1 server on the standard library alone, compiled into a static executable
//! so that its image is `FROM scratch`: a sample that needs no network and no base image.
//! It says which version and instance answered, and misbehaves exactly as `knobs` tells it to.
//!
//! Order of reading: `knobs` (what it can be told), `routes` (what it answers), `server` (how).

mod app;
mod body;
mod handshake;
mod http;
mod knobs;
mod links;
mod page;
mod reply;
mod routes;
mod server;
mod signal;
mod streams;
mod websocket;

use app::App;
use knobs::Knobs;
use std::net::TcpListener;
use std::process::exit;
use std::sync::Arc;
use std::thread::{sleep, spawn};
use std::time::Duration;

fn main() {
    let knobs = Knobs::from_env();
    app::log(&format!("hello {} starting", knobs.version));
    if let Some(code) = knobs.exit_at_start {
        app::log(&format!("HELLO_EXIT_AT_START: exiting with {code}"));
        exit(code);
    }
    links::blab(&knobs);
    // Before the delay: a slow start must still obey SIGTERM.
    let terminated = signal::install();
    let app = Arc::new(App::new(knobs));
    let serving = app.clone();
    spawn(move || serve(&serving));
    signal::wait(terminated);
    app::log("SIGTERM: finishing what is in flight");
    app.drain();
    app::log("stopped");
    exit(0);
}

fn serve(app: &Arc<App>) {
    sleep(Duration::from_millis(app.knobs.start_delay_ms));
    let listener = match TcpListener::bind(("0.0.0.0", app.knobs.port)) {
        Ok(listener) => listener,
        Err(error) => {
            app::log(&format!(
                "cannot listen on port {}: {error}",
                app.knobs.port
            ));
            exit(1);
        }
    };
    let port = listener.local_addr().map_or(app.knobs.port, |at| at.port());
    app.listens_on(port);
    app::log(&format!(
        "hello {} listening on port {port}",
        app.knobs.version
    ));
    misbehave(app);
    server::accept_loop(app, listener);
}

/// Starts what the knobs ask for beside serving.
fn misbehave(app: &Arc<App>) {
    if let Some(delay_ms) = app.knobs.crash_after_ms {
        spawn(move || {
            sleep(Duration::from_millis(delay_ms));
            app::log("HELLO_CRASH_AFTER_MS: exiting with 3");
            exit(3);
        });
    }
    if app.knobs.log_lines_per_s > 0 {
        let lines_per_s = app.knobs.log_lines_per_s;
        spawn(move || app::chatter(lines_per_s));
    }
}
