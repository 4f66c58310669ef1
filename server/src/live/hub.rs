//! Numbers the hints and keeps the last ones, so that a stream that reconnects goes on where it was.
//!
//! One ring for all streams: a slow reader costs nothing, it only falls off the end and is told so.

use domain::hint::Hint;
use domain::id::OrgId;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

pub struct Hub {
    /// Tells this process's numbers from those before a restart.
    epoch: u32,
    kept: usize,
    ring: Mutex<Ring>,
    /// The number of the newest hint.
    head: watch::Sender<u64>,
}

#[derive(Default)]
struct Ring {
    /// Of the newest hint; hints are numbered from 1.
    head: u64,
    hints: VecDeque<Hint>,
}

/// What came after a position.
#[derive(Debug, PartialEq, Eq)]
pub enum Since {
    Hints {
        hints: Vec<(u64, Hint)>,
        head: u64,
    },
    /// Some that came after it are not kept any more.
    Gap {
        head: u64,
    },
}

impl Hub {
    pub fn start(
        changes: broadcast::Receiver<Hint>,
        kept: usize,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let hub = Arc::new(Self::new(kept));
        tokio::spawn(stop.run_until_cancelled_owned(pump(hub.clone(), changes)));
        hub
    }

    fn new(kept: usize) -> Self {
        Self {
            epoch: rand::random(),
            kept,
            ring: Mutex::default(),
            head: watch::Sender::new(0),
        }
    }

    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    pub fn head(&self) -> u64 {
        self.lock().head
    }

    /// The organization's hints after `position`.
    pub fn since(&self, position: u64, org: &OrgId) -> Since {
        let ring = self.lock();
        let oldest = ring.head - ring.hints.len() as u64;
        if position < oldest || position > ring.head {
            return Since::Gap { head: ring.head };
        }
        let numbered = (oldest + 1..).zip(&ring.hints);
        let after = numbered.filter(|(number, hint)| *number > position && hint.org == *org);
        Since::Hints {
            hints: after.map(|(n, h)| (n, h.clone())).collect(),
            head: ring.head,
        }
    }

    pub fn event_id(&self, number: u64) -> String {
        format!("{:08x}-{number}", self.epoch)
    }

    /// The position that an event's id stands for, if it was given out by this process.
    pub fn position(&self, event_id: &str) -> Option<u64> {
        let (epoch, number) = event_id.split_once('-')?;
        (u32::from_str_radix(epoch, 16) == Ok(self.epoch))
            .then(|| number.parse().ok())
            .flatten()
    }

    fn push(&self, hint: Hint) {
        let mut ring = self.lock();
        ring.head += 1;
        ring.hints.push_back(hint);
        if ring.hints.len() > self.kept {
            ring.hints.pop_front();
        }
        let head = ring.head;
        drop(ring);
        self.head.send_replace(head);
    }

    /// Hints were lost before they reached us: every position before now has a gap.
    fn skip(&self, lost: u64) {
        let mut ring = self.lock();
        ring.head += lost;
        ring.hints.clear();
        let head = ring.head;
        drop(ring);
        self.head.send_replace(head);
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn pump(hub: Arc<Hub>, mut changes: broadcast::Receiver<Hint>) {
    loop {
        match changes.recv().await {
            Ok(hint) => hub.push(hint),
            Err(RecvError::Lagged(lost)) => hub.skip(lost),
            Err(RecvError::Closed) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::hint::Topic;
    use domain::time::Time;

    fn org(n: u128) -> OrgId {
        OrgId::new(Time(1), n)
    }

    fn hint(org: OrgId) -> Hint {
        Hint {
            org,
            topic: Topic::Runtimes,
        }
    }

    fn numbers(since: Since) -> Option<Vec<u64>> {
        match since {
            Since::Hints { hints, .. } => Some(hints.into_iter().map(|(n, _)| n).collect()),
            Since::Gap { .. } => None,
        }
    }

    #[test]
    fn a_reader_gets_its_own_organizations_hints_once_and_in_order() {
        let hub = Hub::new(10);
        [org(1), org(2), org(1)]
            .into_iter()
            .for_each(|o| hub.push(hint(o)));
        assert_eq!(numbers(hub.since(0, &org(1))), Some(vec![1, 3]));
        assert_eq!(numbers(hub.since(1, &org(1))), Some(vec![3]));
        assert_eq!(numbers(hub.since(3, &org(1))), Some(vec![]));
    }

    #[test]
    fn whoever_fell_off_the_end_is_told() {
        let hub = Hub::new(2);
        (0..5).for_each(|_| hub.push(hint(org(1))));
        assert_eq!(hub.since(2, &org(1)), Since::Gap { head: 5 });
        assert_eq!(numbers(hub.since(3, &org(1))), Some(vec![4, 5]));
        hub.skip(7);
        assert_eq!(hub.since(5, &org(1)), Since::Gap { head: 12 });
        assert_eq!(numbers(hub.since(12, &org(1))), Some(vec![]));
        assert_eq!(hub.since(13, &org(1)), Since::Gap { head: 12 });
    }

    #[test]
    fn an_id_of_another_process_is_no_position() {
        let hub = Hub::new(2);
        assert_eq!(hub.position(&hub.event_id(7)), Some(7));
        let other = format!("{:08x}-7", hub.epoch.wrapping_add(1));
        assert_eq!(hub.position(&other), None);
        assert_eq!(hub.position("x"), None);
    }
}
