//! One piece of evidence on its way to a verdict, and the checks that every platform shares.

use super::Question;
use super::signed;
use domain::attest::checks::{CONNECTION, DEVICES, EXPECTED, NONCE, REPORT_DATA};
use domain::attest::{Evidence, Expected, Hex, Ledger, ReportData, Verdict};
use domain::attest::{read_crypto, read_devices, report_data};

pub struct Case<'a> {
    pub evidence: &'a Evidence,
    pub question: &'a Question<'a>,
    /// Only if its signature holds.
    pub expected: Option<Expected>,
    pub ledger: Ledger,
}

impl<'a> Case<'a> {
    /// With the checks that need no report.
    pub fn open(evidence: &'a Evidence, question: &'a Question<'a>) -> Self {
        let ledger = Ledger::new(evidence.platform);
        let mut case = Self {
            evidence,
            question,
            expected: None,
            ledger,
        };
        case.expected();
        case.connection();
        case.nonce();
        case
    }

    pub fn close(self) -> Verdict {
        self.ledger.close(self.question.at)
    }

    fn expected(&mut self) {
        let (Some(signed), Some(key)) = (self.question.expected, self.question.key) else {
            let want = "an expected.json, and the key that signs it";
            return self.ledger.no(EXPECTED, "nothing to compare with", want);
        };
        match signed::open(signed, key) {
            Ok(expected) => {
                let got = format!("signed by {key}");
                self.ledger.note(EXPECTED, true, got.clone(), got);
                self.expected = Some(expected);
            }
            Err(sentence) => self
                .ledger
                .no(EXPECTED, sentence, format!("signed by {key}")),
        }
    }

    fn connection(&mut self) {
        let named = match read_crypto(&self.evidence.crypto.0) {
            Ok(crypto) => crypto.tls_spki_sha256,
            Err(refusal) => {
                return self
                    .ledger
                    .no(CONNECTION, refusal.to_string(), "the connection's key");
            }
        };
        match self.question.spki {
            Some(own) => {
                self.ledger.same(CONNECTION, named, own);
            }
            None => self
                .ledger
                .no(CONNECTION, named.to_string(), "a connection of one's own"),
        }
    }

    fn nonce(&mut self) {
        let got = self.evidence.nonce;
        match self.question.nonce {
            Some(asked) => {
                self.ledger.same(NONCE, got, asked);
            }
            None => self.ledger.no(
                NONCE,
                got.to_string(),
                "a nonce that was made up for this question",
            ),
        }
    }

    /// What the report must have signed for this evidence, whatever its nonce.
    pub fn wanted(&self) -> ReportData {
        let evidence = self.evidence;
        report_data(&evidence.nonce, &evidence.crypto.0, &evidence.devices.0)
    }

    pub fn report_data(&mut self, got: ReportData) {
        let want = self.wanted();
        self.ledger.same(REPORT_DATA, Hex(got), Hex(want));
    }

    /// Devices bring reports of their own, which nothing here can check yet: so there may be none.
    pub fn devices(&mut self) {
        let Some(expected) = &self.expected else {
            return;
        };
        let want = match expected.shape.gpus {
            0 => "none".to_owned(),
            many => format!("{many} attested devices"),
        };
        match read_devices(&self.evidence.devices.0) {
            Ok(devices) if devices.is_empty() => {
                self.ledger
                    .note(DEVICES, expected.shape.gpus == 0, "none", want);
            }
            Ok(devices) => {
                let got = format!("{} whose reports can't be checked here", devices.len());
                self.ledger.no(DEVICES, got, want);
            }
            Err(refusal) => self.ledger.no(DEVICES, refusal.to_string(), want),
        }
    }

    /// Says no to a measurement that nothing was computed for.
    pub fn nothing_expected(&mut self, check: &str) {
        let platform = self.evidence.platform.word();
        self.ledger.no(
            check,
            "not in expected.json",
            format!("its `{platform}` part"),
        );
    }
}
