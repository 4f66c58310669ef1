//! What a route has answered, as the data plane counts it, and what a chart makes of it (P-22).

use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Counted since the data plane's process started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Answered, whatever the answer.
    pub requests: u64,
    /// Answers 1xx, 2xx, 3xx, 4xx, 5xx.
    pub by_class: [u64; 5],
    /// Of the requests' bodies.
    pub bytes_in: u64,
    /// Of the answers' bodies.
    pub bytes_out: u64,
    /// Time to the answer's header: (below so many microseconds, so many answers), ascending.
    pub latency_us: Vec<(u64, u64)>,
}

/// One minute of an environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Minute {
    /// When it ended.
    pub at: Time,
    /// Answered in it.
    pub requests: u32,
    /// Answers 1xx, 2xx, 3xx, 4xx, 5xx.
    pub by_class: [u32; 5],
    /// Half of the answers began within this many microseconds; an upper bound, right within a
    /// fifth. 0 where nothing was answered.
    pub p50_us: u32,
    /// 95 of 100.
    pub p95_us: u32,
    /// 99 of 100.
    pub p99_us: u32,
}

impl Traffic {
    /// An upper bound of the latency that a share of all answers stayed below.
    pub fn quantile_us(&self, share: f64) -> u64 {
        let total: u64 = self.latency_us.iter().map(|(_, count)| count).sum();
        let wanted = (total as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let reached = self.latency_us.iter().find(|(_, count)| {
            seen += count;
            seen >= wanted
        });
        reached.map_or(0, |(bound, _)| *bound)
    }

    /// What came since `earlier`. A data plane that was started anew counts from zero.
    #[must_use]
    pub fn since(&self, earlier: &Traffic) -> Traffic {
        if self.requests < earlier.requests {
            return self.clone();
        }
        let before = |bound: u64| {
            let found = earlier.latency_us.iter().find(|(b, _)| *b == bound);
            found.map_or(0, |(_, count)| *count)
        };
        let left = |(bound, count): &(u64, u64)| (*bound, count.saturating_sub(before(*bound)));
        Traffic {
            requests: self.requests - earlier.requests,
            by_class: std::array::from_fn(|i| self.by_class[i].saturating_sub(earlier.by_class[i])),
            bytes_in: self.bytes_in.saturating_sub(earlier.bytes_in),
            bytes_out: self.bytes_out.saturating_sub(earlier.bytes_out),
            latency_us: self
                .latency_us
                .iter()
                .map(left)
                .filter(|(_, n)| *n > 0)
                .collect(),
        }
    }

    /// Answers that began within `limit_us`; what a cumulative histogram counts.
    pub fn within_us(&self, limit_us: u64) -> u64 {
        let fast = self
            .latency_us
            .iter()
            .filter(|(bound, _)| *bound <= limit_us);
        fast.map(|(_, count)| count).sum()
    }
}

impl Minute {
    /// `traffic` is that of one minute.
    pub fn of(at: Time, traffic: &Traffic) -> Minute {
        let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Minute {
            at,
            requests: small(traffic.requests),
            by_class: traffic.by_class.map(small),
            p50_us: small(traffic.quantile_us(0.5)),
            p95_us: small(traffic.quantile_us(0.95)),
            p99_us: small(traffic.quantile_us(0.99)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(requests: u64, latency_us: &[(u64, u64)]) -> Traffic {
        Traffic {
            requests,
            by_class: [0, requests, 0, 0, 0],
            latency_us: latency_us.to_vec(),
            ..Traffic::default()
        }
    }

    #[test]
    fn p22_a_minute_is_what_came_since_the_one_before() {
        let (then, now) = (
            traffic(100, &[(128, 100)]),
            traffic(200, &[(128, 150), (2_048, 50)]),
        );
        let minute = Minute::of(Time(60_000), &now.since(&then));
        assert_eq!(minute.requests, 100);
        assert_eq!(minute.by_class, [0, 100, 0, 0, 0]);
        assert_eq!((minute.p50_us, minute.p95_us), (128, 2_048));
    }

    #[test]
    fn p22_a_data_plane_that_began_anew_counts_from_zero() {
        let (then, now) = (traffic(100, &[(128, 100)]), traffic(7, &[(128, 7)]));
        assert_eq!(now.since(&then), now);
    }

    #[test]
    fn p22_a_histogram_counts_what_was_fast_enough() {
        let all = traffic(10, &[(100, 4), (1_000, 5), (9_000, 1)]);
        assert_eq!(
            [
                all.within_us(99),
                all.within_us(1_000),
                all.within_us(10_000)
            ],
            [0, 9, 10]
        );
    }
}
