//! What the Git host says of the tags: which are pre-releases, which carry a `release.json`, and what
//! one says where the project takes nothing else (I-3, I-19).

use super::resolve::Resolved;
use super::{Control, broken, found};
use crate::forge::releases;
use crate::store::environment::Environment;
use crate::store::forge::Forge;
use crate::store::project::Project;
use domain::access::{Action, Caller};
use domain::api::Reply;
use domain::attest::{Hex, RELEASE_FILE, ReleasedImage};
use domain::can;
use domain::deployment::{Deployment, Trigger};
use domain::forge::NewForge;
use domain::forge::releases::{Listed, mark};
use domain::refusal::Refusal;
use domain::source::{Origin, Source, Tag};
use domain::view::ForgeView;

impl Control {
    /// `None` where no host is known to ask; the sentence says why one that is known did not say.
    pub(super) async fn releases(&self, project: &Project) -> Option<Result<Vec<Listed>, String>> {
        if !matches!(project.origin, Origin::Git { .. }) {
            return None;
        }
        match self.store.forge(&project.org, &project.id).await {
            Ok(forge) => Some(releases::ask(&forge?).await),
            Err(error) => {
                tracing::error!(project = %project.id, "its Git host can't be read: {error}");
                None
            }
        }
    }
}

impl Control {
    /// Where the project names who signs its releases, nothing else goes where it is not for debugging.
    /// What served there before may serve there again.
    pub(super) async fn only_released(
        &self,
        row: &Environment,
        active: Option<&Deployment>,
        resolved: &mut Resolved,
        reuses: Option<&(Deployment, Trigger)>,
    ) -> Reply<()> {
        let again = match reuses {
            Some((of, trigger)) if is_held_to_it(*trigger) => Some(of),
            Some(_) => return Ok(()),
            None => None,
        };
        let Some(signer) = self.signer(row).await? else {
            return Ok(());
        };
        // What was asked for this version before does not need the host.
        let before = again.or(active.filter(|a| a.source == resolved.source));
        let released = self.released(row, &signer, &resolved.source, before);
        let released = released.await?;
        let tag = resolved.source.label();
        if let Some(made) = again.and_then(|of| of.artifact.as_ref()) {
            released.is(made, &tag).map_err(not_released)?;
        }
        let key = signer.key;
        let note = format!("The release of {tag} is signed by `{key}`. Only its image is started.");
        resolved.notes.push(note);
        resolved.build = resolved
            .build
            .take()
            .map(|build| build.only(released, &tag));
        Ok(())
    }

    /// The same of what is ready and held: since it was planned, another key may have been set.
    pub(super) async fn still_released(&self, held: &Deployment) -> Reply<()> {
        if !is_held_to_it(held.trigger) {
            return Ok(());
        }
        let row = self.store.environment(&held.org, &held.environment).await;
        let row = found(row, "environment")?;
        let (Some(signer), Some(made)) = (self.signer(&row).await?, &held.artifact) else {
            return Ok(());
        };
        let released = self
            .released(&row, &signer, &held.source, Some(held))
            .await?;
        released
            .is(made, &held.source.label())
            .map_err(not_released)
    }

    /// `None` where anything may go.
    async fn signer(&self, row: &Environment) -> Reply<Option<Signer>> {
        let forge = self.store.forge(&row.org, &row.project).await;
        let forge = forge.map_err(broken)?;
        Ok(forge
            .filter(|_| !row.debug && !row.review)
            .and_then(|forge| {
                let key = forge.view.release_key?;
                Some(Signer { forge, key })
            }))
    }

    /// What was signed for the tag of that source.
    async fn released(
        &self,
        row: &Environment,
        signer: &Signer,
        source: &Source,
        before: Option<&Deployment>,
    ) -> Reply<ReleasedImage> {
        let project = self.store.project(&row.org, &row.project).await;
        let project = found(project, "project")?;
        let (tag, commit) = can::released(source, &project.origin)?;
        let known = before
            .and_then(|d| d.build.as_ref()?.released.clone())
            .filter(|known| known.key == signer.key);
        if let Some(known) = known {
            return Ok(known);
        }
        let released = releases::signed(&signer.forge, tag, signer.key).await?;
        let wrong = |why| not_released(format!("The {RELEASE_FILE} of {tag} {why}."));
        released.is_of(tag, commit).map_err(wrong)?;
        Ok(ReleasedImage {
            image: released.image,
            reference: released.reference,
            key: signer.key,
        })
    }
}

struct Signer {
    forge: Forge,
    key: Hex<32>,
}

/// What served there before is not.
const fn is_held_to_it(trigger: Trigger) -> bool {
    !matches!(
        trigger,
        Trigger::Rollback | Trigger::Restart | Trigger::Start
    )
}

/// Whoever deploys could otherwise do so without a release: by taking the key away first, or by letting
/// another place say what is released.
pub(super) fn may_set_releases(
    caller: &Caller,
    known: Option<&ForgeView>,
    new: Option<&NewForge>,
) -> Reply<()> {
    let key = known.and_then(|known| known.release_key);
    let is_there = |new: &NewForge| {
        known.is_some_and(|known| {
            known.provider == new.provider
                && known.url == new.url
                && known.repository == new.repository
        })
    };
    let stays = new.map_or(key.is_none(), |new| {
        new.key(key) == key && (key.is_none() || is_there(new))
    });
    match stays {
        true => Ok(()),
        false => caller.may(Action::ManageReleases),
    }
}

fn not_released(sentence: String) -> Refusal {
    Refusal::conflict("not_released", sentence).way_out(can::RELEASE_IT)
}

/// Marks what is known; the sentence where it is not.
pub(super) fn marked(
    tags: &mut [Tag],
    releases: Option<Result<Vec<Listed>, String>>,
) -> Option<String> {
    match releases? {
        Ok(listed) => {
            mark(tags, &listed);
            None
        }
        Err(why) => Some(format!(
            "Which tags have a release.json is not known now. {why}"
        )),
    }
}
