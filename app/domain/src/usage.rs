//! What an instance takes of its machine, as its runtime counts it, and what a chart makes of it
//! (P-22).

use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Counted since the instance's last start, unless it says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Usage {
    /// Of all cores together.
    pub cpu_us: u64,
    /// Held now, without what the kernel would give back at once.
    pub memory_bytes: u64,
    /// More, and it is killed.
    pub memory_limit_bytes: u64,
    /// Received.
    pub rx_bytes: u64,
    /// Sent.
    pub tx_bytes: u64,
    /// How often its runtime started it again since it was made.
    pub restarts: u32,
}

/// One minute of an instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UsageMinute {
    /// When it ended.
    pub at: Time,
    /// Thousandths of a core, on average.
    pub cpu_milli: u32,
    /// The most that was seen.
    pub memory_bytes: u64,
    /// Received in it.
    pub rx_bytes: u64,
    /// Sent in it.
    pub tx_bytes: u64,
    /// It was started again so often in it.
    pub restarts: u32,
}

impl Usage {
    /// What came since `earlier`; after a restart everything counts from zero.
    fn since(&self, earlier: &Usage) -> Usage {
        let again = self.restarts != earlier.restarts || self.cpu_us < earlier.cpu_us;
        let before = if again { Usage::default() } else { *earlier };
        Usage {
            cpu_us: self.cpu_us - before.cpu_us,
            rx_bytes: self.rx_bytes.saturating_sub(before.rx_bytes),
            tx_bytes: self.tx_bytes.saturating_sub(before.tx_bytes),
            restarts: self.restarts.saturating_sub(earlier.restarts),
            ..*self
        }
    }
}

impl UsageMinute {
    /// From what was counted at both ends of it, and the most memory that was seen between.
    pub fn between(then: (Time, &Usage), now: (Time, &Usage), memory_bytes: u64) -> UsageMinute {
        let since = now.1.since(then.1);
        let elapsed_ms = now.0.0.saturating_sub(then.0.0).max(1) as u64;
        UsageMinute {
            at: now.0,
            cpu_milli: u32::try_from(since.cpu_us / elapsed_ms).unwrap_or(u32::MAX),
            memory_bytes: memory_bytes.max(now.1.memory_bytes),
            rx_bytes: since.rx_bytes,
            tx_bytes: since.tx_bytes,
            restarts: since.restarts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(cpu_us: u64, memory_bytes: u64, rx_bytes: u64, restarts: u32) -> Usage {
        Usage {
            cpu_us,
            memory_bytes,
            rx_bytes,
            restarts,
            ..Usage::default()
        }
    }

    #[test]
    fn p22_a_minute_of_an_instance_is_what_came_since_the_one_before() {
        let (then, now) = (usage(1_000_000, 10, 100, 0), usage(16_000_000, 20, 350, 0));
        let minute = UsageMinute::between((Time(0), &then), (Time(60_000), &now), 30);
        assert_eq!(minute.cpu_milli, 250, "15 s of 60");
        assert_eq!((minute.memory_bytes, minute.rx_bytes), (30, 250));
    }

    #[test]
    fn p22_an_instance_that_was_started_again_counts_from_zero() {
        let (then, now) = (usage(9_000_000, 10, 900, 1), usage(6_000_000, 10, 40, 3));
        let minute = UsageMinute::between((Time(0), &then), (Time(60_000), &now), 0);
        assert_eq!(
            (minute.cpu_milli, minute.rx_bytes, minute.restarts),
            (100, 40, 2)
        );
    }
}
