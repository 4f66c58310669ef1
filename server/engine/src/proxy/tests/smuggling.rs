//! Requests that two servers could read in two ways must not get past the first.

use super::app::App;
use super::ask::raw;
use super::house::{House, route};

/// What a smuggler wants the upstream to see as a request of its own.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: a.example\r\n\r\n";

async fn house_with_app() -> (House, App) {
    let (mut house, app) = (House::open().await, App::start("app").await);
    house.put(route("a.example", &[("app", app.address)])).await;
    (house, app)
}

#[tokio::test]
async fn x14_ambiguous_requests_are_400_and_reach_nobody() {
    let (house, app) = house_with_app().await;
    for (what, request) in [
        ("no host", "GET / HTTP/1.1\r\n\r\n"),
        ("empty host", "GET / HTTP/1.1\r\nHost: \r\n\r\n"),
        (
            "two hosts",
            "GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
        ),
        (
            "the same host twice",
            "GET / HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n",
        ),
        (
            "two hosts in one",
            "GET / HTTP/1.1\r\nHost: a.example, b.example\r\n\r\n",
        ),
        (
            "line and field differ",
            "GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
        ),
        (
            "a bad host",
            "GET / HTTP/1.1\r\nHost: a.example/../x\r\n\r\n",
        ),
        (
            "user info in the host",
            "GET / HTTP/1.1\r\nHost: u@a.example\r\n\r\n",
        ),
        (
            "two lengths",
            "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        ),
        (
            "a list of lengths",
            "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3, 4\r\n\r\nabcd",
        ),
        (
            "a signed length",
            "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: +3\r\n\r\nabc",
        ),
        (
            "a negative length",
            "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: -1\r\n\r\n",
        ),
        (
            "chunked is not last",
            "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        ),
        (
            "an unknown coding",
            "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        ),
        (
            "chunked in HTTP/1.0",
            "POST / HTTP/1.0\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        (
            "a space before the colon",
            "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length : 3\r\n\r\nabc",
        ),
        (
            "a folded field",
            "GET / HTTP/1.1\r\nHost: a.example\r\nX: a\r\n b\r\n\r\n",
        ),
        (
            "a NUL in a value",
            "GET / HTTP/1.1\r\nHost: a.example\r\nX: a\0b\r\n\r\n",
        ),
        (
            "a bare CR in a value",
            "GET / HTTP/1.1\r\nHost: a.example\r\nX: a\rb\r\n\r\n",
        ),
    ] {
        // Closing is asked for, so that an answer that should not be a refusal shows itself.
        let answer = raw(
            house.address,
            &request.replacen("\r\n", "\r\nConnection: close\r\n", 1),
        )
        .await;
        assert!(
            answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.0 400"),
            "{what}: {answer}"
        );
    }
    assert_eq!(app.request_count(), 0);
}

#[tokio::test]
async fn x14_of_length_and_encoding_the_encoding_counts_and_the_connection_ends() {
    let (house, app) = house_with_app().await;
    for fields in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\nContent-Length: 9\r\n",
    ] {
        let before = app.request_count();
        let answer = raw(
            house.address,
            &format!("POST /headers HTTP/1.1\r\nHost: a.example\r\n{fields}\r\n0\r\n\r\n{HIDDEN}"),
        )
        .await;
        assert_eq!(
            answer.matches("HTTP/1.1 ").count(),
            1,
            "one answer, then closed: {answer}"
        );
        assert!(
            !answer.contains("content-length: 4") && !answer.contains("content-length: 9"),
            "{answer}"
        );
        assert_eq!(app.request_count(), before + 1, "{fields}");
    }
}

#[tokio::test]
async fn x14_broken_chunks_end_the_request_and_nothing_after_them_is_one() {
    let (house, app) = house_with_app().await;
    for chunks in [
        "zz\r\n",
        "-1\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\n",
        "1\nx\r\n0\r\n\r\n",
    ] {
        let answer = raw(house.address, &format!("POST /echo HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}{HIDDEN}")).await;
        assert!(!answer.contains("HTTP/1.1 200"), "{chunks:?}: {answer}");
    }
    assert!(
        app.request_count() <= 5,
        "the hidden one was never a request"
    );
}

#[tokio::test]
async fn x14_a_get_with_a_body_hides_no_request_in_it() {
    let (house, app) = house_with_app().await;
    let length = HIDDEN.len();
    let answer = raw(
        house.address,
        &format!("GET /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{HIDDEN}"),
    )
    .await;
    assert!(answer.ends_with(HIDDEN), "{answer}");
    assert_eq!(app.request_count(), 1);
}

#[tokio::test]
async fn x14_connect_and_upgrade_to_h2c_open_no_tunnel() {
    let (house, app) = house_with_app().await;
    let answer = raw(
        house.address,
        "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    assert_eq!(app.request_count(), 0);
    let asked = "GET /headers HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n";
    let mut stream = tokio::net::TcpStream::connect(house.address)
        .await
        .expect("connected");
    tokio::io::AsyncWriteExt::write_all(&mut stream, asked.as_bytes())
        .await
        .expect("sent");
    let seen = super::ask::read_until(&mut stream, "x-forwarded-host: a.example\n").await;
    assert!(
        seen.starts_with("HTTP/1.1 200")
            && !seen.contains("upgrade:")
            && !seen.contains("http2-settings:"),
        "{seen}"
    );
}

#[tokio::test]
async fn x14_the_authoritys_port_and_dot_do_not_open_a_second_door() {
    let (house, app) = house_with_app().await;
    for host in ["a.example:1", "A.EXAMPLE", "a.example."] {
        let answer = raw(
            house.address,
            &format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
        )
        .await;
        assert!(answer.ends_with("app"), "{answer}");
    }
    assert_eq!(app.request_count(), 3);
}
