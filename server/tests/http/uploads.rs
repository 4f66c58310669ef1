//! Files sent ahead: streamed, limited, and never left half-done.

use crate::support::client::{Server, as_who, request};
use axum::body::{Body, Bytes};
use axum::http::header;
use server::app::Reach;
use server::limits::Limits;
use std::io::{Error, ErrorKind};

fn left_over(server: &Server) -> usize {
    std::fs::read_dir(server.directory.path().join("uploads")).map_or(0, Iterator::count)
}

async fn send(server: &Server, body: Body) -> crate::support::client::Said {
    server
        .send(
            as_who(request("POST", "/v2/uploads?name=site.zip"), "developer")
                .body(body)
                .unwrap(),
        )
        .await
}

#[tokio::test]
async fn p2_an_upload_arrives_whole_and_is_taken_over() {
    let server = Server::start().await;
    let pieces = (0..64).map(|n| Ok::<_, Error>(Bytes::from(vec![n; 64 << 10])));
    let said = send(
        &server,
        Body::from_stream(futures_util::stream::iter(pieces)),
    )
    .await;
    assert_eq!(
        (said.status.as_u16(), &said.json()["size_bytes"]),
        (201, &(4 << 20).into())
    );
    let kept = std::fs::read(server.directory.path().join("kept")).unwrap();
    assert!((0..64).all(|n| {
        kept[n << 16..(n + 1) << 16]
            .iter()
            .all(|b| usize::from(*b) == n)
    }));
    assert_eq!(left_over(&server), 0);
}

#[tokio::test]
async fn an_upload_that_breaks_off_or_stalls_or_grows_too_large_leaves_nothing() {
    let limits = Limits {
        upload_bytes: 1000,
        upload_idle_ms: 50,
        ..Limits::default()
    };
    let server = Server::with(limits, Reach::default()).await;
    let piece = || Ok(Bytes::from_static(&[7; 400]));
    let broken =
        futures_util::stream::iter([piece(), Err(Error::from(ErrorKind::ConnectionReset))]);
    assert_eq!(send(&server, Body::from_stream(broken)).await.status, 422);
    let large = futures_util::stream::iter([piece(), piece(), piece()]);
    assert_eq!(send(&server, Body::from_stream(large)).await.status, 413);
    let stalled = futures_util::StreamExt::chain(
        futures_util::stream::iter([piece()]),
        futures_util::stream::pending(),
    );
    assert_eq!(send(&server, Body::from_stream(stalled)).await.status, 422);
    let declared = as_who(request("POST", "/v2/uploads?name=a.zip"), "developer")
        .header(header::CONTENT_LENGTH, "1001");
    assert_eq!(
        server
            .send(declared.body(Body::empty()).unwrap())
            .await
            .status,
        413
    );
    assert_eq!(left_over(&server), 0);
}

#[tokio::test]
async fn an_upload_whose_sender_hangs_up_leaves_nothing() {
    let server = Server::start().await;
    let first = futures_util::stream::iter([Ok::<_, Error>(Bytes::from_static(b"zip"))]);
    let body = Body::from_stream(futures_util::StreamExt::chain(
        first,
        futures_util::stream::pending(),
    ));
    let hung_up =
        tokio::time::timeout(std::time::Duration::from_millis(200), send(&server, body)).await;
    assert!(hung_up.is_err());
    assert_eq!(left_over(&server), 0);
    assert!(server.directory.path().join("uploads").exists());
}

#[tokio::test]
async fn a_pages_form_uploads_and_goes_on() {
    let server = Server::start().await;
    let cookie = server.sign_in("developer").await;
    let file = "Content-Disposition: form-data; name=\"file\"; filename=\"site.zip\"\r\n\r\n";
    let next = "Content-Disposition: form-data; name=\"next\"\r\n\r\n/projects/new/bundle?name=web";
    let body = format!(
        "--b\r\n{next}\r\n--b\r\n{file}{}\r\n--b--\r\n",
        "z".repeat(3 << 20)
    );
    let builder = request("POST", "/uploads")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, &cookie)
        .header("origin", "http://localhost:4600");
    let said = server.send(builder.body(Body::from(body)).unwrap()).await;
    let expected = format!(
        "/projects/new/bundle?name=web&upload={}",
        crate::support::views::upload_id()
    );
    assert_eq!(
        (said.status.as_u16(), said.header("location")),
        (303, expected.as_str()),
        "{}",
        said.text
    );
    assert_eq!(
        std::fs::metadata(server.directory.path().join("kept"))
            .unwrap()
            .len(),
        3 << 20
    );
}
