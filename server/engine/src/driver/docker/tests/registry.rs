//! With a real registry, and with some that misbehave (I-16). All of them on loopback, where the
//! Engine needs no TLS.

mod adopted;

use super::builds::Kept;
use super::engine::Here;
use crate::driver::docker::{Docker, registry};
use crate::driver::{DriverError, Images, Login};
use bollard::query_parameters::{
    PushImageOptionsBuilder, RemoveImageOptions, TagImageOptionsBuilder,
};
use domain::source::Artifact;
use futures_util::StreamExt;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Its base64 differs between the two alphabets in every third letter.
const PASSWORD: &str = "~~~???>>>hunter22";

/// `docker-registry` behind a password.
struct Registry {
    process: Child,
    host: String,
    _dir: TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Registry {
    async fn start() -> Option<Self> {
        let dir = tempfile::tempdir().expect("a directory");
        let hashed = Command::new("htpasswd")
            .args(["-Bbn", "bot", PASSWORD])
            .output();
        let Ok(hashed) = hashed else {
            let _ = writeln!(std::io::stderr(), "SKIPPED docker::registry: no htpasswd");
            return None;
        };
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = free.local_addr().expect("an address").to_string();
        drop(free);
        let (users, data) = (dir.path().join("users"), dir.path().join("data"));
        std::fs::write(&users, hashed.stdout).expect("users");
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '{host}'}}\nauth: {{htpasswd: {{realm: test, path: {}}}}}\n",
            data.display(),
            users.display()
        );
        let file = dir.path().join("config.yml");
        std::fs::write(&file, config).expect("a configuration");
        let process = Command::new("docker-registry")
            .arg("serve")
            .arg(file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(process) = process else {
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED docker::registry: no docker-registry"
            );
            return None;
        };
        let registry = Self {
            process,
            host,
            _dir: dir,
        };
        registry.answers().await;
        Some(registry)
    }

    async fn answers(&self) {
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(&self.host).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the registry does not listen");
    }

    fn login(&self, password: &str) -> Login {
        Login {
            registry: self.host.clone(),
            username: "bot".into(),
            password: password.into(),
        }
    }
}

/// Sends the test's image there, and takes the name away again.
async fn push(docker: &Docker, image: &str, repository: &str, login: &Login) -> String {
    let engine = docker.room.client.engine().await.expect("the Engine");
    let engine = engine.clone().with_request_modifier(registry::readable);
    let tag = TagImageOptionsBuilder::new()
        .repo(repository)
        .tag("7")
        .build();
    engine.tag_image(image, Some(tag)).await.expect("tagged");
    let options = PushImageOptionsBuilder::new().tag("7").build();
    let login = Some(registry::one(login));
    let answers = engine.push_image(repository, Some(options), login);
    let all: Vec<_> = answers.collect().await;
    for answer in all {
        answer.expect("pushed");
    }
    let name = format!("{repository}:7");
    forget(docker, &name).await;
    name
}

async fn forget(docker: &Docker, name: &str) {
    let engine = docker.room.client.engine().await.expect("the Engine");
    let _ = engine
        .remove_image(name, None::<RemoveImageOptions>, None)
        .await;
}

fn refused(pulled: Result<Artifact, DriverError>) -> String {
    match pulled {
        Err(DriverError::Refused(said)) => said,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i16_a_private_image_is_pulled_with_the_right_password_only() {
    let Some(here) = Here::new("private").await else {
        return;
    };
    let Some(registry) = Registry::start().await else {
        return;
    };
    let (docker, lines) = (here.docker(), Kept::default());
    let right = registry.login(PASSWORD);
    let image = here.bare().await;
    let name = push(&docker, &image, &format!("{}/app", registry.host), &right).await;

    let none = refused(docker.pull(&name, None, &lines).await);
    assert!(none.contains("no credential is kept for it"), "{none}");
    let wrong = registry.login("guessed");
    let said = refused(docker.pull(&name, Some(&wrong), &lines).await);
    assert!(
        said.contains("to `bot`") && !said.contains("guessed"),
        "{said}"
    );

    let pulled = docker
        .pull(&name, Some(&right), &lines)
        .await
        .expect("pulled");
    let Artifact::Image {
        image: came,
        pulled_as,
        ..
    } = pulled
    else {
        panic!("no image");
    };
    assert_eq!(came, image, "the very image that was pushed");
    let pinned = pulled_as.expect("the registry's digest");
    assert!(
        pinned.starts_with(&format!("{}/app@sha256:", registry.host)),
        "{pinned}"
    );
    forget(&docker, &name).await;

    let by_digest = docker
        .pull(&pinned, Some(&right), &lines)
        .await
        .expect("pulled");
    assert_eq!(by_digest.digest(), image);
    let other = pinned.split('@').next().expect("a name").to_owned() + "@sha256:" + &"0".repeat(64);
    let missing = refused(docker.pull(&other, Some(&right), &lines).await);
    assert!(missing.contains("has no image"), "{missing}");
    let all = format!("{:?}", lines.all());
    assert!(!all.contains(PASSWORD), "{all}");
    forget(&docker, &pinned).await;
}

/// What a registry answers to a path.
type Answers = fn(&str) -> Option<(&'static str, &'static str, &'static str)>;

/// A registry that answers what it is told to, and counts how often it was asked for a manifest.
async fn misbehaving(answers: Answers) -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let host = listener.local_addr().expect("an address").to_string();
    let asked = std::sync::Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let count = count.clone();
            tokio::spawn(async move {
                let mut head = vec![0; 8192];
                let n = stream.read(&mut head).await.unwrap_or(0);
                let head = String::from_utf8_lossy(&head[..n]).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default();
                if path.contains("/manifests/") {
                    count.fetch_add(1, Ordering::SeqCst);
                }
                let Some((status, headers, body)) = answers(path) else {
                    return std::future::pending::<()>().await;
                };
                let text = format!(
                    "HTTP/1.1 {status}\r\n{headers}docker-distribution-api-version: registry/2.0\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(text.as_bytes()).await;
            });
        }
    });
    (host, asked)
}

fn is_ping(path: &str) -> bool {
    path == "/v2/"
}

#[tokio::test(flavor = "multi_thread")]
async fn i16_a_registry_that_wants_to_be_asked_less_often_is_asked_again_later() {
    let Some(here) = Here::new("often").await else {
        return;
    };
    let (host, asked) = misbehaving(|path| match is_ping(path) {
        true => Some(("200 OK", "", "{}")),
        false => Some((
            "429 Too Many Requests",
            "retry-after: 1\r\ncontent-type: application/json\r\n",
            r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"rate exceeded"}]}"#,
        )),
    })
    .await;
    let (began, lines) = (Instant::now(), Kept::default());
    let pulled = here
        .impatient()
        .pull(&format!("{host}/app:7"), None, &lines)
        .await;
    let Err(DriverError::Unreachable(said)) = pulled else {
        panic!("{pulled:?}");
    };
    assert!(said.contains("asked too often"), "{said}");
    assert!(began.elapsed() >= Duration::from_secs(1), "it waited");
    assert!(asked.load(std::sync::atomic::Ordering::SeqCst) >= 2);
    let all = format!("{:?}", lines.all());
    assert!(all.contains("asked less often; again in"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn i16_a_registry_that_stalls_is_given_up() {
    let Some(here) = Here::new("stalls").await else {
        return;
    };
    let (host, _) = misbehaving(|path| is_ping(path).then_some(("200 OK", "", "{}"))).await;
    let began = Instant::now();
    let docker = here.impatient();
    let pulled = docker
        .pull(&format!("{host}/app:7"), None, &Kept::default())
        .await;
    let Err(DriverError::Unreachable(said)) = pulled else {
        panic!("{pulled:?}");
    };
    assert!(said.contains("has sent nothing for 3 s"), "{said}");
    assert!(began.elapsed() < Duration::from_secs(15));
}

#[tokio::test(flavor = "multi_thread")]
async fn i16_another_image_than_the_digest_promises_is_refused() {
    let Some(here) = Here::new("digest").await else {
        return;
    };
    let (host, _) = misbehaving(|path| match is_ping(path) {
        true => Some(("200 OK", "", "{}")),
        false => Some((
            "200 OK",
            "content-type: application/vnd.docker.distribution.manifest.v2+json\r\n",
            r#"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":2,"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},"layers":[]}"#,
        )),
    })
    .await;
    let reference = format!("{host}/app@sha256:{}", "1".repeat(64));
    let docker = here.impatient();
    let said = refused(docker.pull(&reference, None, &Kept::default()).await);
    assert!(said.contains("gave out something else than"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn i16_a_registry_that_lets_nobody_in_says_so() {
    let Some(here) = Here::new("nobody").await else {
        return;
    };
    let (host, _) = misbehaving(|_| {
        Some((
            "401 Unauthorized",
            "www-authenticate: Basic realm=\"r\"\r\ncontent-type: application/json\r\n",
            r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#,
        ))
    })
    .await;
    let login = Login {
        registry: host.clone(),
        username: "bot".into(),
        password: "hunter22".into(),
    };
    let (docker, lines) = (here.impatient(), Kept::default());
    let name = format!("{host}/app:7");
    let said = refused(docker.pull(&name, Some(&login), &lines).await);
    assert!(
        said.contains("to `bot`") && !said.contains("hunter22"),
        "{said}"
    );
}
