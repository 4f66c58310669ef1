//! A keyed queue: a key waits at most once and is worked on by one at a time; a wake while it is
//! worked on makes it wait once more. So it is bounded by the number of environments.

use domain::id::EnvironmentId;
use domain::time::Time;
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A wake carries no data: it says *look*, never *what to do*.
#[derive(Debug, Default)]
pub struct Queue {
    state: Mutex<State>,
    news: Notify,
}

#[derive(Debug, Default)]
struct State {
    ready: VecDeque<EnvironmentId>,
    waiting: HashSet<EnvironmentId>,
    working: HashSet<EnvironmentId>,
    again: HashSet<EnvironmentId>,
    timers: BTreeSet<(Time, EnvironmentId)>,
    timer_of: BTreeMap<EnvironmentId, Time>,
}

impl Queue {
    pub fn wake(&self, key: &EnvironmentId) {
        self.state().wake(key);
        self.news.notify_one();
    }

    /// Not later than `at`; an earlier timer of the key stays.
    pub fn wake_at(&self, key: &EnvironmentId, at: Time) {
        self.state().wake_at(key, at);
        self.news.notify_one();
    }

    /// The next key to look at; it is ours until `done`.
    pub fn take(&self, now: Time) -> Option<EnvironmentId> {
        self.state().take(now)
    }

    pub fn done(&self, key: &EnvironmentId) {
        self.state().done(key);
        self.news.notify_one();
    }

    /// When the first timer rings.
    pub fn next_timer(&self) -> Option<Time> {
        self.state().timers.first().map(|(at, _)| *at)
    }

    pub async fn news(&self) {
        self.news.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wake(&mut self, key: &EnvironmentId) {
        if self.working.contains(key) {
            self.again.insert(key.clone());
        } else if self.waiting.insert(key.clone()) {
            self.ready.push_back(key.clone());
        }
    }

    fn wake_at(&mut self, key: &EnvironmentId, at: Time) {
        match self.timer_of.get(key) {
            Some(earlier) if *earlier <= at => return,
            Some(later) => {
                self.timers.remove(&(*later, key.clone()));
            }
            None => {}
        }
        self.timers.insert((at, key.clone()));
        self.timer_of.insert(key.clone(), at);
    }

    fn take(&mut self, now: Time) -> Option<EnvironmentId> {
        while let Some((at, key)) = self.timers.first().cloned().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, key.clone()));
            self.timer_of.remove(&key);
            self.wake(&key);
        }
        let key = self.ready.pop_front()?;
        self.waiting.remove(&key);
        self.working.insert(key.clone());
        Some(key)
    }

    fn done(&mut self, key: &EnvironmentId) {
        self.working.remove(key);
        if self.again.remove(key) {
            self.wake(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u128) -> EnvironmentId {
        EnvironmentId::new(Time(0), n)
    }

    #[test]
    fn a_key_waits_once_and_is_worked_on_by_one() {
        let queue = Queue::default();
        queue.wake(&key(1));
        queue.wake(&key(1));
        assert_eq!(queue.take(Time(0)), Some(key(1)));
        queue.wake(&key(1));
        assert_eq!(queue.take(Time(0)), None);
        queue.done(&key(1));
        assert_eq!(queue.take(Time(0)), Some(key(1)));
    }

    #[test]
    fn the_earliest_timer_of_a_key_wins() {
        let queue = Queue::default();
        queue.wake_at(&key(1), Time(50));
        queue.wake_at(&key(1), Time(10));
        queue.wake_at(&key(1), Time(90));
        assert_eq!(
            (queue.take(Time(9)), queue.next_timer()),
            (None, Some(Time(10)))
        );
        assert_eq!(
            (queue.take(Time(10)), queue.next_timer()),
            (Some(key(1)), None)
        );
    }
}
