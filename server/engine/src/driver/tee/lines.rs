//! What a machine says on its console. In production that is the agent alone: the host reads it.

use super::argv::CONSOLE;
use super::qmp;
use super::room::Folder;
use crate::driver::Printed;
use domain::view::Stream;
use std::io;
use std::time::Duration;
use tokio::sync::mpsc;

const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// A console that says more is not read on.
const MOST: usize = 8 << 20;

/// The complete lines so far.
pub fn all(folder: &Folder) -> io::Result<Vec<String>> {
    let mut bytes = match std::fs::read(folder.file(CONSOLE)) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => vec![],
        Err(e) => return Err(e),
    };
    bytes.truncate(MOST);
    let text = String::from_utf8_lossy(&bytes);
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let lines = whole.lines().map(plain).filter(|line| !line.is_empty());
    Ok(lines.collect())
}

/// The firmware clears the screen first.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut is_escape = false;
    for c in line.chars() {
        match c {
            '\u{1b}' => is_escape = true,
            c if is_escape => is_escape = !c.is_ascii_alphabetic(),
            c if !c.is_control() => text.push(c),
            _ => {}
        }
    }
    text.trim().to_owned()
}

/// A console has no times: a line's is that of the start and its number, so that who comes back goes
/// on where he ended.
pub async fn follow(folder: &Folder, since_ms: i64, into: mpsc::Sender<Printed>) -> io::Result<()> {
    let mut sent = 0;
    while let Some(started) = folder.started()? {
        let runs = qmp::runs(folder.path()).await?;
        let lines = all(folder)?;
        for (number, text) in lines.iter().enumerate().skip(sent) {
            let at_ms = started.at.0 + i64::try_from(number).unwrap_or(i64::MAX);
            let line = Printed {
                at_ms,
                stream: Stream::Out,
                text: text.clone(),
            };
            if at_ms >= since_ms && into.send(line).await.is_err() {
                return Ok(());
            }
        }
        sent = lines.len();
        tokio::select! {
            () = into.closed() => return Ok(()),
            () = tokio::time::sleep(if runs { LOOK_AGAIN } else { 3 * LOOK_AGAIN }) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_steers_a_terminal_is_left_out() {
        assert_eq!(plain("\u{1b}[2J\u{1b}[01;01Htee: tls ok\r"), "tee: tls ok");
    }
}
