//! The app is run, the repository is made and read with git: a sample that fails is a first
//! impression that fails.

use super::{TAGS, hello, site_zip, write_repository};
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running app, killed when dropped.
struct Running {
    child: Child,
    port: u16,
    _dir: tempfile::TempDir,
}

impl Running {
    fn start(env: &[(&str, &str)]) -> Running {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hello");
        fs::write(&path, hello()).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        let mut child = spawn(&path, env);
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let line = lines
            .find(|line| line.contains("listening on port"))
            .unwrap();
        let port = line.rsplit(' ').next().unwrap().parse().unwrap();
        // The pipe must stay read, or the app would block on a full one.
        std::thread::spawn(move || lines.for_each(drop));
        Running {
            child,
            port,
            _dir: dir,
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        stream
    }

    fn ask(&self, head: &str) -> String {
        let mut stream = self.connect();
        write!(stream, "{head}\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn terminate(&mut self) -> i32 {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Another thread's fork may hold the fresh file open for writing for a moment: try again.
fn spawn(path: &Path, env: &[(&str, &str)]) -> Child {
    for _ in 0..100 {
        let mut command = Command::new(path);
        command
            .env("PORT", "0")
            .envs(env.iter().copied())
            .stdout(Stdio::piped());
        match command.spawn() {
            Err(error) if error.raw_os_error() == Some(libc::ETXTBSY) => {
                std::thread::sleep(Duration::from_millis(20))
            }
            started => return started.unwrap(),
        }
    }
    panic!("{} stays busy", path.display());
}

#[test]
fn the_app_answers_with_its_version_and_health() {
    let app = Running::start(&[("HELLO_VERSION", "v7.0.0"), ("HELLO_MESSAGE", "<Hi>")]);
    assert!(app.ask("GET /version HTTP/1.1").ends_with("\r\n\r\nv7.0.0"));
    assert!(app.ask("GET /health HTTP/1.1").starts_with("HTTP/1.1 200 "));
    let page = app.ask("GET / HTTP/1.1");
    assert!(
        page.contains("v7.0.0") && page.contains("&lt;Hi&gt;"),
        "{page}"
    );
}

#[test]
fn the_app_is_as_ill_as_it_is_told() {
    let app = Running::start(&[("HELLO_UNHEALTHY", "1")]);
    assert!(app.ask("GET /health HTTP/1.1").starts_with("HTTP/1.1 503 "));
    let app = Running::start(&[]);
    app.ask("POST /health?status=500 HTTP/1.1");
    assert!(app.ask("GET /health HTTP/1.1").starts_with("HTTP/1.1 500 "));
    app.ask("POST /health?status=0 HTTP/1.1");
    assert!(app.ask("GET /health HTTP/1.1").starts_with("HTTP/1.1 200 "));
}

#[test]
fn the_app_tells_no_secret() {
    let app = Running::start(&[("DATABASE_PASSWORD", "hunter2"), ("HELLO_MESSAGE", "hi")]);
    assert!(
        !app.ask("GET /env?name=DATABASE_PASSWORD HTTP/1.1")
            .contains("hunter2")
    );
    assert!(
        app.ask("GET /env?name=HELLO_MESSAGE HTTP/1.1")
            .ends_with("hi")
    );
}

#[test]
fn the_app_echoes_chunks_as_they_come() {
    let app = Running::start(&[]);
    let mut stream = app.connect();
    write!(
        stream,
        "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    )
    .unwrap();
    let mut answer = BufReader::new(stream.try_clone().unwrap())
        .lines()
        .map(Result::unwrap);
    // Before the body has ended: it streams.
    assert!(answer.any(|line| line == "abc"));
    write!(stream, "2\r\nde\r\n0\r\n\r\n").unwrap();
    assert!(answer.any(|line| line == "de"));
}

#[test]
fn the_app_speaks_websocket() {
    let app = Running::start(&[]);
    let mut stream = app.connect();
    // The key and its answer are RFC 6455's own example.
    let head = "GET /ws HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut input = BufReader::new(stream.try_clone().unwrap());
    let mut answer = String::new();
    while !answer.ends_with("\r\n\r\n") {
        input.read_line(&mut answer).unwrap();
    }
    assert!(
        answer.starts_with("HTTP/1.1 101 ") && answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        "{answer}"
    );
    // RFC 6455, 5.7: a masked "Hello", and the unmasked one that comes back.
    stream
        .write_all(&[
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ])
        .unwrap();
    let mut echoed = [0; 7];
    input.read_exact(&mut echoed).unwrap();
    assert_eq!(&echoed, b"\x81\x05Hello");
}

#[test]
fn sigterm_finishes_what_is_in_flight() {
    let mut app = Running::start(&[]);
    let mut slow = app.connect();
    write!(slow, "GET /slow?ms=700 HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(app.terminate(), 0);
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("after 700 ms"), "{answer}");
}

#[test]
fn it_exits_as_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hello");
    fs::write(&path, hello()).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    let code = spawn(&path, &[("HELLO_EXIT_AT_START", "41")])
        .wait()
        .unwrap()
        .code();
    assert_eq!(code, Some(41));
}

fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_repository_has_the_same_commits_wherever_it_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (dir.path().join("one"), dir.path().join("deep/two"));
    write_repository(&one).unwrap();
    write_repository(&two).unwrap();
    let shown = |at: &Path| git(at, &["for-each-ref", "--format=%(objectname) %(refname)"]);
    assert_eq!(shown(&one), shown(&two));
    for tag in TAGS {
        assert_eq!(git(&one, &["show", &format!("{tag}:version")]).trim(), tag);
    }
    assert_eq!(git(&one, &["status", "--porcelain"]), "");
    assert!(git(&one, &["ls-tree", "HEAD", "hello"]).starts_with("100755 "));
}

#[test]
fn a_repository_that_is_there_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("sample");
    write_repository(&at).unwrap();
    fs::write(at.join("mine"), "a person's own change").unwrap();
    write_repository(&at).unwrap();
    assert!(at.join("mine").exists());
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        1,
        "a draft is left behind"
    );
}

#[test]
fn only_the_pre_release_is_broken() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("sample");
    write_repository(&at).unwrap();
    let broken =
        |tag: &str| git(&at, &["show", &format!("{tag}:Dockerfile")]).contains("HELLO_UNHEALTHY=1");
    assert_eq!(TAGS.map(broken), [false, false, true]);
}

#[test]
fn the_site_is_a_readable_archive_and_always_the_same() {
    let bytes = site_zip().unwrap();
    assert_eq!(bytes, site_zip().unwrap());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut page = String::new();
    archive
        .by_name("index.html")
        .unwrap()
        .read_to_string(&mut page)
        .unwrap();
    assert!(page.contains("assets/site.css"));
}
