//! Images as the Engine saves them, made by hand.

use super::*;
use sha2::{Digest, Sha256};
use std::io::Write;
use tar::{EntryType, Header};

fn sha(bytes: &[u8]) -> String {
    format!("sha256:{}", crate::driver::tee::hex(&Sha256::digest(bytes)))
}

enum Thing<'a> {
    File(&'a str, &'a [u8]),
    Folder(&'a str),
    Link(&'a str, &'a str),
    Hard(&'a str, &'a str),
}
use Thing::{File as F, Folder, Hard, Link};

fn header(kind: EntryType, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size as u64);
    header.set_mode(if kind == EntryType::Directory {
        0o755
    } else {
        0o640
    });
    header.set_mtime(1_700_000_000);
    header.set_uid(5);
    header.set_gid(6);
    header
}

fn layer(things: &[Thing<'_>]) -> Vec<u8> {
    let mut tar = tar::Builder::new(vec![]);
    for thing in things {
        let (mut head, path, target) = match thing {
            F(path, bytes) => (header(EntryType::Regular, bytes.len()), path, None),
            Folder(path) => (header(EntryType::Directory, 0), path, None),
            Link(path, target) => (header(EntryType::Symlink, 0), path, Some(target)),
            Hard(path, target) => (header(EntryType::Link, 0), path, Some(target)),
        };
        let bytes = if let F(_, bytes) = thing {
            bytes
        } else {
            &b""[..]
        };
        match target {
            Some(target) => tar.append_link(&mut head, path, target).expect("a link"),
            None => tar.append_data(&mut head, path, bytes).expect("a file"),
        }
    }
    tar.into_inner().expect("a tar")
}

struct Image {
    id: String,
    archive: tempfile::NamedTempFile,
}

fn image(layers: &[Vec<u8>], tamper: bool) -> Image {
    let ids: Vec<String> = layers.iter().map(|l| sha(l)).collect();
    let config = serde_json::json!({
        "config": {"Entrypoint": ["/app"], "Cmd": null, "Env": ["A=b"], "User": "web", "WorkingDir": "/srv"},
        "rootfs": {"diff_ids": ids},
    })
    .to_string();
    let names: Vec<String> = (0..layers.len())
        .map(|n| format!("{n}/layer.tar"))
        .collect();
    let manifest = serde_json::json!([{"Config": "config.json", "Layers": names}]).to_string();
    let mut tar = tar::Builder::new(vec![]);
    let mut add = |name: &str, bytes: &[u8]| {
        tar.append_data(&mut header(EntryType::Regular, bytes.len()), name, bytes)
            .expect("a file");
    };
    add("manifest.json", manifest.as_bytes());
    add("config.json", config.as_bytes());
    for (name, bytes) in names.iter().zip(layers) {
        let mut bytes = bytes.clone();
        if tamper {
            bytes[512] ^= 1;
        }
        add(name, &bytes);
    }
    let mut archive = tempfile::NamedTempFile::new().expect("a file");
    archive
        .write_all(&tar.into_inner().expect("a tar"))
        .expect("it is written");
    Image {
        id: sha(config.as_bytes()),
        archive,
    }
}

const PASSWD: &[u8] = b"root:x:0:0::/root:/bin/sh\nweb:x:1000:1001::/home/web:/bin/sh\n";

fn layers() -> Vec<Vec<u8>> {
    let below = layer(&[
        Folder("etc"),
        F("etc/passwd", PASSWD),
        F("gone", b"1"),
        F("d/old", b"2"),
        F("e/old", b"3"),
        Folder("usr/bin"),
        Link("bin", "usr/bin"),
        F("replaced/inner", b"4"),
    ]);
    let above = layer(&[
        F(".wh.gone", b""),
        F("d/new", b"5"),
        F("d/.wh..wh..opq", b""),
        F("bin/tool", b"6"),
        Hard("tool2", "usr/bin/tool"),
        F("replaced", b"7"),
    ]);
    vec![below, above]
}

fn built(image: &Image) -> (std::io::Result<Built>, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = folder.path().join("disk");
    let built = build(image.archive.path(), &image.id, &disk, folder.path());
    (built, std::fs::read(disk).unwrap_or_default())
}

#[test]
fn i17_the_same_image_gives_the_same_bytes() {
    let image = image(&layers(), false);
    let ((one, first), (two, second)) = (built(&image), built(&image));
    let (one, two) = (one.expect("it is built"), two.expect("it is built"));
    assert_eq!(one, two);
    assert!(first == second && first.len() > 4096);
    assert_eq!(
        (one.user.uid, one.user.gid, &*one.user.home),
        (1000, 1001, "/home/web")
    );
    assert_eq!(one.program.entrypoint, ["/app"]);
    assert!(first.starts_with(b"hsqs"));
}

#[test]
fn i17_a_layer_that_is_not_what_the_image_says_is_refused() {
    let said = built(&image(&layers(), true))
        .0
        .expect_err("it is refused")
        .to_string();
    assert!(
        said.contains("0/layer.tar") && said.contains("and not"),
        "{said}"
    );
}

#[test]
fn i17_another_image_under_that_id_is_refused() {
    let image = Image {
        id: sha(b"another"),
        ..image(&layers(), false)
    };
    assert!(built(&image).0.is_err());
}

#[test]
fn i17_layers_lie_over_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let image = image(&layers(), false);
    let saved = Saved::open(image.archive.path(), folder.path()).expect("it is one");
    let tree = merge::merge(&saved.layers().expect("they are checked")).expect("it is merged");
    let shown: Vec<String> = tree.iter().map(|(path, node)| shown(path, node)).collect();
    expect_test::expect![[r#"
        / 755 0:0 Folder
        /bin 640 5:6 Link("usr/bin")
        /d 755 0:0 Folder
        /d/new 640 5:6 5
        /e 755 0:0 Folder
        /e/old 640 5:6 3
        /etc 755 5:6 Folder
        /etc/passwd 640 5:6 root:x:0:0::/root:/bin/sh
        /replaced 640 5:6 7
        /tool2 640 5:6 6
        /usr 755 0:0 Folder
        /usr/bin 755 5:6 Folder
        /usr/bin/tool 640 5:6 6"#]]
    .assert_eq(&shown.join("\n"));
}

fn shown(path: &Path, node: &merge::Node) -> String {
    let what = match &node.kind {
        merge::Kind::File(part) => {
            let bytes = part.clone().bytes(4096).expect("it is there");
            String::from_utf8_lossy(&bytes)
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned()
        }
        other => format!("{other:?}"),
    };
    format!(
        "/{} {:o} {}:{} {what}",
        path.display(),
        node.mode,
        node.uid,
        node.gid
    )
}

#[test]
fn q26_what_is_no_archive_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for bytes in [
        &b""[..],
        b"x",
        &[0; 2048],
        &layer(&[F("manifest.json", b"{}")]),
    ] {
        let file = folder.path().join("archive");
        std::fs::write(&file, bytes).expect("it is written");
        assert!(Saved::open(&file, folder.path()).is_err());
    }
}
