//! All the nouns together.

use super::*;

/// The whole product.
pub trait Sealdock:
    Accounts
    + Projects
    + Deployments
    + Crons
    + Updates
    + Hooks
    + Services
    + Metrics
    + Runtimes
    + Uploads
{
}
impl<T> Sealdock for T where
    T: Accounts
        + Projects
        + Deployments
        + Crons
        + Updates
        + Hooks
        + Services
        + Metrics
        + Runtimes
        + Uploads
{
}
