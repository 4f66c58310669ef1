//! The command line with which anyone checks an instance without us.

use super::{Digest, Hex, Nonce, Platform, TpmKey};
use std::slice;

/// What the verifier has to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whose report it is.
    pub platform: Option<Platform>,
    /// The key that signs what is expected.
    pub key: Hex<32>,
    /// Of a simulated platform's TPM.
    pub tpm: TpmKey,
    /// Which instance, from 0.
    pub replica: u32,
}

/// How an instance's file is called when it is downloaded, so that those of several lie side by
/// side: `expected.json`, `expected-2.json`, …
pub fn file_name(stem: &str, replica: u32) -> String {
    match replica {
        0 => format!("{stem}.json"),
        n => format!("{stem}-{}.json", u64::from(n) + 1),
    }
}

/// Asks the instance itself.
pub fn ask(url: &str, told: &Told) -> String {
    format!(
        "sealdock verify {url} {}",
        rest(slice::from_ref(told), told.key)
    )
}

/// Asks an address that reaches any of these instances, each of which measures differently.
/// `None`: there is none, or no one command can speak of all of them.
pub fn ask_any(url: &str, all: &[Told]) -> Option<String> {
    let first = all.first()?;
    let alike = |told: &Told| (told.platform, told.key) == (first.platform, first.key);
    let same = all.iter().all(alike);
    same.then(|| format!("sealdock verify {url} {}", rest(all, first.key)))
}

/// Looks at a downloaded answer; it was asked for with this nonce, over a connection with this key.
pub fn file(nonce: Nonce, spki: Digest, told: &Told) -> String {
    format!(
        "sealdock verify {} {} --nonce {nonce} --spki {spki}",
        file_name("evidence", told.replica),
        rest(slice::from_ref(told), told.key)
    )
}

fn rest(all: &[Told], key: Hex<32>) -> String {
    let expected = all.iter().map(|told| {
        let file = file_name("expected", told.replica);
        format!("--expected {file} ")
    });
    let expected: String = expected.collect();
    let simulated = all.iter().filter(|t| t.platform == Some(Platform::Sim));
    let keys: String = simulated.map(|t| format!(" --tpm-key {}", t.tpm)).collect();
    let allow = if keys.is_empty() {
        ""
    } else {
        " --allow-simulated"
    };
    format!("{expected}--key {key}{allow}{keys}")
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
            replica: 0,
        };
        let sim = ask("https://127.0.0.1:1", &told(Some(Platform::Sim)));
        assert!(sim.contains(" --allow-simulated --tpm-key 0202"));
        let snp = file(Hex([3; 32]), Hex([4; 32]), &told(Some(Platform::Snp)));
        assert!(!snp.contains("simulated"));
        assert!(
            snp.starts_with("sealdock verify evidence.json --expected expected.json --key 0101")
        );
    }

    #[test]
    fn i18_an_address_of_several_is_asked_with_what_is_expected_of_each() {
        let told = |replica: u32, key| Told {
            platform: Some(Platform::Sim),
            key: Hex([key; 32]),
            tpm: Hex([replica as u8 + 2; 64]),
            replica,
        };
        let all = ask_any("https://app.example.com", &[told(0, 1), told(1, 1)]).unwrap();
        let (key, [a, b]) = ("01".repeat(32), ["02", "03"].map(|byte| byte.repeat(64)));
        assert_eq!(
            all,
            format!(
                "sealdock verify https://app.example.com --expected expected.json --expected expected-2.json --key {key} --allow-simulated --tpm-key {a} --tpm-key {b}"
            )
        );
        let second = file(Hex([3; 32]), Hex([4; 32]), &told(1, 1));
        assert!(
            second.starts_with(
                "sealdock verify evidence-2.json --expected expected-2.json --key 0101"
            )
        );
        let one = told(0, 1);
        assert_eq!(ask_any("https://a", &[one]), Some(ask("https://a", &one)));
        assert_eq!(ask_any("https://a", &[told(0, 1), told(1, 9)]), None);
        assert_eq!(ask_any("https://a", &[]), None);
    }
}
