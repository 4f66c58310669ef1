//! An Engine that looks for a step in its cache while somebody removes an image, and ends the build. A real
//! one does that when two things happen within a moment, so this one is made up.

use super::builds::{By, Kept, build_by, context};
use crate::driver::docker::{Docker, Options};
use domain::source::Artifact;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const LOST: &str = r#"{"errorDetail": {"message": "unable to find image \"sha256:aa\""}, "error": "unable to find image \"sha256:aa\""}"#;
/// Of a step that prints what the Engine would say, and fails.
const PRINTED: &str = "{\"stream\": \"unable to find image \\\"sha256:aa\\\"\\n\"}\n{\"errorDetail\": {\"message\": \"exit code 1\"}, \"error\": \"exit code 1\"}";
const BUILT: &str = r#"{"aux": {"ID": "sha256:bb"}}"#;

async fn serve(
    mut stream: TcpStream,
    (fails, losses): (&'static str, usize),
    builds: Arc<AtomicUsize>,
) -> std::io::Result<()> {
    let mut request = vec![0; 64 * 1024];
    let mut n = stream.read(&mut request).await?;
    let head = String::from_utf8_lossy(&request[..n]).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let body = match path {
        path if path.contains("/version") => r#"{"ApiVersion": "1.41"}"#,
        path if path.contains("/events") => return std::future::pending().await,
        path if path.contains("/build") => {
            // The context ends with an empty chunk.
            while !request[..n].ends_with(b"0\r\n\r\n") {
                n = stream.read(&mut request).await?;
            }
            match builds.fetch_add(1, Ordering::SeqCst) < losses {
                true => fails,
                false => BUILT,
            }
        }
        _ => r#"{"Id": "sha256:bb", "Size": 7}"#,
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await
}

/// What a build comes to that fails so and so often, and how often it was begun.
async fn built(fails: &'static str, losses: usize) -> (Result<String, String>, usize, bool) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let host = format!("tcp://{}", listener.local_addr().expect("an address"));
    let builds = Arc::new(AtomicUsize::new(0));
    let counted = builds.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, (fails, losses), counted.clone()));
        }
    });
    let docker = Docker::connect(Options {
        host,
        ..Options::new("lost")
    });
    let (dir, said) = (context("FROM scratch\n"), Kept::default());
    let built = build_by(By::Classic, &docker, dir.path(), "app:1", &said).await;
    let image = built.map(|made| Artifact::digest(&made).to_owned());
    let tries = builds.load(Ordering::SeqCst);
    (
        image.map_err(|e| e.to_string()),
        tries,
        said.has("tried again"),
    )
}

#[tokio::test]
async fn p5_a_build_that_the_engine_loses_is_tried_again_and_says_so() {
    assert_eq!(built(LOST, 0).await, (Ok("sha256:bb".into()), 1, false));
    assert_eq!(built(LOST, 2).await, (Ok("sha256:bb".into()), 3, true));
}

#[tokio::test]
async fn p5_a_build_that_is_lost_every_time_ends_with_the_engines_words() {
    let (built, tries, _) = built(LOST, 9).await;
    assert_eq!(tries, 3);
    let why = built.expect_err("it is lost");
    assert!(why.contains("unable to find image"), "{why}");
}

#[tokio::test]
async fn p5_a_step_that_prints_the_same_and_fails_is_not_tried_again() {
    let (built, tries, _) = built(PRINTED, 9).await;
    assert_eq!(tries, 1);
    assert!(built.is_err_and(|why| why.contains("exit code 1")));
}
