//! The roots that are believed: AMD's, of every generation of chips that has SEV-SNP.

use sev::certs::snp::Certificate;
use sev::certs::snp::builtin::{genoa, milan, turin};

/// A root and the intermediate below it, for evidence that brings neither.
pub struct Pair {
    pub ark: Certificate,
    pub ask: Certificate,
}

/// What a chain may end in.
pub struct Roots(pub Vec<Pair>);

impl Roots {
    /// AMD's own, as `sev` carries them. One that could not be read would be missing, not believed.
    pub fn amd() -> Self {
        let all = [
            (milan::ark(), milan::ask()),
            (genoa::ark(), genoa::ask()),
            (turin::ark(), turin::ask()),
        ];
        let pair = |(ark, ask)| {
            Some(Pair {
                ark: Result::ok(ark)?,
                ask: Result::ok(ask)?,
            })
        };
        Self(all.into_iter().filter_map(pair).collect())
    }
}
