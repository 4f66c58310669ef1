//! What of the firmware is measured: OVMF's first part unpacks the volume of its drivers (DXEFV) and
//! extends its hash into PCR 0. The same is done here, from the file.

use domain::attest::{Digest, Hex, sha256};
use lzma_rust2::LzmaReader;
use std::io::Read;

/// `EE4E5898-3914-4259-9D6E-DC7BD79403CF`: a section that is compressed by LZMA.
const LZMA: [u8; 16] = [
    0x98, 0x58, 0x4e, 0xee, 0x14, 0x39, 0x59, 0x42, 0x9d, 0x6e, 0xdc, 0x7b, 0xd7, 0x94, 0x03, 0xcf,
];
const VOLUME: u8 = 0x17;
const MOST: u64 = 64 << 20;
const MOST_MEMORY_KIB: u32 = 64 << 10;

/// `None`: this is not an OVMF as we know it.
pub fn drivers(firmware: &[u8]) -> Option<Digest> {
    let unpacked = unpack(firmware)?;
    // The first volume is what starts the drivers' one, which is the second.
    let volume = volumes(&unpacked).into_iter().nth(1)?;
    Some(Hex(sha256(volume)))
}

/// The section's header has its size, its type, the compressor, and where the data begins.
fn unpack(firmware: &[u8]) -> Option<Vec<u8>> {
    let guid = firmware.windows(LZMA.len()).position(|part| part == LZMA)?;
    let start = guid.checked_sub(4)?;
    let size = size(firmware, start)?;
    let data = usize::from(u16::from_le_bytes([
        *firmware.get(guid + 16)?,
        *firmware.get(guid + 17)?,
    ]));
    let packed = firmware.get(start..start.checked_add(size)?)?.get(data..)?;
    let reader = LzmaReader::new_mem_limit(packed, MOST_MEMORY_KIB, None).ok()?;
    let mut all = vec![];
    reader.take(MOST).read_to_end(&mut all).ok()?;
    Some(all)
}

fn size(bytes: &[u8], at: usize) -> Option<usize> {
    let three = bytes.get(at..at.checked_add(3)?)?;
    Some(usize::from(three[0]) | usize::from(three[1]) << 8 | usize::from(three[2]) << 16)
}

/// Sections follow each other, each at a multiple of four.
fn volumes(sections: &[u8]) -> Vec<&[u8]> {
    let (mut found, mut at) = (vec![], 0);
    while let Some(size) = size(sections, at).filter(|size| *size >= 4) {
        let Some(section) = sections.get(at..at.saturating_add(size)) else {
            break;
        };
        if section[3] == VOLUME {
            found.push(&section[4..]);
        }
        at = (at + size).next_multiple_of(4);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_found_among_other_sections() {
        let other = [12, 0, 0, 0x19, 0, 0, 0, 0, 0, 0, 0, 0];
        let volume = [6, 0, 0, VOLUME, 1, 2, 0, 0];
        let all = [&other[..], &volume, &other, &[5, 0, 0, VOLUME, 3]].concat();
        assert_eq!(volumes(&all), [&[1, 2][..], &[3]]);
    }

    #[test]
    fn q26_what_is_no_firmware_has_no_drivers() {
        assert_eq!(drivers(&[]), None);
        assert_eq!(drivers(&LZMA), None);
        assert_eq!(
            drivers(&[&[0xff; 4][..], &LZMA, &[24, 0, 1, 0], &[7; 64]].concat()),
            None
        );
    }
}
