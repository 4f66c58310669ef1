//! What holds the space (P-19).

use super::{Control, broken};
use crate::disk;
use crate::store::artifact::Kept;
use domain::access::{Action, Caller};
use domain::api::Reply;
use domain::retention::{Held, reasons, used_bytes};
use domain::source::{Artifact, Source};
use domain::view::{DiskItem, DiskView};

const SHOWN: usize = 500;
const MIB: u64 = 1 << 20;

impl Control {
    pub(super) async fn disk_of(&self, caller: &Caller) -> Reply<DiskView> {
        caller.may(Action::Read)?;
        let kept = self.store.kept_of(&caller.org).await.map_err(broken)?;
        let held: Vec<Held> = kept.iter().map(|k| k.held.clone()).collect();
        let why = reasons(&held);
        let mut items: Vec<_> = kept.into_iter().map(|k| item(why[&k.held.id], k)).collect();
        items.sort_by_key(|i| std::cmp::Reverse(i.size_bytes));
        items.truncate(SHOWN);
        Ok(DiskView {
            budget_bytes: self.settings.disk_budget_bytes,
            used_bytes: used_bytes(&held),
            free_bytes: disk::free_mib(self.dirs.data()).map(|mib| mib * MIB),
            items,
        })
    }
}

fn item(why: domain::retention::Why, kept: Kept) -> DiskItem {
    let kind = match (&kept.artifact, &kept.source) {
        (Artifact::Static { .. }, _) => "files",
        (Artifact::Image { .. }, Source::Image { .. }) => "pulled image",
        (Artifact::Image { .. }, _) => "image",
    };
    DiskItem {
        deployment: kept.held.id,
        number: kept.number,
        project: kept.project_name,
        environment: kept.environment_name,
        source: kept.source,
        kind: kind.into(),
        size_bytes: kept.held.size_bytes,
        why,
    }
}
