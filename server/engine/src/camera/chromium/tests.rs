//! Pictures of a real front page, and of browsers that misbehave.

use super::*;
use std::os::unix::fs::PermissionsExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

const HTML: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\nConnection: close\r\n\r\n<h1>x</h1";

async fn app() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let _ = socket.read(&mut buffer).await;
            let _ = socket.write_all(HTML.as_bytes()).await;
        }
    });
    address
}

#[tokio::test]
async fn p11_without_chromium_it_is_skipped_and_says_so() {
    let room = tempfile::tempdir().unwrap();
    let missing = room.path().join("chromium");
    let camera = Chromium::new(Some(missing), app().await, room.path().into());
    let shot = camera
        .take("web.localhost", &room.path().join("a.png"))
        .await;
    let Ok(Shot::Skipped(why)) = shot else {
        panic!("{shot:?}")
    };
    assert!(why.contains("There is no Chromium at"), "{why}");
}

#[tokio::test]
async fn p11_a_front_page_is_pictured_and_nothing_is_left_behind() {
    let room = tempfile::tempdir().unwrap();
    let Some(chromium) = on_path(&NAMES) else {
        return eprintln!("skipped: no Chromium is installed");
    };
    let camera = Chromium::new(Some(chromium), app().await, room.path().into());
    let into = room.path().join("kept.png");
    let shot = camera.take("web.localhost", &into).await;
    assert!(matches!(shot, Ok(Shot::Taken { .. })), "{shot:?}");
    let picture = std::fs::read(&into).unwrap();
    assert_eq!(size(&picture), Some((SCREENSHOT_WIDTH, SCREENSHOT_HEIGHT)));
    let left: Vec<_> = std::fs::read_dir(room.path())
        .unwrap()
        .flatten()
        .map(|e| e.file_name())
        .collect();
    assert_eq!(left, ["kept.png"]);
}

fn fake(room: &Path, script: &str) -> PathBuf {
    let fake = room.join("chromium");
    std::fs::write(&fake, format!("#!/usr/bin/env python3\n{script}")).unwrap();
    std::fs::set_permissions(&fake, std::fs::Permissions::from_mode(0o700)).unwrap();
    fake
}

/// A browser that dies at its first start, and at its second leaves one behind, in a session of
/// its own, that goes on writing into the profile.
#[tokio::test]
async fn p11_one_that_dies_at_its_start_is_started_again_and_nothing_of_it_stays() {
    let (room, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let script = format!(
        "import os, struct, subprocess, sys\n\
         if not os.path.exists('{0}/once'): open('{0}/once', 'w'); sys.exit(1)\n\
         file = next(w for w in sys.argv if w.startswith('--screenshot=')).split('=', 1)[1]\n\
         open(file, 'wb').write(b'\\x89PNG\\r\\n\\x1a\\n\\0\\0\\0\\rIHDR' + struct.pack('>II', {SCREENSHOT_WIDTH}, {SCREENSHOT_HEIGHT}))\n\
         late = 'i=0; while [ $i -lt 200 ]; do mkdir -p profile/$i; i=$((i+1)); sleep 0.002; done'\n\
         subprocess.Popen(['sh', '-c', late], start_new_session=True, stderr=subprocess.DEVNULL)\n",
        room.path().display()
    );
    let camera = Chromium::new(
        Some(fake(room.path(), &script)),
        app().await,
        scratch.path().into(),
    );
    let shot = camera
        .take("web.localhost", &room.path().join("kept.png"))
        .await;
    assert!(matches!(shot, Ok(Shot::Taken { .. })), "{shot:?}");
    let left = std::fs::read_dir(scratch.path()).unwrap().count();
    assert_eq!(left, 0, "what it wrote to is gone");
}

/// A browser that makes a child and then does nothing.
#[tokio::test]
async fn p11_what_it_started_ends_with_it() {
    let room = tempfile::tempdir().unwrap();
    let note = room.path().join("pid");
    let fake = fake(
        room.path(),
        &format!(
            "import subprocess\nchild = subprocess.Popen(['sleep', '60'])\nopen('{}', 'w').write(str(child.pid))\nchild.wait()\n",
            note.display()
        ),
    );
    let camera = Chromium::new(Some(fake), app().await, room.path().into());
    let into = room.path().join("kept.png");
    let taking = camera.take("web.localhost", &into);
    // Dropped once the child is there, as when the deployment stops being live.
    tokio::select! {
        shot = taking => panic!("{shot:?}"),
        () = async { while std::fs::read_to_string(&note).unwrap_or_default().is_empty() { tokio::time::sleep(Duration::from_millis(20)).await } } => {}
    }
    let pid = std::fs::read_to_string(&note).unwrap();
    let gone =
        || std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |s| s.contains(") Z"));
    for _ in 0..100 {
        if gone() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{pid} still runs");
}

#[test]
fn p11_only_the_app_can_be_reached_from_its_page() {
    let words = arguments(
        Path::new("/r"),
        Path::new("/r/p.png"),
        "web.localhost",
        "127.0.0.1:8080".parse().unwrap(),
    );
    let rules = "--host-resolver-rules=MAP web.localhost 127.0.0.1:8080,MAP * ~NOTFOUND";
    assert!(words.contains(&rules.into()), "{words:?}");
    assert_eq!(
        reachable("0.0.0.0:80".parse().unwrap()),
        "127.0.0.1:80".parse().unwrap()
    );
}
