//! Everything that is in `domain::api`, behind one name.

use super::{
    Accounts, Attestations, Credentials, Crons, Deployments, Domains, Environments, Hooks, Imports,
    Metrics, Projects, Reviews, Runtimes, Secrets, Services, StackTraces, Terminals, Updates,
    Uploads,
};

/// The whole product.
pub trait Sealdock:
    Accounts
    + Projects
    + Environments
    + Imports
    + Deployments
    + Attestations
    + StackTraces
    + Terminals
    + Crons
    + Updates
    + Hooks
    + Reviews
    + Credentials
    + Secrets
    + Domains
    + Services
    + Metrics
    + Runtimes
    + Uploads
{
}
impl<T> Sealdock for T where
    T: Accounts
        + Projects
        + Environments
        + Imports
        + Deployments
        + Attestations
        + StackTraces
        + Terminals
        + Crons
        + Updates
        + Hooks
        + Reviews
        + Credentials
        + Secrets
        + Domains
        + Services
        + Metrics
        + Runtimes
        + Uploads
{
}
