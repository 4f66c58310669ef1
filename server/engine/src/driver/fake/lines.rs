//! What a fake instance prints: a function of its starts, so that it can be read again.

use super::Room;
use super::knob::Knob;
use super::world::{Instance, Start};
use crate::driver::Printed;
use domain::id::InstanceId;
use domain::time::Time;
use domain::view::Stream;
use std::sync::Arc;
use tokio::sync::mpsc;

const LAST_LINES: usize = 20;

impl Instance {
    /// Everything printed until now, in order.
    pub fn printed(&self, now: Time) -> Vec<Printed> {
        let mut all: Vec<_> = self
            .starts
            .iter()
            .flat_map(|start| self.of_start(*start))
            .collect();
        if let (Knob::CrashAfter { ms }, Some(start), Some(_)) =
            (self.knob, self.starts.last(), self.ended(now))
        {
            all.push(line(
                start.at.plus_ms(i64::from(ms)),
                Stream::Err,
                "crashed on purpose".into(),
            ));
        }
        all
    }

    fn of_start(&self, start: Start) -> Vec<Printed> {
        let port = self.spec.port;
        match self.knob {
            Knob::Exits { .. } => vec![line(start.at, Stream::Err, "going down".into())],
            Knob::OutOfMemory => vec![],
            Knob::Prints { pairs } => (1..=pairs).flat_map(|n| pair(start.at, n)).collect(),
            _ => vec![line(start.at, Stream::Out, format!("listening on {port}"))],
        }
    }

    pub fn last_lines(&self, now: Time) -> Vec<String> {
        let mut all = self.printed(now);
        all.split_off(all.len().saturating_sub(LAST_LINES))
            .into_iter()
            .map(|line| line.text)
            .collect()
    }
}

fn line(at: Time, stream: Stream, text: String) -> Printed {
    Printed {
        at_ms: at.0,
        stream,
        text,
    }
}

fn pair(at: Time, n: u32) -> [Printed; 2] {
    [
        line(at, Stream::Out, format!("out {n}")),
        line(at, Stream::Err, format!("err {n}")),
    ]
}

/// Until it is gone, or nobody listens any more.
pub async fn follow(room: &Arc<Room>, id: &InstanceId, since_ms: i64, into: mpsc::Sender<Printed>) {
    let mut changes = room.changes.subscribe();
    let mut sent = 0;
    loop {
        changes.borrow_and_update();
        let Some(all) = room
            .world()
            .get(id)
            .map(|instance| instance.printed(room.clock.now()))
        else {
            return;
        };
        for line in all.iter().skip(sent).filter(|line| line.at_ms >= since_ms) {
            if into.send(line.clone()).await.is_err() {
                return;
            }
        }
        sent = all.len();
        tokio::select! {
            () = into.closed() => return,
            changed = changes.changed() => if changed.is_err() { return },
        }
    }
}
