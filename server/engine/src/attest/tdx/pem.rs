//! Certificates as text. There may be line ends and zeros between them and behind them, and nothing
//! else: what is skipped is what nobody would miss.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// All of them, DER.
pub fn read(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = std::str::from_utf8(text).ok()?;
    let mut all = vec![];
    loop {
        // Firmware ends its texts with a zero.
        rest = rest.trim_start_matches(['\n', '\r', '\0']);
        if rest.is_empty() {
            return Some(all);
        }
        let (body, behind) = rest.strip_prefix(BEGIN)?.split_once(END)?;
        all.push(decoded(body)?);
        rest = behind;
    }
}

/// Lines, none of which is empty: what is before an empty one is a header to others.
fn decoded(body: &str) -> Option<Vec<u8>> {
    let mut lines = body.split('\n').map(|line| line.trim_end_matches('\r'));
    let around = (lines.next()?, lines.next_back()?);
    let lines: Vec<&str> = lines.collect();
    if around != ("", "") || lines.contains(&"") {
        return None;
    }
    STANDARD.decode(lines.concat()).ok()
}
