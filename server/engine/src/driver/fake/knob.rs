//! What the name of a fake image says about its behaviour.

/// One behaviour per image; see the table in the module's prose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knob {
    Ok,
    SlowStart { ms: u32 },
    SlowStop { ms: u32 },
    Unhealthy,
    Flaps { ms: u32 },
    Exits { code: i64 },
    CrashAfter { ms: u32 },
    OutOfMemory,
    Prints { pairs: u32 },
    ExecFails { code: i64 },
    Missing,
    Unreachable,
    BuildFails,
    BuildHangs,
}

impl Knob {
    /// Of `fake/slow-start-500ms:v1`; `None` when no fake image is called that.
    pub fn of(reference: &str) -> Option<Self> {
        let name = reference.strip_prefix("fake/")?;
        let name = name.split_once([':', '@']).map_or(name, |(name, _)| name);
        Self::plain(name).or_else(|| Self::measured(name))
    }

    fn plain(name: &str) -> Option<Self> {
        Some(match name {
            "ok" => Knob::Ok,
            "unhealthy" => Knob::Unhealthy,
            "oom" => Knob::OutOfMemory,
            "missing" => Knob::Missing,
            "unreachable" => Knob::Unreachable,
            "build-fails" => Knob::BuildFails,
            "build-hangs" => Knob::BuildHangs,
            _ => return None,
        })
    }

    fn measured(name: &str) -> Option<Self> {
        let (kind, amount) = name.rsplit_once('-')?;
        Some(match kind {
            "slow-start" => Knob::SlowStart {
                ms: millis(amount)?,
            },
            "slow-stop" => Knob::SlowStop {
                ms: millis(amount)?,
            },
            "flaps" => Knob::Flaps {
                ms: millis(amount).filter(|ms| *ms > 0)?,
            },
            "crash-after" => Knob::CrashAfter {
                ms: millis(amount)?,
            },
            "exec-fails" => Knob::ExecFails {
                code: amount.parse().ok()?,
            },
            "exits" => Knob::Exits {
                code: amount.parse().ok()?,
            },
            "prints" => Knob::Prints {
                pairs: amount.parse().ok().filter(|pairs| *pairs <= 100_000)?,
            },
            _ => return None,
        })
    }
}

/// `500ms` or `2s`.
pub fn millis(amount: &str) -> Option<u32> {
    match amount.strip_suffix("ms") {
        Some(ms) => ms.parse().ok(),
        None => amount
            .strip_suffix('s')?
            .parse::<u32>()
            .ok()?
            .checked_mul(1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_behaviour_whatever_its_tag() {
        assert_eq!(Knob::of("fake/ok"), Some(Knob::Ok));
        assert_eq!(
            Knob::of("fake/slow-start-500ms:v1"),
            Some(Knob::SlowStart { ms: 500 })
        );
        assert_eq!(
            Knob::of("fake/crash-after-2s:v1.2"),
            Some(Knob::CrashAfter { ms: 2000 })
        );
        assert_eq!(
            Knob::of("fake/exits-3@sha256:00"),
            Some(Knob::Exits { code: 3 })
        );
        assert_eq!(
            Knob::of("fake/prints-200:v1"),
            Some(Knob::Prints { pairs: 200 })
        );
    }

    #[test]
    fn what_is_no_behaviour_is_none() {
        for name in [
            "ok",
            "fake/okay",
            "fake/slow-start",
            "fake/exits-x",
            "fake/flaps-0s",
            "nginx:1",
            "fake/slow-stop-9999999s",
        ] {
            assert_eq!(Knob::of(name), None, "{name}");
        }
    }
}
