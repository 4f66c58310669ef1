//! Everything that is in `domain::api`, behind one name.

use super::{
    Accounts, Crons, Deployments, Hooks, Imports, Metrics, Projects, Reviews, Runtimes, Secrets,
    Services, StackTraces, Updates, Uploads,
};

/// The whole product.
pub trait Sealdock:
    Accounts
    + Projects
    + Imports
    + Deployments
    + StackTraces
    + Crons
    + Updates
    + Hooks
    + Reviews
    + Secrets
    + Services
    + Metrics
    + Runtimes
    + Uploads
{
}
impl<T> Sealdock for T where
    T: Accounts
        + Projects
        + Imports
        + Deployments
        + StackTraces
        + Crons
        + Updates
        + Hooks
        + Reviews
        + Secrets
        + Services
        + Metrics
        + Runtimes
        + Uploads
{
}
