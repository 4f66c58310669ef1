//! What `TPM2_Quote` answers with: a `TPM2B_ATTEST` and a `TPMT_SIGNATURE`, read by hand. Every field
//! that is not free has the one value that it must have, and nothing may be left over.

use crate::attest::bytes::Bytes;
use domain::attest::QUOTED_PCRS;

const MAGIC: u32 = 0xff54_4347;
const ATTEST_QUOTE: u16 = 0x8018;
const SHA256: u16 = 0x000b;
const ECDSA: u16 = 0x0018;
/// Clock (8), resets (4), restarts (4), safe (1), then the firmware's version (8).
const CLOCK_AND_VERSION: usize = 25;

/// The parts that count.
#[derive(Debug)]
pub struct Quote<'a> {
    /// What is signed: the `TPMS_ATTEST` as it came.
    pub attest: &'a [u8],
    /// What the guest gave.
    pub extra_data: &'a [u8],
    /// Over the selected PCRs.
    pub pcr_digest: &'a [u8],
    /// r and s, 32 bytes each.
    pub signature: [u8; 64],
}

impl<'a> Quote<'a> {
    /// Or what is wrong with it.
    pub fn read(report: &'a [u8]) -> Result<Self, &'static str> {
        let mut rest = Bytes(report);
        let attest = rest.sized().ok_or("a TPM2B_ATTEST that breaks off")?;
        let signature = signature(rest)?;
        let (extra_data, pcr_digest) = quoted(Bytes(attest))?;
        Ok(Self {
            attest,
            extra_data,
            pcr_digest,
            signature,
        })
    }
}

fn quoted(mut attest: Bytes<'_>) -> Result<(&[u8], &[u8]), &'static str> {
    let short = "a TPMS_ATTEST that breaks off";
    if attest.u32_be().ok_or(short)? != MAGIC {
        return Err("a structure that no TPM made");
    }
    if attest.u16_be().ok_or(short)? != ATTEST_QUOTE {
        return Err("an attestation that is no quote");
    }
    attest.sized().ok_or(short)?;
    let extra_data = attest.sized().ok_or(short)?;
    attest.take(CLOCK_AND_VERSION).ok_or(short)?;
    selection(&mut attest)?;
    let pcr_digest = attest.sized().ok_or(short)?;
    attest
        .end()
        .ok_or("a TPMS_ATTEST with something behind it")?;
    Ok((extra_data, pcr_digest))
}

/// One bank, SHA-256, and exactly the agreed PCRs.
fn selection(attest: &mut Bytes<'_>) -> Result<(), &'static str> {
    let mut want = [0; 3];
    for number in QUOTED_PCRS {
        want[usize::from(number / 8)] |= 1 << (number % 8);
    }
    let other = "a quote over other PCRs";
    let one = attest.u32_be() == Some(1) && attest.u16_be() == Some(SHA256);
    let same = one && attest.array() == Some([3]) && attest.array() == Some(want);
    if same { Ok(()) } else { Err(other) }
}

fn signature(mut rest: Bytes<'_>) -> Result<[u8; 64], &'static str> {
    let algorithms = (rest.u16_be(), rest.u16_be());
    if algorithms != (Some(ECDSA), Some(SHA256)) {
        return Err("a signature that is not ECDSA with SHA-256");
    }
    let mut both = [0; 64];
    let (r, s) = both.split_at_mut(32);
    for half in [r, s] {
        let number = rest.sized().ok_or("a signature that breaks off")?;
        // A TPM may leave leading zeros out.
        let at = 32usize
            .checked_sub(number.len())
            .ok_or("a signature that is too long")?;
        half[at..].copy_from_slice(number);
    }
    rest.end().ok_or("a signature with something behind it")?;
    Ok(both)
}
