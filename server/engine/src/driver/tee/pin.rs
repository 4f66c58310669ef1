//! The key of a machine's TPM, asked before the machine exists: a fresh TPM makes always the same
//! key from its seed, so whoever answers with another one later is another TPM.

#[path = "../../../agent/src/wire.rs"]
#[allow(dead_code)]
mod wire;

use super::process::{self, short};
use domain::attest::{Hex, TpmKey};
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

const PATIENCE: Duration = Duration::from_secs(20);
const MOST: usize = 4096;

/// Makes the TPM's state in `folder`, and tells its key.
pub async fn key(folder: &Path) -> io::Result<TpmKey> {
    std::fs::create_dir_all(folder.join("tpm"))?;
    let mut tpm = process::tpm_alone(folder).await?;
    let asked = tokio::time::timeout(PATIENCE, ask(folder)).await;
    // It ends when nobody is connected any more; until then its state is in use.
    let ended = tokio::time::timeout(PATIENCE, tpm.wait()).await;
    if ended.is_err() {
        tpm.kill().await?;
    }
    for socket in ["ask.sock", "tpm.sock"] {
        let _ = std::fs::remove_file(folder.join(socket));
    }
    asked?
}

async fn ask(folder: &Path) -> io::Result<TpmKey> {
    let socket = short(folder, "ask.sock")?;
    let mut stream = UnixStream::connect(&socket.path).await?;
    stream.write_all(&wire::create_key()).await?;
    let mut answer = vec![0; MOST];
    let count = stream.read(&mut answer).await?;
    let (_, public) = wire::key(&answer[..count]).map_err(io::Error::other)?;
    let point = wire::point(&public).map_err(io::Error::other)?;
    let point = point
        .try_into()
        .map_err(|_| io::Error::other("the key is of another kind"))?;
    Ok(Hex(point))
}
