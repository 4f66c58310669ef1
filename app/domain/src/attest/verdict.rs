//! The verdict: every check by name, in the order in which they are meant to be read. A check that
//! nobody answered was not reached, and then the verdict is no.

use super::Platform;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// The label of what is simulated, in every surface.
pub const SIMULATED: &str = "SIMULATED – not confidential";

/// The names of checks, as people and scripts see them.
pub mod checks {
    use super::Platform;

    /// `expected.json` is signed by the key that the verifier was given.
    pub const EXPECTED: &str = "expected.signature";
    /// The evidence names the key of the connection that it came over.
    pub const CONNECTION: &str = "connection.spki";
    /// It answers the nonce that was asked.
    pub const NONCE: &str = "nonce";
    /// The report has the shape that its platform gives it.
    pub const REPORT: &str = "report.form";
    /// The report binds nonce, key and devices.
    pub const REPORT_DATA: &str = "report_data";
    /// The chain ends in the root that is pinned here.
    pub const ROOT: &str = "chain.root";
    /// Every certificate signs the next.
    pub const CHAIN: &str = "chain.signatures";
    /// Every certificate is valid at the time.
    pub const DATES: &str = "chain.dates";
    /// The chip's certificate is for the chip that reports.
    pub const CHIP: &str = "chain.chip_id";
    /// The chip's certificate is for the TCB that is reported.
    pub const CHIP_TCB: &str = "chain.tcb";
    /// The signing key is the one that was pinned before boot.
    pub const KEY: &str = "key.pinned";
    /// The report is signed by the end of that chain.
    pub const SIGNATURE: &str = "signature";
    /// The PCRs hash to what was quoted.
    pub const PCRS: &str = "pcrs";
    /// The event log, replayed, gives those PCRs.
    pub const EVENT_LOG: &str = "event_log";
    /// A simulated platform was asked for.
    pub const SIMULATION: &str = "policy.simulated";
    /// Nobody can debug the guest.
    pub const DEBUG: &str = "policy.debug";
    /// The guest is the most privileged in itself.
    pub const VMPL: &str = "policy.vmpl";
    /// Nobody can migrate the guest.
    pub const MIGRATION: &str = "policy.migration";
    /// The firmware is new enough.
    pub const MIN_TCB: &str = "policy.min_tcb";
    /// Intel says that the firmware is good enough.
    pub const TCB_STATUS: &str = "policy.tcb_status";
    /// Intel's own TDX module runs, and no other.
    pub const MODULE: &str = "policy.module";
    /// The chip is one of those that are accepted.
    pub const CHIPS: &str = "policy.chips";
    /// The firmware that was expected.
    pub const FIRMWARE: &str = "measurement.firmware";
    /// The firmware's settings that were expected.
    pub const SETTINGS: &str = "measurement.settings";
    /// The kernel that was expected.
    pub const KERNEL: &str = "measurement.kernel";
    /// The command line and the initrd that were expected.
    pub const CMDLINE: &str = "measurement.cmdline_initrd";
    /// Nothing else was measured afterwards.
    pub const RUNTIME: &str = "measurement.runtime";
    /// Firmware, kernel, command line and initrd in one digest.
    pub const LAUNCH: &str = "measurement.launch";
    /// What the host was told to put into the report.
    pub const HOST_DATA: &str = "measurement.host_data";
    /// Devices are attested, or there are none.
    pub const DEVICES: &str = "devices";

    const SNP: &[&str] = &[
        EXPECTED,
        CONNECTION,
        NONCE,
        REPORT,
        REPORT_DATA,
        ROOT,
        CHAIN,
        DATES,
        CHIP,
        CHIP_TCB,
        SIGNATURE,
        DEBUG,
        VMPL,
        MIGRATION,
        MIN_TCB,
        CHIPS,
        LAUNCH,
        HOST_DATA,
        DEVICES,
    ];
    const TDX: &[&str] = &[
        EXPECTED,
        CONNECTION,
        NONCE,
        REPORT,
        REPORT_DATA,
        SIGNATURE,
        TCB_STATUS,
        MODULE,
        DEBUG,
        MIGRATION,
        FIRMWARE,
        SETTINGS,
        KERNEL,
        CMDLINE,
        RUNTIME,
        HOST_DATA,
        DEVICES,
    ];
    const SIM: &[&str] = &[
        EXPECTED,
        CONNECTION,
        NONCE,
        REPORT,
        REPORT_DATA,
        KEY,
        SIGNATURE,
        PCRS,
        EVENT_LOG,
        SIMULATION,
        FIRMWARE,
        KERNEL,
        CMDLINE,
        DEVICES,
    ];

    /// Those of a platform, in their order. All of them must hold.
    pub const fn of(platform: Platform) -> &'static [&'static str] {
        match platform {
            Platform::Snp => SNP,
            Platform::Tdx => TDX,
            Platform::Sim => SIM,
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Check {
    /// Its name, one of [`checks`].
    pub check: String,
    /// It holds.
    pub ok: bool,
    /// It was looked at. What was not is never `ok`.
    pub reached: bool,
    /// What there is.
    pub got: String,
    /// What there should be.
    pub want: String,
}

/// What the verifier says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Verdict {
    /// Whose report it is.
    pub platform: Platform,
    /// The host could have made all of it up.
    pub simulated: bool,
    /// Every check holds.
    pub ok: bool,
    /// When it was looked at.
    pub at: Time,
    /// All of the platform's checks, in their order.
    pub checks: Vec<Check>,
}

impl Verdict {
    /// One sentence, with the label of what is simulated.
    pub fn sentence(&self) -> String {
        let label = if self.simulated {
            SIMULATED
        } else {
            self.platform.title()
        };
        let bad: Vec<&str> = self.failed().map(|c| c.check.as_str()).collect();
        match bad.as_slice() {
            [] => format!("{label}: all {} checks hold.", self.checks.len()),
            bad => format!("{label}: refused, because of {}.", bad.join(", ")),
        }
    }

    /// What was looked at and does not hold.
    pub fn failed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|c| c.reached && !c.ok)
    }
}

/// Where a verifier writes what it found. It starts with every check not reached.
#[derive(Clone, Debug)]
pub struct Ledger {
    platform: Platform,
    checks: Vec<Check>,
}

impl Ledger {
    /// All of the platform's checks, none of them reached.
    pub fn new(platform: Platform) -> Self {
        let checks = checks::of(platform)
            .iter()
            .map(|name| unreached(name))
            .collect();
        Self { platform, checks }
    }

    /// Writes what was found. A check that said no stays so, and one that the platform does not
    /// have can't be added: that would be a mistake in here, and says no too.
    pub fn note(
        &mut self,
        check: &str,
        ok: bool,
        got: impl Into<String>,
        want: impl Into<String>,
    ) -> bool {
        let found = self.checks.iter_mut().find(|c| c.check == check);
        let known = found.is_some();
        let said = Check {
            check: check.into(),
            ok: ok && known,
            reached: true,
            got: got.into(),
            want: want.into(),
        };
        match found {
            Some(before) if before.reached && !before.ok => return false,
            Some(before) => *before = said,
            None => self.checks.push(said),
        }
        ok && known
    }

    /// Holds if both are the same.
    pub fn same(&mut self, check: &str, got: impl ToString, want: impl ToString) -> bool {
        let (got, want) = (got.to_string(), want.to_string());
        self.note(check, got == want, got, want)
    }

    /// Says no.
    pub fn no(&mut self, check: &str, got: impl Into<String>, want: impl Into<String>) {
        self.note(check, false, got, want);
    }

    /// Whether a check was answered with yes.
    pub fn holds(&self, check: &str) -> bool {
        self.checks.iter().any(|c| c.check == check && c.ok)
    }

    /// Yes only if every single check was reached and holds.
    pub fn close(self, at: Time) -> Verdict {
        Verdict {
            platform: self.platform,
            simulated: self.platform == Platform::Sim,
            ok: self.checks.iter().all(|c| c.ok && c.reached),
            at,
            checks: self.checks,
        }
    }
}

fn unreached(name: &str) -> Check {
    Check {
        check: name.into(),
        ok: false,
        reached: false,
        got: "not reached".into(),
        want: String::new(),
    }
}
