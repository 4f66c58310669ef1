//! What goes wrong on purpose.

use crate::driver::DriverError;

/// What happens to one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Nothing was done.
    ErrorBefore(DriverError),
    /// It was done, and the answer got lost: what a retry has to survive.
    ErrorAfterEffect(DriverError),
}

/// Asked before each call: `verb` is the method's name, `id` what it is about (empty when it
/// is about everything). Probes are asked about too, as `probe`.
pub trait Faults: Send + Sync {
    fn before(&self, verb: &str, id: &str) -> Fault;
}

#[derive(Clone, Copy, Debug, Default)]
pub struct NoFaults;

impl Faults for NoFaults {
    fn before(&self, _: &str, _: &str) -> Fault {
        Fault::None
    }
}
