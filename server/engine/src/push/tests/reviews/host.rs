//! A Git host's API on loopback, in the shape that hosts document, and what it is told.

use super::super::bench::Bench;
use super::{own, pulls};
use domain::forge::NewForge;
use domain::hook::Provider;
use domain::view::ForgeView;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const TOKEN: &str = "a-token-that-nobody-may-read";

/// What it was asked, and what it keeps.
#[derive(Default)]
struct Heard {
    calls: Vec<String>,
    statuses: Vec<Value>,
    comments: Vec<Value>,
    /// Said to everything instead, with these headers.
    refusing: Option<(u16, String)>,
}

struct Host {
    url: String,
    heard: Arc<Mutex<Heard>>,
}

impl Host {
    async fn start() -> Host {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let heard = Arc::<Mutex<Heard>>::default();
        let kept = heard.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(answer(socket, kept.clone()));
            }
        });
        Host { url, heard }
    }

    fn now<T>(&self, look: impl FnOnce(&mut Heard) -> T) -> T {
        look(&mut self.heard.lock().expect("not poisoned"))
    }

    async fn until(&self, what: &str, is_so: impl Fn(&Heard) -> bool) {
        for _ in 0..600 {
            if self.now(|heard| is_so(heard)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!(
            "not within 15 s: {what}; {:?}",
            self.now(|h| h.calls.clone())
        );
    }
}

async fn answer(mut socket: TcpStream, heard: Arc<Mutex<Heard>>) -> Option<()> {
    let mut bytes = vec![];
    let (head, body) = loop {
        let mut more = [0; 4096];
        let n = socket.read(&mut more).await.ok()?;
        bytes.extend_from_slice(&more[..n]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let length = head.to_lowercase().lines().find_map(|line| {
            let value = line.strip_prefix("content-length:")?;
            value.trim().parse::<usize>().ok()
        });
        if text.contains("\r\n\r\n") && body.len() >= length.unwrap_or(0) {
            break (head.to_owned(), body.to_owned());
        }
    };
    let (status, headers, value) = {
        let mut heard = heard.lock().ok()?;
        respond(&head, &body, &mut heard)
    };
    let body = value.to_string();
    let text = format!(
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    socket.write_all(text.as_bytes()).await.ok()
}

fn respond(head: &str, body: &str, heard: &mut Heard) -> (u16, String, Value) {
    let mut words = head.split(' ');
    let (method, path) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let bare = path.split('?').next().unwrap_or_default();
    heard.calls.push(format!("{method} {bare}"));
    let none = String::new;
    if !head
        .to_lowercase()
        .contains(&format!("authorization: bearer {TOKEN}"))
    {
        return (401, none(), json!({"message": "Bad credentials"}));
    }
    if let Some((status, headers)) = &heard.refusing {
        return (*status, headers.clone(), json!({"message": "no"}));
    }
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    match (method, bare) {
        ("POST", path) if path.starts_with("/repos/acme/app/statuses/") => {
            heard.statuses.push(body);
            (201, none(), json!({"id": heard.statuses.len()}))
        }
        ("GET", "/repos/acme/app/issues/7/comments") => (200, none(), json!(heard.comments)),
        ("POST", "/repos/acme/app/issues/7/comments") => {
            heard.comments.push(json!({"id": 41, "body": body["body"]}));
            (201, none(), json!({"id": 41}))
        }
        ("PATCH", "/repos/acme/app/issues/comments/41") => {
            heard.comments[0]["body"] = body["body"].clone();
            (200, none(), json!({"id": 41}))
        }
        _ => (404, none(), json!({"message": "Not Found"})),
    }
}

impl Bench {
    async fn tells(&self, host: &Host, token: &str) {
        let forge = NewForge {
            provider: Provider::Github,
            url: host.url.clone(),
            repository: "acme/app".into(),
            token: Some(token.into()),
            release_key: None,
        };
        let set = self.api().set_forge(&self.caller, &self.project, forge);
        set.await.expect("it is set");
    }

    async fn forge(&self) -> ForgeView {
        let api = self.api();
        let view = domain::api::Reviews::reviews(&**api, &self.caller, &self.project).await;
        let view = view.expect("a view");
        assert!(!serde_json::to_string(&view).expect("JSON").contains(TOKEN));
        view.forge.expect("a host")
    }

    async fn problem(&self) -> String {
        for _ in 0..600 {
            if let Some(problem) = self.forge().await.problem {
                return problem;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("there is no problem within 15 s");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_a_host_is_told_a_status_once_and_has_one_comment() {
    let (bench, host) = (Bench::previewing(pulls()).await, Host::start().await);
    bench.tells(&host, TOKEN).await;
    let head = bench.pushed("two");
    bench.tell("a", own("opened", &head, 1)).await;
    host.until("a status and a comment", |h| {
        h.statuses.len() == 1 && h.comments.len() == 1
    })
    .await;
    let status = host.now(|h| h.statuses[0].clone());
    assert_eq!(
        (&status["state"], &status["context"]),
        (&json!("pending"), &json!("sealdock/pr-7"))
    );
    assert!(
        status["target_url"]
            .as_str()
            .is_some_and(|url| url.starts_with("http://pr-7-app.localhost"))
    );
    assert!(host.now(|h| {
        h.calls
            .contains(&format!("POST /repos/acme/app/statuses/{head}"))
    }));
    let newer = bench.pushed("three");
    bench.tell("b", own("synchronize", &newer, 2)).await;
    let short = newer[..7].to_owned();
    let says = |h: &Heard, text: &str| {
        h.comments[0]["body"]
            .as_str()
            .is_some_and(|b| b.contains(text))
    };
    host.until("the comment has other words", |h| says(h, &short))
        .await;
    bench.tell("c", own("closed", &newer, 3)).await;
    host.until("the comment says that it is over", |h| {
        says(h, "The preview is over.")
    })
    .await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let made = host.now(|h| {
        h.calls
            .iter()
            .filter(|c| c.ends_with("/comments") && c.starts_with("POST"))
            .count()
    });
    assert_eq!((made, host.now(|h| h.comments.len())), (1, 1));
    assert_eq!(bench.forge().await.problem, None);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_a_comment_whose_id_was_lost_is_found_again() {
    let (bench, host) = (Bench::previewing(pulls()).await, Host::start().await);
    let head = bench.pushed("two");
    bench.tell("a", own("opened", &head, 1)).await;
    let id = bench.review(|_| true).await.id;
    let ours = format!("{}\nearlier", domain::forge::mark(id.as_str()));
    host.now(|h| h.comments.push(json!({"id": 41, "body": ours})));
    bench.tells(&host, TOKEN).await;
    host.until("ours has other words", |h| {
        h.calls
            .iter()
            .any(|c| c == "PATCH /repos/acme/app/issues/comments/41")
    })
    .await;
    assert_eq!(host.now(|h| h.comments.len()), 1);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_a_host_s_no_is_a_sentence_and_hurts_no_deployment() {
    let (bench, host) = (Bench::previewing(pulls()).await, Host::start().await);
    bench.tells(&host, "wrong").await;
    let head = bench.pushed("two");
    bench.tell("a", own("opened", &head, 1)).await;
    let problem = bench.problem().await;
    assert!(
        problem.contains("does not take the token (401)"),
        "{problem}"
    );
    bench.runs("pr-7", 1).await;
    bench.tells(&host, TOKEN).await;
    host.until("the next token is tried", |h| !h.comments.is_empty())
        .await;
    assert_eq!(bench.forge().await.problem, None);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_a_host_that_is_asked_too_often_is_left_alone_for_as_long_as_it_says() {
    let (bench, host) = (Bench::previewing(pulls()).await, Host::start().await);
    host.now(|h| h.refusing = Some((429, "Retry-After: 600\r\n".into())));
    bench.tells(&host, TOKEN).await;
    let head = bench.pushed("two");
    bench.tell("a", own("opened", &head, 1)).await;
    let problem = bench.problem().await;
    assert!(problem.contains("too often (429)"), "{problem}");
    let control = bench.control();
    let sql = "SELECT due_at FROM reports ORDER BY due_at DESC LIMIT 1";
    let (due_at,): (i64,) = sqlx::query_as(sql)
        .fetch_one(control.store.pool())
        .await
        .expect("it is read");
    let left_ms = due_at - control.now().at.0;
    assert!((500_000..=600_000).contains(&left_ms), "{left_ms}");
    bench.stop().await;
}
