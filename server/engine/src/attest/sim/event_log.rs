//! The TCG event log in its crypto-agile form: what the firmware says that it measured, in order.
//! It is worth as much as the PCRs that it gives when it is replayed.

use crate::attest::bytes::Bytes;
use domain::attest::{Digest, Hex, sha256};
use std::collections::BTreeMap;

const NO_ACTION: u32 = 3;
const FIRMWARE_BLOB: u32 = 0x8000_0008;
const FIRMWARE_BLOB_2: u32 = 0x8000_000a;
const SHA256: u16 = 0x000b;
const SPEC_ID: &[u8] = b"Spec ID Event03\0";
const STARTUP: &[u8] = b"StartupLocality\0";
const MOST_EVENTS: usize = 4096;
const PCRS: usize = 24;

/// A log that was read to its end, and what it gives.
#[derive(Debug)]
pub struct EventLog {
    pcrs: [[u8; 32]; PCRS],
    firmware: Vec<Digest>,
    events: usize,
}

struct Event<'a> {
    pcr: usize,
    kind: u32,
    digest: Digest,
    data: &'a [u8],
}

impl EventLog {
    /// Or what is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut rest = Bytes(bytes);
        let sizes = header(&mut rest).ok_or("an event log with another header")?;
        let mut log = Self {
            pcrs: [[0; 32]; PCRS],
            firmware: vec![],
            events: 0,
        };
        while !rest.0.is_empty() {
            let event = event(&mut rest, &sizes);
            log.add(
                &event.ok_or_else(|| {
                    format!("an event log that breaks off at event {}", log.events)
                })?,
            )?;
        }
        Ok(log)
    }

    fn add(&mut self, event: &Event<'_>) -> Result<(), String> {
        self.events += 1;
        if self.events > MOST_EVENTS {
            return Err(format!("an event log of more than {MOST_EVENTS} events"));
        }
        match event.kind {
            NO_ACTION => self.startup(event),
            FIRMWARE_BLOB | FIRMWARE_BLOB_2 if event.pcr == 0 => self.firmware.push(event.digest),
            _ => {}
        }
        if event.kind != NO_ACTION {
            self.extend(event.pcr, &event.digest)?;
        }
        Ok(())
    }

    fn extend(&mut self, pcr: usize, digest: &Digest) -> Result<(), String> {
        let value = self
            .pcrs
            .get_mut(pcr)
            .ok_or("an event for a PCR that there is not")?;
        *value = sha256(&[value.as_slice(), &digest.0].concat());
        Ok(())
    }

    /// PCR 0 starts with the locality that the TPM was started from.
    fn startup(&mut self, event: &Event<'_>) {
        if event.pcr == 0
            && let Some([locality]) = event.data.strip_prefix(STARTUP)
        {
            self.pcrs[0][31] = *locality;
        }
    }

    /// What a PCR would be.
    pub fn pcr(&self, number: u8) -> Digest {
        Hex(self
            .pcrs
            .get(usize::from(number))
            .copied()
            .unwrap_or_default())
    }

    /// How many events it has.
    pub fn events(&self) -> usize {
        self.events
    }

    /// Whether that firmware volume was measured.
    pub fn has_firmware(&self, digest: &Digest) -> bool {
        self.firmware.contains(digest)
    }
}

/// The first event, in the old form, tells the size of every digest.
fn header(rest: &mut Bytes<'_>) -> Option<BTreeMap<u16, usize>> {
    let (pcr, kind) = (rest.u32_le()?, rest.u32_le()?);
    rest.take(20)?;
    let size = rest.u32_le()?;
    let data = rest.take(size.try_into().ok()?)?;
    let mut data = Bytes(
        data.strip_prefix(SPEC_ID)
            .filter(|_| pcr == 0 && kind == NO_ACTION)?,
    );
    data.take(8)?;
    let count = data.u32_le().filter(|count| *count <= 16)?;
    let mut sizes = BTreeMap::new();
    for _ in 0..count {
        sizes.insert(data.u16_le()?, usize::from(data.u16_le()?));
    }
    sizes
        .get(&SHA256)
        .is_some_and(|size| *size == 32)
        .then_some(sizes)
}

fn event<'a>(rest: &mut Bytes<'a>, sizes: &BTreeMap<u16, usize>) -> Option<Event<'a>> {
    let pcr = rest.u32_le()?.try_into().ok()?;
    let kind = rest.u32_le()?;
    let count = rest.u32_le().filter(|count| *count <= 16)?;
    let mut digest = None;
    for _ in 0..count {
        let algorithm = rest.u16_le()?;
        let bytes = rest.take(*sizes.get(&algorithm)?)?;
        if algorithm == SHA256 && digest.replace(Hex(bytes.try_into().ok()?)).is_some() {
            return None;
        }
    }
    let size = rest.u32_le()?;
    let data = rest.take(size.try_into().ok()?)?;
    Some(Event {
        pcr,
        kind,
        digest: digest?,
        data,
    })
}
