//! What a verifier asks of a platform beyond a good signature. Some of it nobody can switch off:
//! debug is off, the guest runs at the most privileged level (VMPL 0), and it can't be migrated.

use super::Hex;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The default is the strict one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// A simulated platform proves nothing against its host; tests and demos may take it.
    pub allow_simulated: bool,
    /// AMD SEV-SNP.
    pub snp: SnpPolicy,
    /// Intel TDX.
    pub tdx: TdxPolicy,
    /// The simulated platform.
    pub sim: SimPolicy,
}

/// A P-256 public key: x, then y.
pub type TpmKey = Hex<64>;

/// The simulated platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimPolicy {
    /// The keys of virtual TPMs that were pinned before boot. Without one, nothing passes.
    pub keys: Vec<TpmKey>,
}

/// AMD SEV-SNP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SnpPolicy {
    /// No part of the reported, the committed and the launch TCB may be lower.
    pub min_tcb: SnpTcb,
    /// The chips that are accepted; empty for every one that AMD has certified.
    pub chips: Vec<Hex<64>>,
}

/// Versions of AMD's firmware; each counts by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SnpTcb {
    /// Turin and later have it; 0 elsewhere.
    pub fmc: u8,
    /// The security processor's boot loader.
    pub bootloader: u8,
    /// The security processor's system.
    pub tee: u8,
    /// The SNP firmware.
    pub snp: u8,
    /// The processor's microcode.
    pub microcode: u8,
}

impl SnpTcb {
    /// Every part is at least the other's.
    pub const fn reaches(self, least: SnpTcb) -> bool {
        self.fmc >= least.fmc
            && self.bootloader >= least.bootloader
            && self.tee >= least.tee
            && self.snp >= least.snp
            && self.microcode >= least.microcode
    }
}

/// Intel TDX.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TdxPolicy {
    /// What Intel may say of the platform's firmware. [`TcbStatus::Revoked`] is never accepted.
    pub statuses: Vec<TcbStatus>,
}

impl Default for TdxPolicy {
    fn default() -> Self {
        Self {
            statuses: vec![TcbStatus::UpToDate],
        }
    }
}

/// Intel's words for how good a platform's firmware is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TcbStatus {
    /// Nothing to do.
    UpToDate,
    /// Software must work around something.
    SwHardeningNeeded,
    /// The firmware's settings must change.
    ConfigurationNeeded,
    /// Both.
    ConfigurationAndSwHardeningNeeded,
    /// The firmware is old.
    OutOfDate,
    /// It is old, and its settings must change.
    OutOfDateConfigurationNeeded,
    /// The firmware was renewed under the guest, which should be started again.
    TdRelaunchAdvised,
    /// And its settings must change.
    TdRelaunchAdvisedConfigurationNeeded,
    /// Its keys are not to be trusted any more.
    Revoked,
}

impl TcbStatus {
    /// All of them, the best first.
    pub const ALL: [TcbStatus; 9] = [
        TcbStatus::UpToDate,
        TcbStatus::SwHardeningNeeded,
        TcbStatus::ConfigurationNeeded,
        TcbStatus::ConfigurationAndSwHardeningNeeded,
        TcbStatus::OutOfDate,
        TcbStatus::OutOfDateConfigurationNeeded,
        TcbStatus::TdRelaunchAdvised,
        TcbStatus::TdRelaunchAdvisedConfigurationNeeded,
        TcbStatus::Revoked,
    ];

    /// As Intel writes it.
    pub const fn word(self) -> &'static str {
        match self {
            TcbStatus::UpToDate => "UpToDate",
            TcbStatus::SwHardeningNeeded => "SWHardeningNeeded",
            TcbStatus::ConfigurationNeeded => "ConfigurationNeeded",
            TcbStatus::ConfigurationAndSwHardeningNeeded => "ConfigurationAndSWHardeningNeeded",
            TcbStatus::OutOfDate => "OutOfDate",
            TcbStatus::OutOfDateConfigurationNeeded => "OutOfDateConfigurationNeeded",
            TcbStatus::TdRelaunchAdvised => "TDRelaunchAdvised",
            TcbStatus::TdRelaunchAdvisedConfigurationNeeded => {
                "TDRelaunchAdvisedConfigurationNeeded"
            }
            TcbStatus::Revoked => "Revoked",
        }
    }

    /// Reads Intel's word back.
    pub fn parse(word: &str) -> Option<TcbStatus> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

impl TdxPolicy {
    /// What was revoked stays so, whatever the list says.
    pub fn accepts(&self, status: TcbStatus) -> bool {
        status != TcbStatus::Revoked && self.statuses.contains(&status)
    }
}

impl fmt::Display for SnpTcb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            fmc,
            bootloader,
            tee,
            snp,
            microcode,
        } = self;
        write!(
            f,
            "fmc {fmc}, bootloader {bootloader}, tee {tee}, snp {snp}, microcode {microcode}"
        )
    }
}
