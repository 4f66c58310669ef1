//! The data plane: hosts in, upstreams out, nothing else.
//!
//! A process of its own. It knows no deployment, no database and no container: it is told
//! routes over a unix socket ([`protocol`]), keeps them behind one atomic pointer ([`table`]),
//! and writes them to a file ([`snapshot`]) so that it serves before anybody tells it again.
//!
//! One thread per core, each with its own single-threaded runtime, its own SO_REUSEPORT
//! listener and its own idle upstream connections: a request never leaves its core. One more
//! thread listens to the control plane, checks upstreams' health and writes the snapshot.
//!
//! The promises, each with a test of its own:
//! - a request that starts after a `put` was acknowledged goes to the new upstreams;
//! - a request that started before finishes where it started, and is counted until then;
//! - an upstream is asked twice only where the first asking cannot have had an effect;
//! - a host without a live deployment gets a page that says so, never a default address.
//!
//! Where to look: [`serve`] accepts, [`tls`] shakes hands or lets [`sealed`] pass
//! on what ends inside an instance, [`front`] knows custom domains, [`answer`] decides, [`forward`] relays, [`origin`] counts,
//! [`book`] is the only writer of the table, [`client`] and [`supervise`] are what the control
//! plane uses. Listeners come from [`listen`], or by [`handover`] from a predecessor.

mod answer;
mod body;
mod book;
pub mod build;
pub mod client;
mod client_socket;
mod clock;
mod control;
mod core;
mod error;
mod files;
mod forward;
mod front;
mod handover;
mod headers;
mod health;
mod heard;
mod hold;
mod host;
mod link;
mod listen;
mod options;
mod origin;
mod page;
pub mod pem;
pub mod protocol;
mod request_id;
mod run;
mod sealed;
mod serve;
mod snapshot;
mod socket;
mod stats;
pub mod supervise;
mod sweep;
mod table;
mod tls;
mod tunnel;
mod upload;
mod wire;

#[cfg(test)]
mod tests;

pub use error::ProxyError;
pub use options::{Limits, ProxyOptions};
pub use run::run;
