//! An Engine whose streams tell less than it keeps. A real one (Docker 20.10) does that to a reader that
//! is behind while it rotates files, and only now and then: so this one is made up, and does it always.

use crate::driver::docker::{Docker, Options};
use crate::driver::{Driver, Printed};
use domain::id::{DeploymentId, InstanceId, WEB};
use domain::time::Time;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What the program printed, by the milliseconds of its stamps, and what is kept of it.
const KEPT: [u32; 4] = [10, 20, 30, 200];

/// What its first stream tells, and whether it ends then.
#[derive(Clone, Copy)]
struct First {
    tells: &'static [u32],
    ends: bool,
}

/// As the Engine numbers its frames: of stdout, stamped, with a length before it.
fn frame(ms: u32) -> Vec<u8> {
    let text = format!("2026-11-20T10:00:00.{ms:03}Z line {ms}\n");
    let length = u32::try_from(text.len()).expect("it is short");
    [&[1, 0, 0, 0], &length.to_be_bytes()[..], text.as_bytes()].concat()
}

fn told(lines: &[u32]) -> Vec<u8> {
    lines.iter().flat_map(|ms| frame(*ms)).collect()
}

async fn serve(
    mut stream: TcpStream,
    first: First,
    was_told: Arc<AtomicBool>,
) -> std::io::Result<()> {
    let mut request = vec![0; 16 * 1024];
    let n = stream.read(&mut request).await?;
    let head = String::from_utf8_lossy(&request[..n]).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let is_first =
        |path: &str| path.contains("follow=true") && !was_told.swap(true, Ordering::SeqCst);
    let (body, ends) = match path {
        path if path.contains("/version") => (br#"{"ApiVersion": "1.47"}"#.to_vec(), true),
        path if path.contains("/events") => (vec![], false),
        path if !path.contains("/logs") => (
            br#"{"State": {"Running": false, "StartedAt": "2026-11-20T10:00:00Z"}}"#.to_vec(),
            true,
        ),
        path if path.contains("tail=1") => (told(&KEPT[3..]), true),
        path if is_first(path) => (told(first.tells), first.ends),
        _ => (told(&KEPT), true),
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await?;
    match ends {
        true => Ok(()),
        false => std::future::pending().await,
    }
}

/// What is read of it.
async fn read(first: First) -> Vec<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let host = format!("tcp://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let was_told = Arc::new(AtomicBool::new(false));
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, first, was_told.clone()));
        }
    });
    let docker = Docker::connect(Options {
        host,
        ..Options::new("dropped")
    });
    let id = InstanceId::of(&DeploymentId::new(Time(0), 1), WEB, 0);
    let (send, mut receive) = mpsc::channel::<Printed>(16);
    let reading = async {
        let (mut lines, patience) = (vec![], Duration::from_secs(8));
        while lines.len() < KEPT.len() {
            match tokio::time::timeout(patience, receive.recv()).await {
                Ok(Some(line)) => lines.push(line.text),
                _ => break,
            }
        }
        // Whatever it would tell twice.
        let more = tokio::time::timeout(Duration::from_secs(1), receive.recv()).await;
        lines.extend(more.ok().flatten().map(|line| line.text));
        drop(receive);
        lines
    };
    let (followed, lines) = tokio::join!(docker.logs(&id, 0, send), reading);
    assert_eq!(followed, Ok(()));
    lines
}

const ALL: [&str; 4] = ["line 10", "line 20", "line 30", "line 200"];

#[tokio::test]
async fn q6_a_stream_that_ends_before_all_was_told_loses_nothing() {
    let tells = &KEPT[..2];
    assert_eq!(read(First { tells, ends: true }).await, ALL);
}

#[tokio::test]
async fn q6_a_stream_that_goes_past_what_is_kept_loses_nothing() {
    let tells = &[10, 20, 200];
    assert_eq!(read(First { tells, ends: false }).await, ALL);
}

#[tokio::test]
async fn q6_a_stream_that_says_nothing_more_loses_nothing() {
    let tells = &KEPT[..2];
    assert_eq!(read(First { tells, ends: false }).await, ALL);
}
