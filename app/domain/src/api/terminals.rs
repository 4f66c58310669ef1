//! A command in an instance of a debug environment, with a person at its keyboard (I-10).

use super::Reply;
use crate::access::Caller;
use crate::id::EnvironmentId;
use crate::terminal::{Heard, OpenTerminal, Typed};
use crate::view::TerminalView;
use async_trait::async_trait;

/// Terminals of debug environments.
#[async_trait]
pub trait Terminals: Send + Sync {
    /// Whether one can be opened there now, and in which instances.
    async fn terminal(&self, caller: &Caller, id: &EnvironmentId) -> Reply<TerminalView>;
    /// Begins the command. It ends with its instance, or when either half is dropped.
    async fn open_terminal(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
        wanted: OpenTerminal,
    ) -> Reply<Terminal>;
}

/// One that is open, in halves: neither waits for the other.
pub struct Terminal {
    /// Its screen.
    pub screen: Box<dyn Hears>,
    /// Its keyboard.
    pub keys: Box<dyn Types>,
}

/// What comes out.
#[async_trait]
pub trait Hears: Send {
    /// The next; nothing is lost when this is dropped before it answers.
    async fn hear(&mut self) -> Heard;
}

/// What goes in.
#[async_trait]
pub trait Types: Send {
    /// As soon as there is room for it. False: it runs no more.
    async fn type_in(&mut self, typed: Typed) -> bool;
}
