//! What the Git host says of the tags: which are pre-releases, which carry a `release.json`, and what
//! one says where the project takes nothing else (I-3, I-19).

use super::resolve::Resolved;
use super::{Control, broken};
use crate::forge::releases;
use crate::store::environment::Environment;
use crate::store::project::Project;
use domain::access::{Action, Caller};
use domain::api::Reply;
use domain::attest::{Hex, RELEASE_FILE, ReleasedImage};
use domain::can;
use domain::deployment::{Deployment, Trigger};
use domain::forge::releases::{Listed, mark};
use domain::id::ProjectId;
use domain::refusal::Refusal;
use domain::source::{Origin, Tag};

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
            Some((of, Trigger::Promote | Trigger::Retry)) => Some(of),
            Some(_) => return Ok(()),
            None => None,
        };
        let forge = self.store.forge(&row.org, &row.project).await;
        let forge = forge.map_err(broken)?;
        let key = forge.as_ref().and_then(|forge| forge.view.release_key);
        let (Some(forge), Some(key), false) = (forge.as_ref(), key, row.debug || row.review) else {
            return Ok(());
        };
        let (tag, commit) = can::released(&resolved.source)?;
        // What was asked for this version before does not need the host.
        let before = again.or(active.filter(|a| a.source == resolved.source));
        let known = before
            .and_then(|d| d.build.as_ref()?.released.clone())
            .filter(|known| known.key == key);
        let released = match known {
            Some(known) => known,
            None => {
                let released = releases::signed(forge, tag, key).await?;
                let wrong = |why| not_released(format!("The {RELEASE_FILE} of {tag} {why}."));
                released.is_of(tag, commit).map_err(wrong)?;
                ReleasedImage {
                    image: released.image,
                    reference: released.reference,
                    key,
                }
            }
        };
        if let Some(made) = again.and_then(|of| of.artifact.as_ref()) {
            released.is(made, tag).map_err(not_released)?;
        }
        let note = format!("The release of {tag} is signed by `{key}`. Only its image is started.");
        resolved.notes.push(note);
        resolved.build = resolved.build.take().map(|build| build.only(released, tag));
        Ok(())
    }
}

impl Control {
    /// Whoever deploys could otherwise do so without a release by taking the key away first.
    pub(super) async fn may_set_release_key(
        &self,
        caller: &Caller,
        project: &ProjectId,
        key: Option<Hex<32>>,
    ) -> Reply<()> {
        let forge = self.store.forge(&caller.org, project).await;
        let known = forge.map_err(broken)?.and_then(|f| f.view.release_key);
        match known == key {
            true => Ok(()),
            false => caller.may(Action::ManageReleases),
        }
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
