//! What the data plane counted.

use super::EnvironmentView;
use crate::id::InstanceId;
use crate::traffic::{Minute, Traffic};
use crate::usage::{Usage, UsageMinute};
use serde::{Deserialize, Serialize};

/// An environment's last hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TrafficView {
    /// The page's head.
    pub environment: EnvironmentView,
    /// The oldest first, at most 60; none where nothing was answered for an hour, or Sealdock
    /// started less than a minute ago.
    pub minutes: Vec<Minute>,
    /// What serves, and what that takes of its machine.
    pub instances: Vec<InstanceUsageView>,
}

/// What an instance takes of its machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct InstanceUsageView {
    /// Computed from the deployment.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub id: InstanceId,
    /// As its runtime counts it; at most 10 s old.
    pub now: Usage,
    /// The oldest first, at most 60; none before it was looked at for a minute.
    pub minutes: Vec<UsageMinute>,
}

/// The same for `/metrics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceCounters {
    /// By name.
    pub project: String,
    /// By name.
    pub environment: String,
    /// Which one.
    pub instance: InstanceId,
    /// Since it was started.
    pub usage: Usage,
}

/// Counters since the data plane started, for `/metrics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    /// By name.
    pub project: String,
    /// By name.
    pub environment: String,
    /// Of its route.
    pub traffic: Traffic,
}
