//! A machine that is to end is told so, over a connection that ends in its attested key: its workload
//! gets SIGTERM, and the machine ends with it.

use super::Room;
use super::pinned::Guest;
use super::room::Folder;
use super::secrets::{post, signed};
use serde_json::json;
use std::io;
use std::time::Duration;

const CONTEXT: &[u8] = b"tee-stop-v1\0";
const PATH: &str = "/.well-known/tee/stop";
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether it took it. One that nobody verified is told nothing.
pub async fn ask(room: &Room, folder: &Folder) -> bool {
    let asked = tokio::time::timeout(PATIENCE, told(room, folder)).await;
    matches!(asked, Ok(Ok(true)))
}

async fn told(room: &Room, folder: &Folder) -> io::Result<bool> {
    let (Some(started), Some(admitted)) = (folder.started()?, folder.admitted()?) else {
        return Ok(false);
    };
    let guest = Guest::new(started.port, Some(admitted.key))?;
    let payload = json!({ "tls_spki_sha256": admitted.key }).to_string();
    let answer = post(&guest, PATH, &signed(&room.key, CONTEXT, &payload)).await?;
    Ok(answer.starts_with("HTTP/1.1 204"))
}
