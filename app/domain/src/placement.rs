//! Whether a runtime can hold what a configuration asks for: refused before anything starts,
//! with what is missing and which runtime would do.
//!
//! Limits are ceilings, not reservations: many small apps may share more than there is, and the
//! plan says so. What one instance may use must exist, though.

use crate::config::Config;
use crate::refusal::Refusal;

/// One runtime, as far as it is known. One that does not answer has no capacity to compare with:
/// what is asked of it waits until it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// For the sentence that offers another one.
    pub name: String,
    /// `None`: it does not answer.
    pub capacity: Option<Capacity>,
    /// The ceilings of everything that runs there, together, with what each takes beside its app.
    pub promised_memory_mib: u64,
    /// What one instance takes beside its app.
    pub overhead_mib: u32,
}

/// What a confidential machine has beside what its app may use, for its kernel, its agent and a file
/// system in memory.
pub const MACHINE_OVERHEAD_MIB: u32 = 160;

/// All that one machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Thousandths of a core.
    pub cpus_milli: u64,
    /// As the runtime reports it.
    pub memory_mib: u64,
}

/// `Ok` holds a sentence for the plan where the runtime's memory is promised more than once.
pub fn fits(room: &Room, others: &[Room], config: &Config) -> Result<Option<String>, Refusal> {
    let Some(capacity) = room.capacity else {
        return Ok(None);
    };
    match missing(room, capacity, config) {
        Some(missing) => Err(refused(room, others, config, &missing)),
        None => Ok(promised_twice(room, capacity, config)),
    }
}

/// What one instance asks for beyond all that there is.
fn missing(room: &Room, capacity: Capacity, config: &Config) -> Option<String> {
    let asked = &config.resources;
    if of_one(room, config) > capacity.memory_mib {
        let beside = match room.overhead_mib {
            0 => String::new(),
            overhead => format!(" and {overhead} MiB for its machine"),
        };
        return Some(format!(
            "{} MiB of memory{beside}, and it has {} MiB",
            asked.memory_mib, capacity.memory_mib
        ));
    }
    (u64::from(asked.cpus_milli) > capacity.cpus_milli).then(|| {
        format!(
            "{} CPUs, and it has {}",
            cpus(asked.cpus_milli.into()),
            cpus(capacity.cpus_milli)
        )
    })
}

fn of_one(room: &Room, config: &Config) -> u64 {
    u64::from(config.resources.memory_mib) + u64::from(room.overhead_mib)
}

fn refused(room: &Room, others: &[Room], config: &Config, missing: &str) -> Refusal {
    let holds = |other: &&Room| {
        let roomy = other
            .capacity
            .is_some_and(|c| self::missing(other, c, config).is_none());
        other.name != room.name && roomy
    };
    let way_out = match others.iter().find(holds) {
        Some(other) => format!(
            "Choose the runtime `{}`, which has enough, or ask for less.",
            other.name
        ),
        None => "Ask for less; no runtime of this organization has enough.".into(),
    };
    let sentence = format!(
        "One instance asks the runtime `{}` for {missing}.",
        room.name
    );
    Refusal {
        code: "does_not_fit".into(),
        ..Refusal::invalid("resources", sentence).way_out(way_out)
    }
}

fn promised_twice(room: &Room, capacity: Capacity, config: &Config) -> Option<String> {
    let asked = of_one(room, config) * u64::from(config.replicas);
    let promised = room.promised_memory_mib + asked;
    (promised > capacity.memory_mib).then(|| {
        format!(
            "With this, the apps on `{}` may use {promised} MiB of memory together; it has {} MiB. They share it until one needs its full limit.",
            room.name, capacity.memory_mib
        )
    })
}

fn cpus(milli: u64) -> String {
    let whole = format!("{}.{:03}", milli / 1000, milli % 1000);
    whole.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(name: &str, memory_mib: u64) -> Room {
        let capacity = Some(Capacity {
            cpus_milli: 2000,
            memory_mib,
        });
        Room {
            name: name.into(),
            capacity,
            promised_memory_mib: 0,
            overhead_mib: 0,
        }
    }

    fn asking(memory_mib: u32) -> Config {
        let mut config = Config::default();
        config.resources.memory_mib = memory_mib;
        config
    }

    #[test]
    fn i17_a_machine_takes_more_than_its_app() {
        let machines = Room {
            overhead_mib: MACHINE_OVERHEAD_MIB,
            ..room("tee", 1000)
        };
        assert_eq!(fits(&machines, &[], &asking(840)), Ok(None));
        let refusal = fits(&machines, &[], &asking(841)).map_err(|r| r.sentence);
        assert_eq!(
            refusal,
            Err("One instance asks the runtime `tee` for 841 MiB of memory and 160 MiB for its machine, and it has 1000 MiB.".into())
        );
        let full = Room {
            promised_memory_mib: 500,
            ..machines
        };
        let sentence = fits(&full, &[], &asking(400))
            .expect("it fits")
            .expect("a sentence");
        assert!(
            sentence.contains("1060 MiB of memory together"),
            "{sentence}"
        );
    }

    #[test]
    fn g8_what_can_never_run_is_refused_with_the_runtime_that_would_do() {
        let (small, large) = (room("small", 1000), room("large", 9000));
        let refusal = fits(&small, &[small.clone(), large], &asking(4000));
        assert_eq!(
            refusal.map_err(|r| r.to_string()),
            Err("One instance asks the runtime `small` for 4000 MiB of memory, and it has 1000 MiB. \
                 Choose the runtime `large`, which has enough, or ask for less.".into())
        );
    }

    #[test]
    fn g8_memory_promised_twice_is_said_and_not_refused() {
        let full = Room {
            promised_memory_mib: 900,
            ..room("small", 1000)
        };
        assert!(fits(&full, &[], &asking(512)).is_ok_and(|note| note.is_some()));
        assert_eq!(fits(&room("small", 1000), &[], &asking(512)), Ok(None));
    }

    #[test]
    fn a_runtime_that_does_not_answer_is_not_judged() {
        let silent = Room {
            capacity: None,
            ..room("small", 1)
        };
        assert_eq!(fits(&silent, &[], &asking(4000)), Ok(None));
    }
}
