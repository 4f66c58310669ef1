//! One open stream: a task that writes events into a bounded queue, and ends, with a last event that
//! says why, when the reader may not read any more, reads too slowly, or the server stops.

use crate::app::App;
use crate::caller::Credential;
use crate::limits::ms;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::access::{Action, Caller};
use domain::api::Reply;
use std::convert::Infallible;
use std::future::Future;
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

/// Why a stream ended; the data of its last event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing will follow.
    Complete,
    /// The reader did not keep up. It may come back and go on where it was.
    Slow,
    /// The server stops. Come back.
    Stopping,
    /// The reader may not read this any more.
    Refused,
    /// Something broke; the log has it. Come back.
    Broken,
    /// The reader is gone; nobody is told.
    Gone,
}

impl End {
    pub const fn word(self) -> &'static str {
        match self {
            End::Complete => "complete",
            End::Slow => "slow",
            End::Stopping => "stopping",
            End::Refused => "refused",
            End::Broken => "broken",
            End::Gone => "gone",
        }
    }
}

/// Where a stream's events go.
#[derive(Clone)]
pub struct Out {
    queue: mpsc::Sender<Event>,
    stall_ms: u64,
}

impl Out {
    /// Waits for a slow reader, but not for ever.
    pub async fn send(&self, event: Event) -> Result<(), End> {
        match tokio::time::timeout(ms(self.stall_ms), self.queue.send(event)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Slow),
        }
    }
}

/// Who reads, and by what right.
pub struct Reader {
    pub caller: Caller,
    pub credential: Credential,
    pub action: Action,
}

pub fn open<W, F>(app: &App, reader: Reader, write: W) -> Reply<Response>
where
    W: FnOnce(Out) -> F,
    F: Future<Output = End> + Send + 'static,
{
    let slot = app.slots.take(&reader.caller.user)?;
    let (queue, events) = mpsc::channel(app.limits.stream_queue + 1);
    // One place is kept for the last event, so that even a reader whose queue is full is told why.
    let last = queue
        .clone()
        .try_reserve_owned()
        .map_err(|e| crate::problem::internal("opening a stream", e))?;
    let work = write(Out {
        queue: queue.clone(),
        stall_ms: app.limits.stream_stall_ms,
    });
    let app_of_task = app.clone();
    tokio::spawn(async move {
        let end = until_over(&app_of_task, &reader, work, &queue).await;
        say(last, end);
        drop(slot);
    });
    let heartbeat = KeepAlive::new().interval(ms(app.limits.heartbeat_ms));
    let events = ReceiverStream::new(events).map(Ok::<_, Infallible>);
    Ok((
        [("x-accel-buffering", "no")],
        Sse::new(events).keep_alive(heartbeat),
    )
        .into_response())
}

async fn until_over(
    app: &App,
    reader: &Reader,
    work: impl Future<Output = End>,
    queue: &mpsc::Sender<Event>,
) -> End {
    tokio::select! {
        end = work => end,
        end = refused(app, reader) => end,
        () = app.stop.cancelled() => End::Stopping,
        () = queue.closed() => End::Gone,
    }
}

/// Resolves when the reader lost the right to read. A store that does not answer takes no right away.
async fn refused(app: &App, reader: &Reader) -> End {
    loop {
        tokio::time::sleep(ms(app.limits.recheck_ms)).await;
        let now = reader.credential.caller(app).await;
        match now {
            Ok(caller) if caller.org == reader.caller.org && caller.may(reader.action).is_ok() => {}
            Err(refusal) if refusal.kind.status() >= 500 => {}
            _ => return End::Refused,
        }
    }
}

fn say(last: OwnedPermit<Event>, end: End) {
    if end != End::Gone {
        last.send(Event::default().event("end").data(end.word()));
    }
}
