//! Whether a build may begin, by what the machine has left: builds never push out what serves.

use serde::{Deserialize, Serialize};

/// Stays free for everything that is no build.
pub const RESERVE_MIB: u64 = 256;
/// With less than this hardly anything builds.
pub const LEAST_MIB: u64 = 128;

/// What the machine has, when a build asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// What the kernel could hand out without swapping.
    pub available_mib: u64,
    /// What builds that run may still take, by their limits.
    pub promised_mib: u64,
}

/// What becomes of a build that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Admission {
    /// It begins, and may use as much as it asks for.
    Whole,
    /// It begins with less than it asks for: nothing that it could wait for holds the rest.
    Less(u64),
    /// It waits, since builds that run hold what it needs or there is too little for any.
    Wait,
}

/// Never more than is there; less than asked for only where waiting brings nothing.
pub const fn admit(asked_mib: u64, memory: Memory) -> Admission {
    let free = memory
        .available_mib
        .saturating_sub(memory.promised_mib)
        .saturating_sub(RESERVE_MIB);
    if free >= asked_mib {
        Admission::Whole
    } else if memory.promised_mib > 0 || free < LEAST_MIB {
        Admission::Wait
    } else {
        Admission::Less(free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn memory(available_mib: u64, promised_mib: u64) -> Memory {
        Memory {
            available_mib,
            promised_mib,
        }
    }

    #[test]
    fn p5_a_build_takes_what_is_there_or_waits_for_other_builds() {
        assert_eq!(admit(2048, memory(8000, 0)), Admission::Whole);
        assert_eq!(admit(2048, memory(8000, 6000)), Admission::Wait);
        assert_eq!(admit(2048, memory(1000, 0)), Admission::Less(744));
        assert_eq!(admit(2048, memory(300, 0)), Admission::Wait);
        assert_eq!(admit(64, memory(320, 0)), Admission::Whole);
    }

    proptest! {
        #[test]
        fn q25_what_is_promised_is_never_more_than_what_is_there(
            available in 0_u64..100_000, asked in proptest::collection::vec(16_u64..20_000, 0..9),
        ) {
            let mut promised = 0;
            for asked in asked {
                promised += match admit(asked, memory(available, promised)) {
                    Admission::Whole => asked,
                    Admission::Less(mib) => mib.min(asked),
                    Admission::Wait => 0,
                };
                prop_assert!(promised == 0 || promised + RESERVE_MIB <= available);
            }
        }
    }
}
