//! Intel's word on a platform's firmware must be about this very platform. `dcap-qvl` compares the
//! platform's family (FMSPC), as Intel's own verifier does; that one goes on to what is here.

use dcap_qvl::intel::parse_pck_extension;
use dcap_qvl::tcb_info::TcbInfo;

/// How TCB levels are compared; there is one way so far.
const LEVEL_BY_LEVEL: u32 = 0;

/// By the chip's certificate, after both were verified.
pub fn is_meant(chip: &[u8], tcb_info: &str) -> Result<(), String> {
    let chip = parse_pck_extension(chip).map_err(|error| format!("{error:#}"))?;
    let info: TcbInfo = serde_json::from_str(tcb_info).map_err(|error| error.to_string())?;
    let own: String = chip.pce_id.iter().map(|b| format!("{b:02x}")).collect();
    if !info.pce_id.eq_ignore_ascii_case(&own) {
        return Err(format!("TCB info of the PCE {}, not {own}", info.pce_id));
    }
    match info.tcb_type {
        LEVEL_BY_LEVEL => Ok(()),
        other => Err(format!("TCB info of an unknown type, {other}")),
    }
}
