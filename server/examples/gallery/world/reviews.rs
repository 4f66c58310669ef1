//! The previews of the gallery.

use super::scene::{environment_id, review_id};
use super::{Gallery, World, no};
use domain::access::{Action, Caller};
use domain::api::*;
use domain::forge::NewForge;
use domain::hook::Provider;
use domain::id::*;
use domain::review::{Rules, Subject};
use domain::view::*;

const HOUR: i64 = 3_600_000;
const HEAD: &str = "3f2a91c0d4e5b6a7980123456789abcdef012345";

#[async_trait::async_trait]
impl Reviews for Gallery {
    async fn reviews(&self, caller: &Caller, project: &ProjectId) -> Reply<ReviewsView> {
        caller.may(Action::ManageHooks)?;
        let project = self.project(caller, project).await?;
        let untouched = self.scene(caller).world == World::Live;
        let rules = Rules {
            pulls: true,
            branches: Some("feature/*".into()),
            variables: [("API".to_owned(), "https://staging.example.com".to_owned())].into(),
            ..Rules::default()
        };
        Ok(ReviewsView {
            project: project.id,
            rules: if untouched { Rules::default() } else { rules },
            reviews: if untouched { vec![] } else { self.open() },
            forge: (!untouched).then(|| ForgeView {
                provider: Provider::Github,
                url: "https://api.github.com".into(),
                repository: "acme/shop".into(),
                release_key: None,
                problem: Some("The host does not take the token (401). Set another one.".into()),
                problem_at: Some(self.now.plus_ms(-HOUR)),
            }),
        })
    }

    async fn set_reviews(&self, _: &Caller, _: &ProjectId, _: Rules) -> Reply<ReviewsView> {
        Err(no())
    }

    async fn approve_review(&self, _: &Caller, _: &ReviewId, _: Approve) -> Reply<ReviewView> {
        Err(no())
    }

    async fn close_review(&self, _: &Caller, _: &ReviewId) -> Reply<()> {
        Err(no())
    }

    async fn set_forge(&self, _: &Caller, _: &ProjectId, _: NewForge) -> Reply<ReviewsView> {
        Err(no())
    }

    async fn remove_forge(&self, _: &Caller, _: &ProjectId) -> Reply<()> {
        Err(no())
    }
}

impl Gallery {
    fn open(&self) -> Vec<ReviewView> {
        let one = |n: u128, subject: Subject, sentence: &str| ReviewView {
            id: review_id(n),
            title: matches!(subject, Subject::Pull(_)).then(|| "Total the basket once".into()),
            subject,
            author: Some("Grace".into()),
            branch: "fix/basket-total".into(),
            fork: false,
            head: HEAD.into(),
            waits: false,
            sentence: sentence.into(),
            environment: None,
            name: None,
            url: None,
            deployment: None,
            expires_at: self.now.plus_ms(70 * HOUR),
            ending: false,
        };
        vec![
            ReviewView {
                fork: true,
                waits: true,
                ..one(
                    1,
                    Subject::Pull(42),
                    "`3f2a91c` of pull request 42 comes from a fork: it waits for approval, and nothing of it runs before.",
                )
            },
            ReviewView {
                environment: Some(environment_id(1)),
                name: Some("pr-41".into()),
                url: Some("http://pr-41-shop.localhost:8080".into()),
                ..one(2, Subject::Pull(41), "Serves since an hour.")
            },
            one(
                3,
                Subject::Branch("feature/logo".into()),
                "Refused: there are 5 previews, which is the most for this project. Close one, then push again or redeliver.",
            ),
        ]
    }
}
