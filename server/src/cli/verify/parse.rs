//! What is written on the command line, and in no other place.

use domain::attest::{SnpTcb, TcbStatus};

/// `snp=20,microcode=210`; what is left out is 0.
pub fn tcb(text: &str) -> Result<SnpTcb, String> {
    let mut tcb = SnpTcb::default();
    for part in text.split(',') {
        let (name, value) = part.split_once('=').ok_or(format!("`{part}` has no `=`"))?;
        let value = value
            .parse()
            .map_err(|_| format!("`{value}` is no number from 0 to 255"))?;
        let known = ["fmc", "bootloader", "tee", "snp", "microcode"];
        match name {
            "fmc" => tcb.fmc = value,
            "bootloader" => tcb.bootloader = value,
            "tee" => tcb.tee = value,
            "snp" => tcb.snp = value,
            "microcode" => tcb.microcode = value,
            _ => return Err(format!("`{name}` is none of {}", known.join(", "))),
        }
    }
    Ok(tcb)
}

/// In Intel's words.
pub fn status(text: &str) -> Result<TcbStatus, String> {
    let words = TcbStatus::ALL.map(TcbStatus::word).join(", ");
    TcbStatus::parse(text).ok_or(format!("it is one of {words}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i18_a_minimum_is_written_part_by_part() {
        let want = SnpTcb {
            snp: 20,
            microcode: 210,
            ..SnpTcb::default()
        };
        assert_eq!(tcb("snp=20,microcode=210"), Ok(want));
        assert!(tcb("snp").is_err() && tcb("snp=256").is_err() && tcb("sno=1").is_err());
        assert_eq!(status("OutOfDate"), Ok(TcbStatus::OutOfDate));
        assert!(status("out_of_date").is_err());
    }
}
