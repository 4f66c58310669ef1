//! Quotes of the TPM, through the kernel's resource manager.

use crate::wire;
use std::fs::File;
use std::io::{Read, Write};

const DEVICE: &str = "/dev/tpmrm0";
const MOST: usize = 4096;

pub struct Quote {
    pub report: Vec<u8>,
    pub pcrs: Vec<(u8, Vec<u8>)>,
}

/// What was made in the TPM goes when the device is closed.
pub fn quote(extra: &[u8]) -> Result<Quote, String> {
    let mut device = File::options()
        .read(true)
        .write(true)
        .open(DEVICE)
        .map_err(|e| format!("there is no TPM: {e}"))?;
    let (key, _) = wire::key(&ask(&mut device, &wire::create_key())?)?;
    let report = wire::quoted(&ask(&mut device, &wire::quote(key, extra))?)?;
    let mut pcrs = vec![];
    for pcr in wire::PCRS {
        pcrs.push((pcr, wire::pcr(&ask(&mut device, &wire::read_pcr(pcr))?)?));
    }
    Ok(Quote { report, pcrs })
}

fn ask(device: &mut File, command: &[u8]) -> Result<Vec<u8>, String> {
    let failed = |e: std::io::Error| format!("the TPM does not answer: {e}");
    device.write_all(command).map_err(failed)?;
    let mut answer = vec![0; MOST];
    let count = device.read(&mut answer).map_err(failed)?;
    answer.truncate(count);
    Ok(answer)
}
