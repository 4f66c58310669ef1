//! Previews of branches and pull requests (P-15).

use super::Reply;
use crate::access::Caller;
use crate::forge::NewForge;
use crate::id::{ProjectId, ReviewId};
use crate::review::Rules;
use crate::view::{ReviewView, ReviewsView};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// A fork's commit that may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// Whole: the one that was looked at. Another head needs another approval.
    pub commit: String,
}

/// Previews of branches and pull requests (P-15).
#[async_trait]
pub trait Reviews: Send + Sync {
    /// What gets one, and those there are.
    async fn reviews(&self, caller: &Caller, project: &ProjectId) -> Reply<ReviewsView>;
    /// What is not taken any more ends at once.
    async fn set_reviews(
        &self,
        caller: &Caller,
        project: &ProjectId,
        rules: Rules,
    ) -> Reply<ReviewsView>;
    /// Runs a fork's head: that commit, and no later one.
    async fn approve_review(
        &self,
        caller: &Caller,
        id: &ReviewId,
        approve: Approve,
    ) -> Reply<ReviewView>;
    /// Removes it with all it made; a push opens it again.
    async fn close_review(&self, caller: &Caller, id: &ReviewId) -> Reply<()>;
    /// From now on the host is told how deployments went.
    async fn set_forge(
        &self,
        caller: &Caller,
        project: &ProjectId,
        forge: NewForge,
    ) -> Reply<ReviewsView>;
    /// The host is told nothing more; the token is gone.
    async fn remove_forge(&self, caller: &Caller, project: &ProjectId) -> Reply<()>;
}
