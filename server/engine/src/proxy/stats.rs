//! What a route has answered, counted where it was answered.
//!
//! Each serving thread writes a shard of its own, so counting shares no cache line between
//! cores; a reader adds the shards up. A shard is made with its first request: an idle route
//! costs one pointer per core.

use domain::traffic::Traffic;
use hyper::StatusCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Four steps per doubling of a microsecond: a percentile is right within a fifth.
const STEPS_PER_DOUBLING: usize = 4;
const BUCKETS: usize = 30 * STEPS_PER_DOUBLING;

#[derive(Debug)]
pub struct Stats {
    shards: Box<[OnceLock<Box<Shard>>]>,
}

#[derive(Debug)]
pub struct Shard {
    requests: AtomicU64,
    classes: [AtomicU64; 5],
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    latency: [AtomicU64; BUCKETS],
}

impl Stats {
    pub fn new(cores: usize) -> Self {
        Self {
            shards: (0..cores).map(|_| OnceLock::new()).collect(),
        }
    }

    /// This core's shard. Only this core writes it.
    pub fn shard(&self, core: usize) -> &Shard {
        self.shards[core].get_or_init(|| Box::new(Shard::new()))
    }

    pub fn total(&self) -> Traffic {
        let mut total = Traffic::default();
        let mut buckets = [0; BUCKETS];
        for shard in self.shards.iter().filter_map(OnceLock::get) {
            shard.add_to(&mut total, &mut buckets);
        }
        let counted = buckets.iter().enumerate().filter(|(_, count)| **count > 0);
        total.latency_us = counted
            .map(|(index, count)| (upper_bound_us(index), *count))
            .collect();
        total
    }
}

impl Shard {
    fn new() -> Self {
        Self {
            requests: AtomicU64::new(0),
            classes: [const { AtomicU64::new(0) }; 5],
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            latency: [const { AtomicU64::new(0) }; BUCKETS],
        }
    }

    /// One answered request. `elapsed` ends with the answer's header: an event stream that
    /// stays open for an hour is not a slow request.
    pub fn record(&self, status: StatusCode, elapsed: Duration) {
        add(&self.requests, 1);
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        add(&self.classes[class], 1);
        add(&self.latency[bucket(elapsed.as_micros() as u64)], 1);
    }

    pub fn received(&self, bytes: u64) {
        add(&self.bytes_in, bytes);
    }

    pub fn sent(&self, bytes: u64) {
        add(&self.bytes_out, bytes);
    }

    fn add_to(&self, total: &mut Traffic, buckets: &mut [u64; BUCKETS]) {
        total.requests += self.requests.load(Relaxed);
        total.bytes_in += self.bytes_in.load(Relaxed);
        total.bytes_out += self.bytes_out.load(Relaxed);
        for (sum, class) in total.by_class.iter_mut().zip(&self.classes) {
            *sum += class.load(Relaxed);
        }
        for (sum, bucket) in buckets.iter_mut().zip(&self.latency) {
            *sum += bucket.load(Relaxed);
        }
    }
}

/// One writer per shard, so a plain load and store does what a locked add would do.
fn add(counter: &AtomicU64, amount: u64) {
    counter.store(counter.load(Relaxed) + amount, Relaxed);
}

fn bucket(micros: u64) -> usize {
    let micros = micros.max(STEPS_PER_DOUBLING as u64);
    let doubling = 63 - micros.leading_zeros() as usize;
    let step = (micros >> (doubling - 2)) as usize & (STEPS_PER_DOUBLING - 1);
    ((doubling - 2) * STEPS_PER_DOUBLING + step).min(BUCKETS - 1)
}

/// The first microsecond that is not in the bucket any more.
fn upper_bound_us(index: usize) -> u64 {
    let (doubling, step) = (index / STEPS_PER_DOUBLING, index % STEPS_PER_DOUBLING);
    ((STEPS_PER_DOUBLING + step + 1) as u64) << doubling
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p22_every_latency_lies_below_its_buckets_bound_and_above_the_one_before() {
        for micros in (0..4_000).chain([9_999, 65_535, 65_536, 1_000_000, 59_000_000]) {
            let index = bucket(micros);
            assert!(micros < upper_bound_us(index), "{micros}");
            assert!(
                index == 0 || micros >= upper_bound_us(index - 1),
                "{micros}"
            );
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn p22_shards_add_up_by_class_and_percentile() {
        let stats = Stats::new(2);
        for _ in 0..99 {
            stats
                .shard(0)
                .record(StatusCode::OK, Duration::from_micros(100));
        }
        stats
            .shard(1)
            .record(StatusCode::BAD_GATEWAY, Duration::from_millis(50));
        stats.shard(1).sent(7);
        let total = stats.total();
        assert_eq!(
            (total.requests, total.by_class, total.bytes_out),
            (100, [0, 99, 0, 0, 1], 7)
        );
        assert!((100..=125).contains(&total.quantile_us(0.5)));
        assert!((100..=125).contains(&total.quantile_us(0.99)));
        assert!((50_000..=62_500).contains(&total.quantile_us(1.0)));
    }
}
