//! An optional interface of a driver: a command beside an instance's own process, with a person at
//! its keyboard.

use super::DriverError;
use async_trait::async_trait;
use domain::id::InstanceId;
use domain::terminal::{Screen, Typed};
use tokio::sync::mpsc;

/// Pieces that wait for a slow side.
pub const HELD: usize = 64;

/// What is to run.
pub struct NewTerminal<'a> {
    pub instance: &'a InstanceId,
    /// No shell is involved.
    pub argv: &'a [String],
    /// `None`: pipes, and no terminal.
    pub screen: Option<Screen>,
}

/// What comes out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Bytes(Vec<u8>),
    /// The last: the command's code, if it ended by itself.
    Ended(Option<i64>),
}

/// One that runs. Dropping either end ends the command.
pub struct Opened {
    pub typed: mpsc::Sender<Typed>,
    pub said: mpsc::Receiver<Said>,
}

#[async_trait]
pub trait Terminals: Send + Sync {
    /// Returns as soon as it runs.
    async fn open(&self, new: NewTerminal<'_>) -> Result<Opened, DriverError>;
}
