//! How often an address or an account may try. Memory is bounded: guessing from many addresses
//! can make the limiter forget, but never grow.

use domain::refusal::{Kind, Refusal};
use domain::time::Time;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A leaking bucket per key, kept as the time when it will be empty again (GCRA).
pub struct Limiter {
    burst: u32,
    every_ms: i64,
    keys_max: usize,
    empty_at: Mutex<HashMap<String, Time>>,
}

impl Limiter {
    pub fn new(burst: u32, every_ms: i64, keys_max: usize) -> Self {
        Self {
            burst,
            every_ms,
            keys_max,
            empty_at: Mutex::default(),
        }
    }

    /// Counts an attempt, or refuses it.
    pub fn take(&self, key: &str, now: Time) -> Result<(), Refusal> {
        let mut keys = self.empty_at.lock().unwrap_or_else(PoisonError::into_inner);
        let next = self.room(keys.get(key).copied(), now)?;
        if !keys.contains_key(key) && keys.len() >= self.keys_max {
            make_room(&mut keys, now);
        }
        keys.insert(key.to_owned(), next);
        Ok(())
    }

    /// Refuses what `take` would, and counts nothing: where only what was wrong counts.
    pub fn check(&self, key: &str, now: Time) -> Result<(), Refusal> {
        let keys = self.empty_at.lock().unwrap_or_else(PoisonError::into_inner);
        self.room(keys.get(key).copied(), now).map(drop)
    }

    /// When the bucket would be empty again after one more, if it has room for that.
    fn room(&self, empty_at: Option<Time>, now: Time) -> Result<Time, Refusal> {
        let next = empty_at.unwrap_or(now).max(now).plus_ms(self.every_ms);
        let room_ms = self.every_ms * i64::from(self.burst);
        match next.since_ms(now) > room_ms {
            true => Err(too_often(next.since_ms(now) - room_ms)),
            false => Ok(next),
        }
    }

    /// The attempt was a good one: it does not count.
    pub fn give_back(&self, key: &str) {
        let mut keys = self.empty_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = keys.get_mut(key) {
            *at = at.plus_ms(-self.every_ms);
        }
    }
}

/// First what is empty anyway; if that is not enough, the half that is emptiest.
fn make_room(keys: &mut HashMap<String, Time>, now: Time) {
    let before = keys.len();
    keys.retain(|_, at| *at > now);
    if keys.len() == before {
        let mut times: Vec<_> = keys.values().copied().collect();
        times.sort_unstable();
        let middle = times[times.len() / 2];
        keys.retain(|_, at| *at > middle);
    }
}

fn too_often(wait_ms: i64) -> Refusal {
    let seconds = wait_ms.div_euclid(1000) + 1;
    let sentence = format!("There were too many attempts. The next one counts in {seconds} s.");
    Refusal::new(Kind::TooMany, "too_many_attempts", sentence)
        .way_out("Wait that long, then try again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_and_then_one_per_interval() {
        let limiter = Limiter::new(3, 1000, 10);
        assert!((0..3).all(|_| limiter.take("a", Time(0)).is_ok()));
        assert_eq!(
            limiter.take("a", Time(0)).map_err(|r| r.kind),
            Err(Kind::TooMany)
        );
        assert!(limiter.take("b", Time(0)).is_ok());
        assert!(limiter.take("a", Time(1000)).is_ok());
        assert!(limiter.take("a", Time(1000)).is_err());
    }

    #[test]
    fn a_check_counts_nothing_and_refuses_the_same() {
        let limiter = Limiter::new(2, 1000, 10);
        assert!((0..9).all(|_| limiter.check("a", Time(0)).is_ok()));
        assert!((0..2).all(|_| limiter.take("a", Time(0)).is_ok()));
        assert!(limiter.check("a", Time(0)).is_err() && limiter.take("a", Time(0)).is_err());
        assert!(limiter.check("a", Time(1000)).is_ok() && limiter.take("a", Time(1000)).is_ok());
    }

    #[test]
    fn a_good_attempt_does_not_count() {
        let limiter = Limiter::new(1, 1000, 10);
        for _ in 0..5 {
            assert!(limiter.take("a", Time(0)).is_ok());
            limiter.give_back("a");
        }
    }

    #[test]
    fn memory_is_bounded_whoever_tries() {
        let limiter = Limiter::new(1, 1000, 10);
        for n in 0..1000 {
            assert!(limiter.take(&n.to_string(), Time(0)).is_ok());
        }
        assert!(limiter.empty_at.lock().unwrap().len() <= 10);
    }
}
