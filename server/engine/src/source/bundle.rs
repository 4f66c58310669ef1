//! TEMPORARY
use std::path::Path;
#[derive(Default)] pub struct Limits;
pub struct Unpacked { pub files: u64, pub bytes: u64, pub digest: String }
pub async fn unpack(_: &Path, _: &Path, _: Limits) -> std::io::Result<Unpacked> { todo!() }
