//! A service of our own: an executable, and an address on this machine.

use super::super::MasterFile;
use super::*;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tokio::net::{TcpListener, TcpStream};

/// Moves digits to letters and back; it wants to be told its key.
const WRAPPER: &str = r#"#!/bin/sh
[ "$1 $2" = "--key main" ] || { echo "no such key: $2" >&2; exit 3; }
case "$3" in
  wrap) tr 0-9a-f g-v ;;
  unwrap) tr g-v 0-9a-f ;;
  *) exit 4 ;;
esac
"#;

fn executable(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn kms(argv: &[&str]) -> Kms {
    Kms::parse(&serde_json::to_string(argv).unwrap()).unwrap()
}

#[tokio::test]
async fn x15_a_master_key_wrapped_by_an_executable_is_in_no_file_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let wrapper = executable(dir.path(), "wrapper", WRAPPER);
    let path = dir.path().join("master.key");
    let file = MasterFile::at(path.clone()).wrapped_by(Some(kms(&[&wrapper, "--key", "main"])));
    let made = file.make().await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("wrapped:"), "{text}");
    assert!(!text.contains(&crate::secrets::seal::hex(made.bytes())));
    assert_eq!(file.read().await.unwrap().unwrap().id(), made.id());
    // Without the service it is worth nothing, and the sentence says which option is missing.
    let said = MasterFile::at(path).read().await.map(drop).unwrap_err();
    assert!(said.to_string().contains("--master-key-kms"), "{said}");
}

#[tokio::test]
async fn x15_what_a_service_can_t_unwrap_is_never_used() {
    let dir = tempfile::tempdir().unwrap();
    let forgetful = "#!/bin/sh\ncat > /dev/null\necho 00000000\n";
    let wrapper = executable(dir.path(), "wrapper", forgetful);
    let path = dir.path().join("master.key");
    let file = MasterFile::at(path.clone()).wrapped_by(Some(kms(&[&wrapper])));
    let said = file.make().await.map(drop).unwrap_err().to_string();
    assert!(said.contains("no key"), "{said}");
    assert!(!path.exists());
}

#[tokio::test]
async fn x15_faults_of_an_executable_are_sentences_without_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let wrapper = executable(dir.path(), "wrapper", WRAPPER);
    let loud = executable(
        dir.path(),
        "loud",
        "#!/bin/sh\nexec head -c 20000 /dev/zero\n",
    );
    let cases = [
        (kms(&[&wrapper, "--key", "other"]), "no such key: other"),
        (kms(&["/nonexistent/wrapper"]), "can't be started"),
        (kms(&[&loud]), "more than 16 KiB"),
    ];
    for (kms, wanted) in cases {
        let said = kms.wrap(&"ab".repeat(32)).await.unwrap_err();
        assert!(said.contains(wanted) && !said.contains("abab"), "{said}");
    }
}

#[tokio::test]
async fn x15_an_executable_that_does_not_answer_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let slow = format!("#!/bin/sh\necho $$ > {}\nexec sleep 600\n", pid.display());
    let slow = kms(&[&executable(dir.path(), "slow", &slow)]);
    let said = slow.unwrap("x").await.unwrap_err();
    assert!(said.contains("did not answer within"), "{said}");
    let pid = fs::read_to_string(&pid).unwrap();
    let runs = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    };
    for _ in 0..100 {
        if !runs() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} still runs", pid.trim());
}

#[tokio::test]
async fn x15_a_service_over_http_gets_the_same_texts() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream));
        }
    });
    let dir = tempfile::tempdir().unwrap();
    let kms = Kms::parse(&format!("http://{address}/keys/main")).unwrap();
    let file = MasterFile::at(dir.path().join("master.key")).wrapped_by(Some(kms));
    let made = file.make().await.unwrap();
    assert_eq!(file.read().await.unwrap().unwrap().id(), made.id());
    let text = fs::read_to_string(file.path()).unwrap();
    let backwards: String = crate::secrets::seal::hex(made.bytes())
        .chars()
        .rev()
        .collect();
    assert_eq!(text.trim(), format!("wrapped:w{backwards}"));
    let lost = Kms::parse(&format!("http://{address}/lost")).unwrap();
    let said = lost.wrap("ab").await.unwrap_err();
    assert!(
        said.contains("404") && said.contains(&address.to_string()),
        "{said}"
    );
}

/// Wraps by turning it round.
async fn answer(mut stream: TcpStream) {
    let mut seen = vec![];
    let (head, body) = loop {
        let mut part = [0; 4096];
        let n = stream.read(&mut part).await.unwrap();
        assert!(n > 0, "the request ended early");
        seen.extend_from_slice(&part[..n]);
        let text = String::from_utf8(seen.clone()).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse().unwrap())
        });
        if body.len() >= length.unwrap_or(0) {
            break (head.to_owned(), body.to_owned());
        }
    };
    let turned = |text: &str| -> String { text.chars().rev().collect() };
    let (status, answer) = match head.split(' ').nth(1).unwrap() {
        "/keys/main/wrap" => ("200 OK", format!("w{}", turned(&body))),
        "/keys/main/unwrap" => ("200 OK", turned(body.strip_prefix('w').unwrap())),
        _ => ("404 Not Found", String::new()),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
        answer.len()
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
}

#[test]
fn x15_a_key_goes_over_tls_or_no_further_than_this_machine() {
    for good in [
        "https://kms.example.org/a",
        "http://127.0.0.1:9/a",
        "http://[::1]/a",
        "http://localhost",
    ] {
        assert!(matches!(Kms::parse(good), Ok(Kms::Url(_))), "{good}");
    }
    for bad in [
        "http://kms.example.org",
        "https://me:secret@kms.example.org",
        "",
        "[]",
        "[\"\"]",
        "[1]",
    ] {
        assert!(Kms::parse(bad).is_err(), "{bad}");
    }
    let argv = Kms::parse(r#"["/bin/kms", "--token", "s3cret"]"#).unwrap();
    assert_eq!(format!("{argv} {argv:?}"), "`/bin/kms` Kms(`/bin/kms`)");
}
