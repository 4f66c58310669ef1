//! The fixture's one preview.

use super::fixture::{Fixture, scoped};
use super::views::*;
use async_trait::async_trait;
use domain::access::Caller;
use domain::api::*;
use domain::forge::NewForge;
use domain::id::*;
use domain::review::{Rules, Subject};
use domain::time::Time;
use domain::view::*;

pub fn review_id() -> ReviewId {
    ReviewId::new(Time(1), 1)
}

fn review() -> ReviewView {
    ReviewView {
        id: review_id(),
        subject: Subject::Pull(7),
        title: None,
        author: None,
        branch: "fix".into(),
        fork: true,
        head: "6".repeat(40),
        waits: true,
        sentence: "Waits for approval.".into(),
        environment: None,
        name: None,
        url: None,
        deployment: None,
        expires_at: Time(1),
        ending: false,
    }
}

fn all() -> ReviewsView {
    ReviewsView {
        project: project_id(),
        rules: Rules::default(),
        reviews: vec![review()],
        forge: None,
    }
}

#[async_trait]
impl Reviews for Fixture {
    async fn reviews(&self, caller: &Caller, project: &ProjectId) -> Reply<ReviewsView> {
        scoped(caller, project, &project_id(), "project").map(|()| all())
    }
    async fn set_reviews(
        &self,
        caller: &Caller,
        project: &ProjectId,
        _: Rules,
    ) -> Reply<ReviewsView> {
        scoped(caller, project, &project_id(), "project").map(|()| all())
    }
    async fn approve_review(
        &self,
        caller: &Caller,
        id: &ReviewId,
        _: Approve,
    ) -> Reply<ReviewView> {
        scoped(caller, id, &review_id(), "preview").map(|()| review())
    }
    async fn close_review(&self, caller: &Caller, id: &ReviewId) -> Reply<()> {
        scoped(caller, id, &review_id(), "preview")
    }
    async fn set_forge(
        &self,
        caller: &Caller,
        project: &ProjectId,
        _: NewForge,
    ) -> Reply<ReviewsView> {
        scoped(caller, project, &project_id(), "project").map(|()| all())
    }
    async fn remove_forge(&self, caller: &Caller, project: &ProjectId) -> Reply<()> {
        scoped(caller, project, &project_id(), "project")
    }
}
