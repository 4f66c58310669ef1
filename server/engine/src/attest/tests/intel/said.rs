//! What the mock of Intel says of platforms and of quoting enclaves: the one that quotes is up to
//! date, and one version less would be out of date.

use serde_json::{Value, json};

pub fn tcb_info() -> Value {
    let mut guest = [0u8; 16];
    guest[..3].copy_from_slice(&[4, 1, 2]);
    let level = |svn: u8, pce: u8, status: &str| {
        let guest = guest.map(|n| json!({ "svn": n.min(svn) }));
        json!({
            "tcb": {
                "sgxtcbcomponents": vec![json!({ "svn": svn }); 16],
                "pcesvn": pce,
                "tdxtcbcomponents": guest,
            },
            "tcbDate": "2026-01-01T00:00:00Z",
            "tcbStatus": status,
        })
    };
    let module = |svn: u8, status: &str| json!({ "tcb": { "isvsvn": svn }, "tcbDate": "2026-01-01T00:00:00Z", "tcbStatus": status });
    json!({
        "id": "TDX",
        "version": 3,
        "issueDate": "2026-05-01T00:00:00Z",
        "nextUpdate": "2026-07-01T00:00:00Z",
        "fmspc": "B0C06F000000",
        "pceId": "0000",
        "tcbType": 0,
        "tcbEvaluationDataNumber": 17,
        "tdxModule": { "mrsigner": "00".repeat(48), "attributes": "00".repeat(8), "attributesMask": "FF".repeat(8) },
        "tdxModuleIdentities": [{
            "id": "TDX_01",
            "mrsigner": "00".repeat(48),
            "attributes": "00".repeat(8),
            "attributesMask": "FF".repeat(8),
            "tcbLevels": [module(4, "UpToDate"), module(3, "OutOfDate")],
        }],
        "tcbLevels": [level(5, 11, "UpToDate"), level(1, 5, "OutOfDate")],
    })
}

pub fn qe_identity() -> Value {
    let level = |svn: u8, status: &str| json!({ "tcb": { "isvsvn": svn }, "tcbDate": "2026-01-01T00:00:00Z", "tcbStatus": status });
    json!({
        "id": "TD_QE",
        "version": 2,
        "issueDate": "2026-05-01T00:00:00Z",
        "nextUpdate": "2026-07-01T00:00:00Z",
        "tcbEvaluationDataNumber": 17,
        "miscselect": "00000000",
        "miscselectMask": "FFFFFFFF",
        "attributes": "11000000000000000000000000000000",
        "attributesMask": "FBFFFFFFFFFFFFFF0000000000000000",
        "mrsigner": "DC".repeat(32),
        "isvprodid": 2,
        "tcbLevels": [level(4, "UpToDate"), level(3, "OutOfDate")],
    })
}
