//! What the data plane counted.

use super::EnvironmentView;
use crate::traffic::{Minute, Traffic};
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
