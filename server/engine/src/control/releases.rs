//! What the Git host says of the tags: which are pre-releases, and which carry a `release.json`
//! (I-3, I-19).

use super::Control;
use crate::forge::releases;
use crate::store::project::Project;
use domain::forge::releases::{Listed, mark};
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
