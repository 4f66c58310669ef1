//! The end of a machine, in the background: first nobody reaches it, then it goes, then its folder.

use super::room::Folder;
use super::{Room, images, process, qmp, stop};
use domain::id::InstanceId;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::OwnedMutexGuard;

const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// One removal per machine at a time; when it fails, whoever wants it gone asks again.
pub fn begin(room: &Arc<Room>, id: &InstanceId, grace: Duration) {
    if room.machines().leaving.insert(id.clone()) {
        let (of_task, id) = (room.clone(), id.clone());
        room.spawn(async move {
            let removed = remove(&of_task, &id, grace).await;
            of_task.machines().leaving.remove(&id);
            if let Err(e) = removed {
                tracing::warn!(instance = %id, error = %e, "a confidential machine was not removed");
            }
        });
    }
}

async fn remove(room: &Room, id: &InstanceId, grace: Duration) -> io::Result<()> {
    let folder = room.folders.machine(id);
    let Some(record) = folder.record()? else {
        return Ok(());
    };
    // Its workload may finish; after that it is ended, whatever it does.
    if stop::ask(room, &folder).await {
        until_gone(&folder, grace).await;
    }
    clear(&folder).await?;
    {
        let mut machines = room.machines();
        machines.forget(id);
        machines.drop_secrets(id);
    }
    images::collect(room).await;
    room.hint(&record.environment);
    Ok(())
}

/// What crashes left of machines and disks that were never complete.
pub async fn leftovers(room: &Room, _alone: OwnedMutexGuard<()>) {
    for draft in room.folders.drafts().unwrap_or_default() {
        if let Err(e) = clear(&draft).await {
            tracing::warn!(folder = %draft.path().display(), error = %e, "what a crash left stays");
        }
    }
    images::sweep(&room.folders.images());
}

/// The machine, its TPM, and then all that is kept of them.
pub async fn clear(folder: &Folder) -> io::Result<()> {
    end(folder).await?;
    folder.remove()
}

/// Asked first; whoever does not answer is ended.
pub async fn end(folder: &Folder) -> io::Result<()> {
    if qmp::quit(folder.path()).await.is_ok() {
        until_gone(folder, PATIENCE).await;
    }
    process::end_all(folder.path()).await
}

async fn until_gone(folder: &Folder, patience: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < patience && qmp::runs(folder.path()).await.unwrap_or(true) {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
