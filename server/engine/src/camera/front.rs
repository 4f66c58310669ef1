//! What a host's front page is: asked over the data plane before a browser is started for it.

use bytes::Bytes;
use http_body_util::Empty;
use hyper::{HeaderMap, Request, header};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

const MOST_REDIRECTS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(10);

/// What there is to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Front {
    /// HTML, at this path.
    Page(String),
    /// Nothing for a picture; the sentence says why.
    Nothing(String),
}

/// Follows redirects as long as they stay with the host.
pub async fn look(plane: SocketAddr, host: &str) -> Result<Front, String> {
    let mut path = "/".to_owned();
    for _ in 0..MOST_REDIRECTS {
        let asked = tokio::time::timeout(PATIENCE, ask(plane, host, &path)).await;
        let (status, headers) = asked.map_err(|_| "Its front page did not answer in time.")??;
        match judge(host, status, &headers) {
            Seen::Html => return Ok(Front::Page(path)),
            Seen::Other(why) => return Ok(Front::Nothing(why)),
            Seen::Broken(why) => return Err(why),
            Seen::At(next) => path = next,
        }
    }
    Ok(Front::Nothing(
        "Its front page leads from one address to the next without an end.".into(),
    ))
}

enum Seen {
    Html,
    At(String),
    Other(String),
    Broken(String),
}

fn judge(host: &str, status: u16, headers: &HeaderMap) -> Seen {
    let text = |name| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    };
    let kind = text(header::CONTENT_TYPE);
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match status {
        301 | 302 | 303 | 307 | 308 => redirected(host, text(header::LOCATION)),
        500.. => Seen::Broken(format!("Its front page answers {status}.")),
        400.. => Seen::Other(format!(
            "Its front page answers {status}, so there is nothing to see."
        )),
        _ if matches!(kind.as_str(), "text/html" | "application/xhtml+xml") => Seen::Html,
        _ if kind.is_empty() => Seen::Other("Its front page is no HTML.".into()),
        _ => Seen::Other(format!("Its front page is no HTML but {kind}.")),
    }
}

fn redirected(host: &str, to: &str) -> Seen {
    let own = to.strip_prefix("http://").and_then(|rest| {
        let (at, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let name = at.rsplit_once(':').map_or(at, |(name, _)| name);
        (name == host).then_some(path)
    });
    match own {
        Some("") => Seen::At("/".to_owned()),
        Some(path) => Seen::At(path.to_owned()),
        None if to.starts_with('/') && !to.starts_with("//") => Seen::At(to.to_owned()),
        None => {
            Seen::Other("Its front page leads elsewhere; only its own pages are pictured.".into())
        }
    }
}

async fn ask(plane: SocketAddr, host: &str, path: &str) -> Result<(u16, HeaderMap), String> {
    let broke = |_| "The data plane broke off while its front page was asked for.".to_owned();
    let socket = TcpStream::connect(plane)
        .await
        .map_err(|e| format!("The data plane at {plane} can't be connected to: {e}."))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
        .await
        .map_err(broke)?;
    let request = Request::get(path.split('#').next().unwrap_or(path))
        .header(header::HOST, host)
        .header(header::USER_AGENT, "Sealdock-Screenshot")
        .header(header::ACCEPT, "text/html")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|_| format!("Its front page leads to `{path}`, which is no path."))?;
    let mut answer = std::pin::pin!(sender.send_request(request));
    let answer = tokio::select! {
        answer = &mut answer => answer,
        _ = connection => answer.await,
    };
    let (head, _) = answer.map_err(broke)?.into_parts();
    Ok((head.status.as_u16(), head.headers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// Answers each path by the list.
    async fn app(answers: &'static [(&'static str, &'static str)]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut buffer = [0; 1024];
                let n = socket.read(&mut buffer).await.unwrap_or(0);
                let asked = String::from_utf8_lossy(&buffer[..n]).into_owned();
                let path = asked.split(' ').nth(1).unwrap_or_default();
                let answer = answers
                    .iter()
                    .find(|(p, _)| *p == path)
                    .map_or("404 Gone", |a| a.1);
                let text = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
                let _ = socket.write_all(text.as_bytes()).await;
            }
        });
        address
    }

    async fn front(answers: &'static [(&'static str, &'static str)]) -> String {
        format!("{:?}", look(app(answers).await, "web.localhost").await)
    }

    #[tokio::test]
    async fn p11_only_html_of_the_app_itself_is_pictured() {
        let html = "200 OK\r\nContent-Type: text/html; charset=utf-8";
        assert_eq!(
            front(Box::leak(Box::new([("/", html)]))).await,
            r#"Ok(Page("/"))"#
        );
        let json = front(&[("/", "200 OK\r\nContent-Type: application/json")]).await;
        assert_eq!(
            json,
            r#"Ok(Nothing("Its front page is no HTML but application/json."))"#
        );
        let nothing = front(&[]).await;
        assert!(
            nothing.contains("answers 404, so there is nothing to see"),
            "{nothing}"
        );
        let broken = front(&[("/", "503 Busy")]).await;
        assert_eq!(broken, r#"Err("Its front page answers 503.")"#);
    }

    #[tokio::test]
    async fn p11_redirects_are_followed_within_the_host() {
        let html = "200 OK\r\nContent-Type: text/html";
        let answers = Box::leak(Box::new([
            (
                "/",
                "302 Found\r\nLocation: http://web.localhost:8080/login",
            ),
            ("/login", "301 Moved\r\nLocation: /login/"),
            ("/login/", html),
        ]));
        assert_eq!(front(answers).await, r#"Ok(Page("/login/"))"#);
        for elsewhere in [
            "302 Found\r\nLocation: https://example.com/",
            "302 Found\r\nLocation: //example.com/",
            "302 Found\r\nLocation: http://web.localhost.example.com/",
        ] {
            let said = front(Box::leak(Box::new([("/", elsewhere)]))).await;
            assert!(said.contains("leads elsewhere"), "{said}");
        }
        let round = front(&[("/", "302 Found\r\nLocation: /")]).await;
        assert!(round.contains("without an end"), "{round}");
    }
}
