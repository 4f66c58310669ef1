//! Three commands of a TPM 2.0, as bytes. Pure: the guest sends them through the kernel, and the
//! host to the same TPM before the guest exists (it includes this file).

/// An ECC P-256 key that signs what the TPM itself made, and nothing else; always the same one for
/// the same TPM.
const ATTRIBUTES: u32 = 0x0005_0472;
const ENDORSEMENT: u32 = 0x4000_000b;
const PASSWORD: u32 = 0x4000_0009;
const WITH_AUTH: u16 = 0x8002;
const PLAIN: u16 = 0x8001;
const CREATE_PRIMARY: u32 = 0x131;
const QUOTE: u32 = 0x158;
const PCR_READ: u32 = 0x17e;
const SHA256: u16 = 0x0b;
const NULL: u16 = 0x10;
const ECDSA: u16 = 0x18;
const ECC: u16 = 0x23;
const P256: u16 = 3;
/// What a quote is about.
pub const PCRS: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 12, 14];

#[derive(Default)]
struct Command(Vec<u8>);

impl Command {
    fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }
    fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }
    fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }
    /// With its length in front.
    fn sized(mut self, bytes: &[u8]) -> Self {
        self = self.u16(bytes.len() as u16);
        self.0.extend(bytes);
        self
    }
    /// An empty password.
    fn no_auth(self) -> Self {
        self.u32(9).u32(PASSWORD).u16(0).u8(0).u16(0)
    }
    fn selection(self, pcrs: &[u8]) -> Self {
        let bits = pcrs.iter().fold(0_u32, |bits, pcr| bits | 1 << pcr);
        let [a, b, c, _] = bits.to_le_bytes();
        self.u32(1).u16(SHA256).u8(3).u8(a).u8(b).u8(c)
    }
    fn finish(self, tag: u16, code: u32) -> Vec<u8> {
        let head = Command::default()
            .u16(tag)
            .u32(self.0.len() as u32 + 10)
            .u32(code);
        [head.0, self.0].concat()
    }
}

/// Makes the key that quotes are signed with.
pub fn create_key() -> Vec<u8> {
    let public = Command::default()
        .u16(ECC)
        .u16(SHA256)
        .u32(ATTRIBUTES)
        .u16(0)
        .u16(NULL)
        .u16(ECDSA)
        .u16(SHA256)
        .u16(P256)
        .u16(NULL)
        .u16(0)
        .u16(0);
    Command::default()
        .u32(ENDORSEMENT)
        .no_auth()
        .sized(&[0; 4])
        .sized(&public.0)
        .u16(0)
        .u32(0)
        .finish(WITH_AUTH, CREATE_PRIMARY)
}

pub fn quote(key: u32, extra: &[u8]) -> Vec<u8> {
    Command::default()
        .u32(key)
        .no_auth()
        .sized(extra)
        .u16(NULL)
        .selection(&PCRS)
        .finish(WITH_AUTH, QUOTE)
}

pub fn read_pcr(pcr: u8) -> Vec<u8> {
    Command::default().selection(&[pcr]).finish(PLAIN, PCR_READ)
}

/// What is left to read of an answer.
struct Answer<'a>(&'a [u8]);

impl<'a> Answer<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, String> {
        let mut all = Answer(bytes);
        let (_, _, code) = (all.u16()?, all.u32()?, all.u32()?);
        match code {
            0 => Ok(all),
            code => Err(format!("the TPM answered with error {code:#x}")),
        }
    }
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or("the TPM's answer is too short")?;
        self.0 = rest;
        Ok(taken)
    }
    fn u16(&mut self) -> Result<u16, String> {
        Ok(u16::from_be_bytes([self.take(1)?[0], self.take(1)?[0]]))
    }
    fn u32(&mut self) -> Result<u32, String> {
        Ok(u32::from(self.u16()?) << 16 | u32::from(self.u16()?))
    }
    fn sized(&mut self) -> Result<&'a [u8], String> {
        let count = self.u16()?;
        self.take(count.into())
    }
}

/// The key's handle and its public half, a `TPMT_PUBLIC`.
pub fn key(answer: &[u8]) -> Result<(u32, Vec<u8>), String> {
    let mut answer = Answer::new(answer)?;
    let (handle, _) = (answer.u32()?, answer.u32()?);
    Ok((handle, answer.sized()?.to_vec()))
}

/// The point of a `TPMT_PUBLIC`: x ‖ y, 64 bytes.
pub fn point(public: &[u8]) -> Result<Vec<u8>, String> {
    let mut rest = Answer(public);
    rest.take(8)?;
    rest.sized()?;
    rest.take(10)?;
    let (x, y) = (rest.sized()?, rest.sized()?);
    Ok([padded(x), padded(y)].concat())
}

/// The TPM leaves leading zeros away.
fn padded(number: &[u8]) -> Vec<u8> {
    let mut all = vec![0; 32_usize.saturating_sub(number.len())];
    all.extend(number);
    all
}

/// A `TPM2B_ATTEST` with its `TPMT_SIGNATURE` right behind it, as the TPM gave them.
pub fn quoted(answer: &[u8]) -> Result<Vec<u8>, String> {
    let mut answer = Answer::new(answer)?;
    let count = answer.u32()? as usize;
    Ok(answer.take(count)?.to_vec())
}

pub fn pcr(answer: &[u8]) -> Result<Vec<u8>, String> {
    let mut answer = Answer::new(answer)?;
    answer.take(4 + 4 + 2 + 1 + 3)?;
    match answer.u32()? {
        1 => Ok(answer.sized()?.to_vec()),
        _ => Err("the TPM has no such PCR".into()),
    }
}

#[cfg(test)]
mod wire_tests {
    use super::*;

    #[test]
    fn commands_say_their_own_length() {
        for command in [create_key(), quote(0x8000_0000, &[7; 32]), read_pcr(9)] {
            let said = u32::from_be_bytes([command[2], command[3], command[4], command[5]]);
            assert_eq!(said as usize, command.len());
        }
    }

    #[test]
    fn an_answer_that_is_cut_or_an_error_is_refused() {
        assert!(key(&[0x80, 1, 0, 0, 0, 10, 0, 0, 1, 1]).is_err_and(|e| e.contains("0x101")));
        assert!(quoted(&[0x80, 2, 0, 0]).is_err());
    }
}
