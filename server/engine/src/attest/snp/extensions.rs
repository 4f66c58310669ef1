//! What AMD writes into a chip's certificate (document 57230): whose it is, and for which firmware.

use domain::attest::Hex;
use std::fmt;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::{ObjectIdentifier, OctetStringRef};

const HARDWARE_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.4");
/// `….1` boot loader, `….2` TEE, `….3` SNP, `….8` microcode, `….9` FMC.
const VERSIONS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3");

/// Who the chip is: 64 bytes, or 8 from Turin on.
#[derive(Debug)]
pub enum HardwareId {
    Long([u8; 64]),
    Short([u8; 8]),
}

impl HardwareId {
    /// A short one is followed by zeros in the report.
    pub fn is(&self, chip_id: &[u8; 64]) -> bool {
        match self {
            Self::Long(id) => id == chip_id && *id != [0; 64],
            Self::Short(id) => chip_id.starts_with(id) && chip_id[8..] == [0; 56] && *id != [0; 8],
        }
    }
}

impl fmt::Display for HardwareId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Long(id) => Hex(*id).fmt(f),
            Self::Short(id) => Hex(*id).fmt(f),
        }
    }
}

/// As it is, or as an OCTET STRING: both are about, and their lengths tell them apart.
pub fn hardware_id(vcek: &Certificate) -> Result<HardwareId, &'static str> {
    let value = one(vcek, HARDWARE_ID).ok_or("a VCEK that names no chip")?;
    let inner = match value.len() {
        64 | 8 => value,
        _ => OctetStringRef::from_der(value).map_or(value, |octets| octets.as_bytes()),
    };
    let long = inner.try_into().map(HardwareId::Long);
    let short = inner.try_into().map(HardwareId::Short);
    long.or(short)
        .map_err(|_| "a VCEK with a chip id of another length")
}

/// One of the versions, an INTEGER from 0 to 255.
pub fn number(vcek: &Certificate, which: u8) -> Option<u8> {
    let oid = VERSIONS.push_arc(which.into()).ok()?;
    u8::from_der(one(vcek, oid)?).ok()
}

/// The extension, if there is exactly one.
fn one(certificate: &Certificate, oid: ObjectIdentifier) -> Option<&[u8]> {
    let all = certificate
        .tbs_certificate
        .extensions
        .as_deref()
        .unwrap_or_default();
    let mut found = all.iter().filter(|extension| extension.extn_id == oid);
    match (found.next(), found.next()) {
        (Some(extension), None) => Some(extension.extn_value.as_bytes()),
        _ => None,
    }
}
