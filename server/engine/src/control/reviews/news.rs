//! What a delivery tells of a pull request or a branch moves the row of its review. The head is read
//! from the repository now, whatever the delivery said.

use crate::control::{Control, broken};
use crate::store::Stored;
use crate::store::delivery::Delivery;
use crate::store::review::{Heard, Told};
use domain::api::Reply;
use domain::hint::Topic;
use domain::refusal::Refusal;
use domain::review::{self, Known, News, Pull, Subject, Verdict};
use std::collections::HashMap;

impl Control {
    /// To its end, or to the next try.
    pub(in crate::control) async fn handle_news(
        &self,
        delivery: &Delivery,
        news: &News,
        url: &str,
    ) -> Stored<()> {
        match news {
            News::Pull(pull) => self.hear_pull(delivery, pull, url).await,
            News::Gone { branch } => {
                let why = format!("Ignored: branch `{branch}` was deleted.");
                self.hear_branch(delivery, branch, url, &why).await
            }
        }
    }

    async fn hear_pull(&self, delivery: &Delivery, pull: &Pull, url: &str) -> Stored<()> {
        let subject = Subject::Pull(pull.number);
        let (org, project) = (&delivery.org, &delivery.project);
        let rules = self.store.review_rules(org, project).await?;
        let known = self.store.review_of(org, project, &subject).await?;
        if !rules.pulls {
            let why = "Ignored: pull requests get no previews here.";
            return self.end(delivery, why).await;
        }
        let standing = known.as_ref().map(|r| Known {
            ended: r.ended,
            told_at: r.told_at,
            head: &r.head,
        });
        let head = match review::hear(standing, pull, delivery.asked) {
            Verdict::Ignore(why) => return self.end(delivery, &why).await,
            Verdict::Close => None,
            Verdict::Look => match self.pull_head(delivery, pull, url).await {
                Ok(head) => Some(head),
                Err(refusal) => return self.postpone(delivery, &refusal).await,
            },
        };
        let told = Told {
            subject: &subject,
            branch: &pull.branch,
            title: pull.title.as_deref(),
            author: pull.author.as_deref(),
            fork: pull.fork,
            told_at: pull.at,
            head: head.as_deref(),
            ttl_ms: rules.ttl_ms(),
        };
        self.hear(delivery, told).await
    }

    /// A push to it, or its end: the repository says which.
    pub(in crate::control) async fn hear_branch(
        &self,
        delivery: &Delivery,
        branch: &str,
        url: &str,
        otherwise: &str,
    ) -> Stored<()> {
        let subject = Subject::Branch(branch.to_owned());
        let (org, project) = (&delivery.org, &delivery.project);
        let rules = self.store.review_rules(org, project).await?;
        let known = self.store.review_of(org, project, &subject).await?;
        if !rules.takes_branch(branch) {
            return self.end(delivery, otherwise).await;
        }
        let head = match self.git.tip(org, url, branch).await {
            Ok(head) => head,
            Err(refusal) => return self.postpone(delivery, &refusal).await,
        };
        if head.is_none() && known.is_none() {
            return self.end(delivery, otherwise).await;
        }
        let author = delivery.push.as_ref().and_then(|p| p.author.as_deref());
        let told = Told {
            subject: &subject,
            branch,
            title: delivery.push.as_ref().and_then(|p| p.subject.as_deref()),
            author,
            fork: false,
            told_at: self.clock.now(),
            head: head.as_deref(),
            ttl_ms: rules.ttl_ms(),
        };
        self.hear(delivery, told).await
    }

    async fn hear(&self, delivery: &Delivery, told: Told<'_>) -> Stored<()> {
        let (subject, head, fork) = (
            told.subject.clone(),
            told.head.map(str::to_owned),
            told.fork,
        );
        let effect = move |approved: Option<&str>| match head {
            Some(head) => review::said(&subject, &head, fork, approved),
            None => format!("The preview of {} is over.", subject.title()),
        };
        let ids = || self.now();
        let heard: Heard = self.store.hear_review(delivery, told, effect, &ids).await?;
        if let Some(environment) = &heard.going {
            self.wake(&delivery.org, environment, None);
        }
        let topic = Topic::Project(delivery.project.clone());
        self.bus.hint(&delivery.org, topic);
        Ok(())
    }

    /// Fetched, so that whoever approves it can be shown what it is, and a build finds it.
    async fn pull_head(&self, delivery: &Delivery, pull: &Pull, url: &str) -> Reply<String> {
        let org = &delivery.org;
        let pulled = review::pull_ref(delivery.provider, pull.number);
        let branch = format!("refs/heads/{}", pull.branch);
        let at: HashMap<_, _> = self.git.points(org, url, &[&pulled, &branch]).await?;
        let of = |name: &str| at.get(name).map(String::as_str);
        let head = review::head(pull, of(&pulled), of(&branch));
        let head = head.map_err(|why| Refusal::unavailable("no_head", why))?;
        let name = if at.contains_key(&pulled) {
            &pulled
        } else {
            &branch
        };
        let commit = self.git.bring(org, url, name, &head).await?;
        match commit.sha == head {
            true => Ok(head),
            false => Err(broken("a commit is another one")),
        }
    }
}
