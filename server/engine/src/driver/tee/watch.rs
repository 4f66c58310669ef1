//! From a machine that boots to one that is reached: its evidence is asked for until it comes, and
//! what is not as expected is ended. Afterwards: until it ends.

use super::gate::{Asked, No};
use super::pinned::Guest;
use super::room::{Folder, Record};
use super::{Room, expected, forward, qmp, secrets};
use domain::attest::Digest;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// What was refused is said here.
pub const REFUSED: &str = "refused";
const ASK_AGAIN: Duration = Duration::from_millis(300);
const LOOK_AGAIN: Duration = Duration::from_millis(700);

/// One watch for each machine.
pub fn begin(room: &Arc<Room>, record: Record) {
    if !room.machines().watched.insert(record.id.clone()) {
        return;
    }
    let of_task = room.clone();
    room.spawn(async move {
        watch(&of_task, &record).await;
        let mut machines = of_task.machines();
        machines.watched.remove(&record.id);
        machines.open.remove(&record.id);
        machines.secrets.remove(&record.id);
        drop(machines);
        of_task.hint(&record.environment);
    });
}

async fn watch(room: &Room, record: &Record) {
    let folder = room.folders.machine(&record.id);
    if let Err(e) = admit(room, record, &folder).await {
        tracing::warn!(instance = %record.id, error = %e, "a confidential machine is not let through");
        let _ = std::fs::write(folder.file(REFUSED), e.to_string());
        let _ = qmp::quit(folder.path()).await;
        return;
    }
    room.hint(&record.environment);
    while qmp::runs(folder.path()).await.unwrap_or(true) {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Nothing is opened before the verdict.
async fn admit(room: &Room, record: &Record, folder: &Folder) -> io::Result<()> {
    let gone = || io::Error::from(io::ErrorKind::NotFound);
    let started = folder.started()?.ok_or_else(gone)?;
    let signed = folder.expected()?.ok_or_else(gone)?;
    let asked = Asked {
        port: started.port,
        expected: &signed,
        key: expected::public(&room.key),
        tpm: record.tpm,
    };
    let key = verified(room, folder, &asked).await?;
    let guest = Guest::new(started.port, Some(key))?;
    let secrets = room.machines().secrets.get(&record.id).cloned();
    if let Some(secrets) = secrets.filter(|secrets| !secrets.is_empty()) {
        secrets::send(&guest, &room.key, key, &secrets).await?;
    }
    let open = forward::open(guest).await?;
    room.machines().open.insert(record.id.clone(), open);
    Ok(())
}

async fn verified(room: &Room, folder: &Folder, asked: &Asked<'_>) -> io::Result<Digest> {
    loop {
        match room.gate.verified(asked).await {
            Ok(key) => return Ok(key),
            Err(No::Never(why)) => return Err(io::Error::other(why)),
            Err(No::NotYet(_)) => {}
        }
        // Any end before it was ready is a failure, whatever QEMU's own code says.
        if !qmp::runs(folder.path()).await.unwrap_or(true) {
            return Err(io::Error::other("It ended before it showed any evidence."));
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
}
