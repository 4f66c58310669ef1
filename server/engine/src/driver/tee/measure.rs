//! What the firmware will have measured, computed from files alone. Pure.
//!
//! OVMF hands over to a kernel that QEMU gives it directly, and extends, into the SHA-256 bank:
//! PCR 4 by the kernel, as Authenticode hashes an executable; PCR 9 by the command line and the
//! initrd. QEMU before version 10 writes into the kernel's header first, and the firmware measures
//! what it wrote: where the initrd will lie, for one, which depends on the memory.

use domain::attest::{Digest, Hex, sha256};

/// What OVMF extends before it starts anything.
const CALLING: &[u8] = b"Calling EFI Application from Boot Option";
const SEPARATOR: [u8; 4] = [0; 4];
/// What OVMF's loader adds to the command line where there is an initrd.
const INITRD: &str = " initrd=initrd";
/// From this version on QEMU leaves the kernel as it is.
const UNPATCHED: u32 = 10;

/// <https://docs.kernel.org/arch/x86/boot.html>, and where QEMU 7 puts things.
mod header {
    pub const XLOADFLAGS: usize = 0x236;
    pub const ABOVE_4G: u16 = 2;
    pub const INITRD_MAX: usize = 0x22c;
    pub const LEAST: usize = 0x250;
    pub const COMMAND_LINE: u32 = 0x20000;
    pub const REAL_MODE: u32 = 0x10000;
    pub const ACPI: u64 = 0x28000;
    pub const MOST_LOW: u64 = 0xb000_0000;
    pub const SPLIT: u64 = 0x8000_0000;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the guest kernel is no EFI executable for x86-64")]
pub struct NoKernel;

fn extend(pcr: [u8; 32], digest: [u8; 32]) -> [u8; 32] {
    sha256(&[pcr, digest].concat())
}

fn extended(digests: &[[u8; 32]]) -> Digest {
    Hex(digests
        .iter()
        .fold([0; 32], |pcr, digest| extend(pcr, *digest)))
}

/// PCR 4, of the kernel as QEMU `major` hands it over.
pub fn kernel(
    kernel: &[u8],
    initrd_bytes: usize,
    memory_mib: u32,
    major: u32,
) -> Result<Digest, NoKernel> {
    let mut kernel = kernel.to_vec();
    if major < UNPATCHED {
        patch(&mut kernel, initrd_bytes, memory_mib)?;
    }
    let image = authenticode(&kernel).ok_or(NoKernel)?;
    Ok(extended(&[image, sha256(CALLING), sha256(&SEPARATOR)]))
}

/// PCR 9.
pub fn command_line(line: &str, initrd: &[u8]) -> Digest {
    let text = format!("{line}{INITRD}\0");
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    extended(&[sha256(&wide), sha256(initrd)])
}

/// As `x86_load_linux` in QEMU 7 leaves the header on a `q35` machine.
fn patch(kernel: &mut [u8], initrd_bytes: usize, memory_mib: u32) -> Result<(), NoKernel> {
    if kernel.len() < header::LEAST {
        return Err(NoKernel);
    }
    let flags = u16::from_le_bytes([kernel[header::XLOADFLAGS], kernel[header::XLOADFLAGS + 1]]);
    let said = at(kernel, header::INITRD_MAX).ok_or(NoKernel)?;
    let most = if flags & header::ABOVE_4G != 0 {
        u32::MAX
    } else {
        said
    };
    let address = initrd_address(most, initrd_bytes, memory_mib).ok_or(NoKernel)?;
    let size = u32::try_from(initrd_bytes).map_err(|_| NoKernel)?;
    let heap = header::COMMAND_LINE - header::REAL_MODE - 0x200;
    kernel[0x210] = 0xb0;
    kernel[0x211] |= 0x80;
    kernel[0x224..0x226].copy_from_slice(&(heap as u16).to_le_bytes());
    kernel[0x228..0x22c].copy_from_slice(&header::COMMAND_LINE.to_le_bytes());
    kernel[0x218..0x21c].copy_from_slice(&address.to_le_bytes());
    kernel[0x21c..0x220].copy_from_slice(&size.to_le_bytes());
    Ok(())
}

/// As high as it fits below 4 GiB, on a page.
fn initrd_address(most: u32, initrd_bytes: usize, memory_mib: u32) -> Option<u32> {
    let memory = u64::from(memory_mib) << 20;
    let low = if memory < header::MOST_LOW {
        memory
    } else {
        header::SPLIT
    };
    let end = u64::from(most).min(low.checked_sub(header::ACPI + 1)?);
    let address = end.checked_sub(initrd_bytes as u64)? & !4095;
    u32::try_from(address).ok()
}

fn at(bytes: &[u8], offset: usize) -> Option<u32> {
    let four = bytes.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

fn half(bytes: &[u8], offset: usize) -> Option<usize> {
    let two = bytes.get(offset..offset.checked_add(2)?)?;
    Some(u16::from_le_bytes(two.try_into().ok()?).into())
}

fn word(bytes: &[u8], offset: usize) -> Option<usize> {
    at(bytes, offset)?.try_into().ok()
}

/// The hash of a PE32+ executable without its checksum and its signatures, in the order in which
/// the firmware takes its parts.
pub fn authenticode(pe: &[u8]) -> Option<[u8; 32]> {
    let start = word(pe, 0x3c)?;
    let optional = start.checked_add(24)?;
    let is_64_bit = pe.get(start..start + 4)? == b"PE\0\0" && half(pe, optional)? == 0x20b;
    if !is_64_bit {
        return None;
    }
    let (checksum, signatures) = (optional + 64, optional + 144);
    let headers = word(pe, optional + 60)?;
    let mut hashed = [pe.get(..checksum)?, pe.get(checksum + 4..signatures)?].concat();
    hashed.extend(pe.get(signatures + 8..headers)?);
    let mut end = headers;
    for (from, size) in sections(pe, start, optional)? {
        hashed.extend(pe.get(from..from.checked_add(size)?)?);
        end = end.checked_add(size)?;
    }
    let rest = pe.len().checked_sub(word(pe, signatures + 4)?)?;
    hashed.extend(pe.get(end..rest).unwrap_or_default());
    Some(sha256(&hashed))
}

/// Where each begins in the file, and its size there, sorted; empty ones are passed over.
fn sections(pe: &[u8], start: usize, optional: usize) -> Option<Vec<(usize, usize)>> {
    let first = optional.checked_add(half(pe, start + 20)?)?;
    let mut all = vec![];
    for number in 0..half(pe, start + 6)? {
        let section = first + number * 40;
        all.push((word(pe, section + 20)?, word(pe, section + 16)?));
    }
    all.retain(|(_, size)| *size > 0);
    all.sort_unstable();
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    /// The least that the firmware would take for a kernel.
    fn pe() -> Vec<u8> {
        let mut pe = vec![0; 0x600];
        let mut put = |at: usize, bytes: &[u8]| pe[at..at + bytes.len()].copy_from_slice(bytes);
        put(0x3c, &0x80_u32.to_le_bytes());
        put(0x80, b"PE\0\0");
        put(0x86, &1_u16.to_le_bytes());
        put(0x94, &160_u16.to_le_bytes());
        put(0x98, &0x20b_u16.to_le_bytes());
        put(0x98 + 60, &0x400_u32.to_le_bytes());
        put(0x98 + 160 + 16, &0x100_u32.to_le_bytes());
        put(0x98 + 160 + 20, &0x400_u32.to_le_bytes());
        put(0x22c, &0x7fff_ffff_u32.to_le_bytes());
        pe
    }

    #[test]
    fn i17_pcr_4_is_the_kernels_and_depends_on_what_old_qemus_write_into_it() {
        let new = kernel(&pe(), 3_000_000, 256, 10).expect("it is one");
        let old = kernel(&pe(), 3_000_000, 256, 7).expect("it is one");
        expect!["765b7d6de351d8d1738d9bcf8d78cf357773b0b999e32ea55bfed7d5e844a51b"]
            .assert_eq(&new.to_string());
        expect!["b96d3e4e0bf36da9c1945e0a139bd9c31a2342ba250e10ef17b2c775a744999f"]
            .assert_eq(&old.to_string());
        assert_eq!(new, kernel(&pe(), 4_000_000, 512, 10).expect("it is one"));
        assert_ne!(old, kernel(&pe(), 3_000_000, 512, 7).expect("it is one"));
        assert_ne!(old, kernel(&pe(), 3_004_096, 256, 7).expect("it is one"));
    }

    #[test]
    fn i17_a_padded_kernel_is_another_kernel() {
        let padded = [pe(), vec![0; 8]].concat();
        assert_ne!(authenticode(&pe()), authenticode(&padded));
        let mut with_checksum = pe();
        with_checksum[0x98 + 64] = 1;
        assert_eq!(authenticode(&pe()), authenticode(&with_checksum));
    }

    #[test]
    fn i17_pcr_9_is_the_command_lines_and_the_initrds() {
        let plain = command_line("quiet", b"initrd");
        expect!["2082f03b378560fb8cc8826d2d4aefea1e32dc512dc6cf2bbdbf8703d5605520"]
            .assert_eq(&plain.to_string());
        assert_ne!(plain, command_line("quiet tee.debug=1", b"initrd"));
        assert_ne!(plain, command_line("quiet", b"initrd+"));
    }

    #[test]
    fn q26_what_is_no_kernel_is_refused() {
        for wrong in [&[][..], &[0; 64], &[0xff; 0x600]] {
            assert_eq!(kernel(wrong, 1, 256, 7), Err(NoKernel));
            assert_eq!(kernel(wrong, 1, 256, 10), Err(NoKernel));
        }
        assert_eq!(kernel(&pe(), usize::MAX, 256, 7), Err(NoKernel));
        for end in 0..pe().len() {
            let _ = authenticode(&pe()[..end]);
        }
    }

    #[test]
    fn the_initrd_lies_as_high_as_it_can() {
        assert_eq!(initrd_address(u32::MAX, 0x1000, 256), Some(0x0ffd_6000));
        assert_eq!(initrd_address(u32::MAX, 0x1000, 4096), Some(0x7ffd_6000));
        assert_eq!(initrd_address(0x37ff_ffff, 0x1000, 4096), Some(0x37ff_e000));
    }
}
