//! Certificates as text, and back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----\n";
const END: &str = "-----END CERTIFICATE-----\n";

/// As Intel writes them.
pub fn write(all: &[Vec<u8>]) -> String {
    let block = |der: &Vec<u8>| {
        let text = STANDARD.encode(der);
        let lines = text
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap());
        let body: String = lines.map(|line| format!("{line}\n")).collect();
        format!("{BEGIN}{body}{END}")
    };
    all.iter().map(block).collect()
}

/// Only what [`write`] writes, and zeros behind it.
pub fn read(text: &str) -> Vec<Vec<u8>> {
    let text = text.trim_end_matches('\0');
    let blocks = text.split(BEGIN).skip(1);
    let all: Vec<_> = blocks
        .map(|block| {
            STANDARD
                .decode(block.strip_suffix(END).unwrap().replace('\n', ""))
                .unwrap()
        })
        .collect();
    assert_eq!(write(&all), text);
    all
}
