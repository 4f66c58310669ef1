//! The end of a machine, in the background: first nobody reaches it, then it goes, then its folder.

use super::room::Folder;
use super::{Room, qmp};
use domain::id::InstanceId;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// One removal per machine at a time; when it fails, whoever wants it gone asks again.
pub fn begin(room: &Arc<Room>, id: &InstanceId) {
    if room.machines().leaving.insert(id.clone()) {
        let (of_task, id) = (room.clone(), id.clone());
        room.spawn(async move {
            let removed = remove(&of_task, &id).await;
            of_task.machines().leaving.remove(&id);
            if let Err(e) = removed {
                tracing::warn!(instance = %id, error = %e, "a confidential machine was not removed");
            }
        });
    }
}

async fn remove(room: &Room, id: &InstanceId) -> io::Result<()> {
    let folder = room.folders.machine(id);
    let Some(record) = folder.record()? else {
        return Ok(());
    };
    qmp::quit(folder.path()).await?;
    until_gone(&folder).await?;
    folder.remove()?;
    room.machines().open.remove(id);
    room.hint(&record.environment);
    Ok(())
}

async fn until_gone(folder: &Folder) -> io::Result<()> {
    let begun = Instant::now();
    while qmp::runs(folder.path()).await? {
        if begun.elapsed() > PATIENCE {
            return Err(io::ErrorKind::TimedOut.into());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(())
}
