//! An Engine whose streams tell less than it keeps. A real one (Docker 20.10) does that to a reader that
//! is behind while it rotates files, and only now and then: so this one is made up, and does it always.

use crate::driver::docker::{Docker, Options};
use crate::driver::{Driver, Printed};
use domain::id::{DeploymentId, InstanceId, WEB};
use domain::time::Time;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What the program printed, by the milliseconds of its stamps, and what is kept of it.
const KEPT: [u32; 4] = [10, 20, 30, 200];

/// What its streams tell, each once; later ones tell what is kept.
#[derive(Clone, Copy)]
struct Engine {
    streams: &'static [Tells],
    /// What is kept, each time that it is read; the last for ever.
    keeps: &'static [&'static [u32]],
    /// Until it has looked for the first line of what it keeps.
    looks: Duration,
}

#[derive(Clone, Copy)]
struct Tells(&'static [u32], bool);

const ENGINE: Engine = Engine {
    streams: &[],
    keeps: &[&KEPT],
    looks: Duration::ZERO,
};
const ENDS: bool = true;
const STAYS: bool = false;

/// As the Engine numbers its frames: of stdout, stamped, with a length before it.
fn frame(ms: u32) -> Vec<u8> {
    let text = format!("2026-11-20T10:00:00.{ms:03}Z line {ms}\n");
    let length = u32::try_from(text.len()).expect("it is short");
    [&[1, 0, 0, 0], &length.to_be_bytes()[..], text.as_bytes()].concat()
}

fn told(lines: &[u32]) -> Vec<u8> {
    lines.iter().flat_map(|ms| frame(*ms)).collect()
}

/// How often each was asked for.
#[derive(Default)]
struct Asked {
    streams: AtomicUsize,
    keeps: AtomicUsize,
}

async fn serve(mut stream: TcpStream, engine: Engine, asked: Arc<Asked>) -> std::io::Result<()> {
    let mut request = vec![0; 16 * 1024];
    let n = stream.read(&mut request).await?;
    let head = String::from_utf8_lossy(&request[..n]).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (body, ends) = match path {
        path if path.contains("/version") => (br#"{"ApiVersion": "1.47"}"#.to_vec(), ENDS),
        path if path.contains("/events") => (vec![], STAYS),
        path if !path.contains("/logs") => (
            br#"{"State": {"Running": false, "StartedAt": "2026-11-20T10:00:00Z"}}"#.to_vec(),
            ENDS,
        ),
        path if path.contains("tail=1") => {
            let all = engine.keeps[engine.keeps.len() - 1];
            (told(&all[all.len() - 1..]), ENDS)
        }
        path if path.contains("follow=true") => {
            let nth = asked.streams.fetch_add(1, Ordering::SeqCst);
            let all = Tells(engine.keeps[engine.keeps.len() - 1], ENDS);
            let Tells(lines, ends) = *engine.streams.get(nth).unwrap_or(&all);
            (told(lines), ends)
        }
        _ => {
            let nth = asked.keeps.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(engine.looks).await;
            (told(engine.keeps[nth.min(engine.keeps.len() - 1)]), ENDS)
        }
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await?;
    match ends {
        true => Ok(()),
        false => std::future::pending().await,
    }
}

/// So many lines as are read of it, and whatever comes then.
async fn read(engine: Engine, all: usize) -> Vec<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let host = format!("tcp://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let asked = Arc::new(Asked::default());
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, engine, asked.clone()));
        }
    });
    let docker = Docker::connect(Options {
        host,
        ..Options::new("dropped")
    });
    let id = InstanceId::of(&DeploymentId::new(Time(0), 1), WEB, 0);
    let (send, mut receive) = mpsc::channel::<Printed>(16);
    let reading = async {
        let (mut lines, patience) = (vec![], Duration::from_secs(14));
        while lines.len() < all {
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

async fn streams(streams: &'static [Tells]) -> Vec<String> {
    read(Engine { streams, ..ENGINE }, ALL.len()).await
}

#[tokio::test]
async fn q6_a_stream_that_ends_before_all_was_told_loses_nothing() {
    assert_eq!(streams(&[Tells(&[10, 20], ENDS)]).await, ALL);
}

#[tokio::test]
async fn q6_a_stream_that_goes_past_what_is_kept_loses_nothing() {
    assert_eq!(streams(&[Tells(&[10, 20, 200], STAYS)]).await, ALL);
}

#[tokio::test]
async fn q6_a_stream_that_says_nothing_more_loses_nothing() {
    assert_eq!(streams(&[Tells(&[10, 20], STAYS)]).await, ALL);
}

#[tokio::test]
async fn q6_a_stream_that_begins_after_what_was_read_is_no_proof_that_lines_are_gone() {
    assert_eq!(
        streams(&[Tells(&[10, 20], ENDS), Tells(&[200], STAYS)]).await,
        ALL
    );
}

#[tokio::test]
async fn q6_an_engine_that_takes_long_to_find_a_line_is_waited_for() {
    let engine = Engine {
        streams: &[Tells(&[10, 20], STAYS)],
        looks: Duration::from_secs(6),
        ..ENGINE
    };
    assert_eq!(read(engine, ALL.len()).await, ALL);
}

#[tokio::test]
async fn q6_a_stream_that_goes_past_something_again_at_once_loses_nothing() {
    let engine = Engine {
        streams: &[
            Tells(&[10, 20, 200], STAYS),
            Tells(&[10, 20, 30, 200, 400], STAYS),
        ],
        keeps: &[&KEPT, &[10, 20, 30, 200, 300, 400]],
        looks: Duration::from_millis(300),
    };
    let all = [&ALL[..], &["line 300", "line 400"]].concat();
    assert_eq!(read(engine, all.len()).await, all);
}

#[tokio::test]
async fn q6_what_is_kept_no_more_is_said() {
    let engine = Engine {
        streams: &[Tells(&[10, 20], ENDS)],
        keeps: &[&[200, 300]],
        ..ENGINE
    };
    let lines = read(engine, 5).await;
    let (said, others): (Vec<&str>, Vec<&str>) = lines
        .iter()
        .map(String::as_str)
        .partition(|line| line.starts_with("Lines are missing here, "));
    assert_eq!(others, ["line 10", "line 20", "line 200", "line 300"]);
    assert!(said.len() == 1 && lines[2] == said[0], "{lines:?}");
}
