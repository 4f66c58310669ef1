//! The command line with which anyone checks an instance without us.

use super::{Digest, Hex, Nonce, Platform, TpmKey};

/// What the verifier has to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whose report it is.
    pub platform: Option<Platform>,
    /// The key that signs what is expected.
    pub key: Hex<32>,
    /// Of a simulated platform's TPM.
    pub tpm: TpmKey,
}

/// Asks the instance itself.
pub fn ask(url: &str, told: &Told) -> String {
    format!("sealdock verify {url} {}", rest(told))
}

/// Looks at a downloaded answer; it was asked for with this nonce, over a connection with this key.
pub fn file(nonce: Nonce, spki: Digest, told: &Told) -> String {
    format!(
        "sealdock verify evidence.json {} --nonce {nonce} --spki {spki}",
        rest(told)
    )
}

fn rest(told: &Told) -> String {
    let simulated = match told.platform {
        Some(Platform::Sim) => format!(" --allow-simulated --tpm-key {}", told.tpm),
        _ => String::new(),
    };
    format!("--expected expected.json --key {}{simulated}", told.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i18_a_simulated_platform_has_to_be_asked_for() {
        let told = |platform| Told {
            platform,
            key: Hex([1; 32]),
            tpm: Hex([2; 64]),
        };
        let sim = ask("https://127.0.0.1:1", &told(Some(Platform::Sim)));
        assert!(sim.contains(" --allow-simulated --tpm-key 0202"));
        let snp = file(Hex([3; 32]), Hex([4; 32]), &told(Some(Platform::Snp)));
        assert!(!snp.contains("simulated"));
        assert!(
            snp.starts_with("sealdock verify evidence.json --expected expected.json --key 0101")
        );
    }
}
