//! From a machine that boots to one that is reached: its evidence is asked for until it comes, and
//! what is not as expected is ended. Afterwards it is asked again and again, until it ends.

use super::gate::{Asked, Looked};
use super::pinned::Guest;
use super::room::{Admitted, Folder, Record, Started};
use super::witness::Seen;
use super::{Room, expected, forward, qmp, remove, secrets};
use domain::attest::Digest;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::error::Elapsed;
use tokio_util::sync::CancellationToken;

/// Whoever boots takes less, also where every instruction is emulated on a busy machine.
const BOOT: Duration = Duration::from_secs(600);
/// What does not let itself be ended now is ended later.
const END_AGAIN: Duration = Duration::from_secs(5);
const ASK_AGAIN: Duration = Duration::from_millis(300);
/// QEMU takes connections long before there is a guest, and tries ever more rarely to hand one on:
/// a question that is asked too early hangs for seconds after the guest is there. So another is asked
/// beside it, soon, and the first that is answered counts. Each is given up after a quarter of what
/// the guest took so far, for a guest that is slow and not absent.
const LEAST_PATIENCE: Duration = Duration::from_secs(1);
const MOST_PATIENCE: Duration = Duration::from_secs(30);
/// Side by side, so that a guest that takes minutes is not met by a crowd.
const MOST_QUESTIONS: u32 = 8;
const LOOK_AGAIN: Duration = Duration::from_millis(700);
/// A guest with much to do answers late.
const SILENCE: Duration = Duration::from_secs(60);

/// One watch for each machine.
pub fn begin(room: &Arc<Room>, record: Record) {
    let Some(stop) = room.machines().watch(&record.id) else {
        return;
    };
    let known = again(room, &record, &stop);
    let of_task = room.clone();
    room.spawn(async move {
        stop.run_until_cancelled(watch(&of_task, &record, known, &stop))
            .await;
        of_task.machines().ended(&record.id, &stop);
        of_task.hint(&record.environment);
    });
}

/// One that was verified before a restart of ours is reached as it was: its key is in nobody else's
/// hands. It is asked anew at once, and everything else follows from that.
fn again(room: &Room, record: &Record, stop: &CancellationToken) -> Option<Digest> {
    let folder = room.folders.machine(&record.id);
    if folder.refused().is_some() {
        return None;
    }
    let (started, admitted) = (folder.started().ok()??, folder.admitted().ok()??);
    let guest = Guest::new(started.port, Some(admitted.key)).ok()?;
    // Somebody else may have the port by now.
    let open = forward::open_at(guest.clone(), admitted.port).or_else(|_| forward::open(guest));
    room.machines().opened(&record.id, stop, open.ok()?);
    Some(admitted.key)
}

async fn watch(room: &Room, record: &Record, known: Option<Digest>, stop: &CancellationToken) {
    let folder = room.folders.machine(&record.id);
    // That was said before a restart of ours, and stays said.
    if folder.refused().is_none() {
        let whole = AssertUnwindSafe(whole(room, record, &folder, known, stop)).catch_unwind();
        let Err(e) = whole.await.unwrap_or_else(|_| Err(defect())) else {
            return;
        };
        tracing::warn!(instance = %record.id, error = %e, "a confidential machine is not let through");
        // First nobody reaches it, then everybody may see why, then it goes.
        room.machines().close(&record.id, stop);
        if let Err(e) = folder.write_refused(&e.to_string()) {
            tracing::warn!(instance = %record.id, error = %e, "why it is ended can't be written down");
        }
    }
    while let Err(e) = remove::end(&folder).await {
        tracing::warn!(instance = %record.id, error = %e, "a refused machine can't be ended now");
        tokio::time::sleep(END_AGAIN).await;
    }
}

/// Evidence is anybody's bytes: whoever makes its reader fall is not let through either.
fn defect() -> io::Error {
    io::Error::other(
        "Sealdock failed while it looked at its evidence, so nobody is let through. The log of \
         Sealdock says where; please report it.",
    )
}

/// From its start to its end; an error: it is to be ended.
async fn whole(
    room: &Room,
    record: &Record,
    folder: &Folder,
    known: Option<Digest>,
    stop: &CancellationToken,
) -> io::Result<()> {
    let gone = || io::Error::from(io::ErrorKind::NotFound);
    let started = folder.started()?.ok_or_else(gone)?;
    let signed = folder.expected()?.ok_or_else(gone)?;
    let asked = Asked {
        port: started.port,
        expected: &signed,
        key: expected::public(&room.key),
        tpm: record.tpm,
    };
    let machine = Machine {
        room,
        record,
        folder,
        asked,
        started,
    };
    let key = match known {
        Some(key) => machine.once_more(key).await.map(|()| key)?,
        None => machine.admit(stop).await?,
    };
    room.hint(&record.environment);
    machine.keep(key).await
}

struct Machine<'a> {
    room: &'a Room,
    record: &'a Record,
    folder: &'a Folder,
    asked: Asked<'a>,
    started: Started,
}

impl Machine<'_> {
    /// Nothing is opened before the verdict.
    async fn admit(&self, stop: &CancellationToken) -> io::Result<Digest> {
        let key = self.verified().await?;
        let guest = Guest::new(self.asked.port, Some(key))?;
        give_secrets(self.room, self.record, self.folder, &guest, key).await?;
        let open = forward::open(guest)?;
        let port = open.address.port();
        self.folder.write_admitted(&Admitted { key, port })?;
        self.room.machines().opened(&self.record.id, stop, open);
        Ok(key)
    }

    /// Whatever its answer is, it is heard before anything follows from it.
    async fn verified(&self) -> io::Result<Digest> {
        let begun = Instant::now();
        let mut questions = FuturesUnordered::new();
        loop {
            let patience = (begun.elapsed() / 4).clamp(LEAST_PATIENCE, MOST_PATIENCE);
            let look = self.room.gate.look(&self.asked);
            questions.push(tokio::time::timeout(patience, look));
            let pause = patience / MOST_QUESTIONS;
            if let Ok(looked) = tokio::time::timeout(pause, first(&mut questions)).await {
                return self.judged(looked).await;
            }
            // Any end before it was ready is a failure, whatever QEMU's own code says.
            if !self.runs().await {
                return self
                    .nothing("It ended before it showed any evidence.")
                    .await;
            }
            if begun.elapsed() > BOOT {
                let minutes = BOOT.as_secs() / 60;
                return self
                    .nothing(&format!("It showed no evidence within {minutes} min."))
                    .await;
            }
        }
    }

    async fn judged(&self, looked: Looked) -> io::Result<Digest> {
        let (holds, spki, sentence) = (looked.holds(), looked.spki, looked.sentence());
        self.witness(Ok(looked)).await;
        match holds {
            true => Ok(spki),
            false => Err(io::Error::other(sentence)),
        }
    }

    async fn nothing<T>(&self, why: &str) -> io::Result<T> {
        self.witness(Err(why.to_owned())).await;
        Err(io::Error::other(why.to_owned()))
    }

    async fn witness(&self, looked: Result<Looked, String>) {
        let boot = self.started.boot.clone();
        let seen = Seen::new(&self.record.id, &self.asked, boot, looked);
        self.room.witness.saw(&seen).await;
    }

    async fn runs(&self) -> bool {
        qmp::runs(self.folder.path()).await.unwrap_or(true)
    }

    /// Until it ends, or what it shows does not hold any more.
    async fn keep(&self, key: Digest) -> io::Result<()> {
        let mut due = Instant::now() + self.room.every;
        while self.runs().await {
            tokio::time::sleep(LOOK_AGAIN).await;
            if Instant::now() >= due {
                self.once_more(key).await?;
                due = Instant::now() + self.room.every;
            }
        }
        Ok(())
    }

    /// One that answers nothing for long is as good as one that answers wrongly.
    async fn once_more(&self, key: Digest) -> io::Result<()> {
        let begun = Instant::now();
        loop {
            let why = match self.room.gate.look(&self.asked).await {
                Ok(looked) if looked.spki == key => return self.judged(looked).await.map(drop),
                Ok(_) => {
                    return self
                        .nothing("It answers with another key than before.")
                        .await;
                }
                Err(why) => why,
            };
            if !self.runs().await {
                return Ok(());
            }
            if begun.elapsed() > SILENCE {
                let seconds = SILENCE.as_secs();
                return self
                    .nothing(&format!("It showed no evidence for {seconds} s: {why}"))
                    .await;
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }
}

/// Of all that are asked, the first that is answered; for ever, where none is.
async fn first<T, E, F>(questions: &mut FuturesUnordered<F>) -> T
where
    F: Future<Output = Result<Result<T, E>, Elapsed>>,
{
    loop {
        match questions.next().await {
            Some(Ok(Ok(answer))) => return answer,
            Some(_) => {}
            None => std::future::pending().await,
        }
    }
}

/// Once. A restart of ours forgets what they are: then they are asked for.
async fn give_secrets(
    room: &Room,
    record: &Record,
    folder: &Folder,
    guest: &Guest,
    key: Digest,
) -> io::Result<()> {
    if !record.secrets || folder.has_secrets() {
        return Ok(());
    }
    while folder.path().exists() {
        let known = room.machines().secrets(&record.id);
        if let Some(known) = known.filter(|known| !known.is_empty()) {
            match secrets::send(guest, &room.key, key, &known).await {
                // A crash came before we wrote it down; it takes none but ours.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                given => given?,
            }
            folder.write_has_secrets()?;
            room.machines().drop_secrets(&record.id);
            return Ok(());
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
    Ok(())
}
