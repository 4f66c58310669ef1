//! Each refusal, with archives made here.

use super::*;
use std::io::Cursor;
use zip::write::SimpleFileOptions;

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default())
            .expect("an entry");
        zip.write_all(content).expect("its content");
    }
    zip.finish().expect("an archive").into_inner()
}

fn tarred(build: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
    let mut tar = tar::Builder::new(vec![]);
    build(&mut tar);
    tar.into_inner().expect("an archive")
}

fn entry(tar: &mut tar::Builder<Vec<u8>>, name: &[u8], kind: tar::EntryType, content: &[u8]) {
    let mut header = tar::Header::new_ustar();
    header.set_size(content.len() as u64);
    header.set_entry_type(kind);
    header.set_mode(0o777);
    // Written as it is: a builder would refuse what an attacker would not.
    header.as_mut_bytes()[..name.len()].copy_from_slice(name);
    header.set_cksum();
    tar.append(&header, content).expect("an entry");
}

async fn tried(bytes: &[u8], limits: Limits) -> Result<(Unpacked, Vec<String>), String> {
    let dir = tempfile::tempdir().expect("a directory");
    let (archive, into) = (dir.path().join("a"), dir.path().join("site"));
    fs::write(&archive, bytes).expect("written");
    let result = unpack(&archive, &into, limits)
        .await
        .map_err(|e| e.to_string());
    let mut left: Vec<_> = fs::read_dir(dir.path())
        .expect("listed")
        .map(|e| e.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    match result {
        Ok(unpacked) => Ok((unpacked, left)),
        Err(sentence) => {
            assert_eq!(left, ["a"], "nothing half-done stays");
            Err(sentence)
        }
    }
}

#[tokio::test]
async fn p16_zip_tar_and_tar_gz_of_the_same_files_are_the_same_bundle() {
    let tar = tarred(|t| entry(t, b"./index.html", tar::EntryType::Regular, b"hi"));
    let mut gz = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    gz.write_all(&tar).expect("compressed");
    let archives = [
        zipped(&[("index.html", b"hi")]),
        gz.finish().expect("finished"),
        tar,
    ];
    let mut digests = vec![];
    for archive in archives {
        let (unpacked, left) = tried(&archive, Limits::default()).await.expect("unpacked");
        assert_eq!(
            (unpacked.files, unpacked.bytes, left),
            (1, 2, vec!["a".into(), "site".into()])
        );
        digests.push(unpacked.digest);
    }
    digests.dedup();
    assert_eq!(digests.len(), 1);
}

#[tokio::test]
async fn one_folder_around_everything_is_taken_off() {
    assert!(
        tried(
            &zipped(&[("dist/index.html", b"hi"), ("dist/a.css", b"")]),
            Limits::default()
        )
        .await
        .is_ok()
    );
    let none = tried(&zipped(&[("a/b.html", b"hi")]), Limits::default())
        .await
        .expect_err("no index");
    assert!(none.contains("no index.html"), "{none}");
}

#[tokio::test]
async fn x14_an_archive_can_not_write_outside() {
    for name in [
        "../index.html",
        "a/../../x",
        "/etc/passwd",
        "a\\..\\b",
        "C:x",
        "a\nb",
    ] {
        let sentence = tried(
            &zipped(&[("index.html", b""), (name, b"x")]),
            Limits::default(),
        )
        .await
        .expect_err(name);
        assert!(sentence.contains("Nothing was unpacked"), "{sentence}");
        let tar = tarred(|t| entry(t, name.as_bytes(), tar::EntryType::Regular, b"x"));
        tried(&tar, Limits::default()).await.expect_err(name);
    }
    for kind in [
        tar::EntryType::Symlink,
        tar::EntryType::Link,
        tar::EntryType::Fifo,
        tar::EntryType::Block,
    ] {
        let tar = tarred(|t| entry(t, b"x", kind, b""));
        tried(&tar, Limits::default())
            .await
            .expect_err("a special entry");
    }
}

#[tokio::test]
async fn x14_bombs_are_refused_while_they_unpack() {
    let large = vec![0; 20 << 20];
    let bomb = zipped(&[("index.html", &large)]);
    let sentence = tried(&bomb, Limits::default()).await.expect_err("a bomb");
    assert!(sentence.contains("200 times its own size"), "{sentence}");
    let small = Limits {
        bytes: 1 << 20,
        ..Limits::default()
    };
    assert!(
        tried(&bomb, small)
            .await
            .expect_err("too large")
            .contains("1 MiB")
    );
    let two = zipped(&[("index.html", b""), ("a", b"")]);
    let one = Limits {
        files: 1,
        ..Limits::default()
    };
    assert!(
        tried(&two, one)
            .await
            .expect_err("too many")
            .contains("1 files")
    );
}

#[tokio::test]
async fn x14_long_names_are_read_and_endless_ones_refused() {
    let long = format!("{}/index.html", "directory/".repeat(20));
    let page = |t: &mut tar::Builder<Vec<u8>>, name: &str| {
        entry(t, b"index.html", tar::EntryType::Regular, b"hi");
        entry(t, b"long", tar::EntryType::GNULongName, name.as_bytes());
        entry(t, b"cut", tar::EntryType::Regular, b"deep");
    };
    let (unpacked, _) = tried(&tarred(|t| page(t, &long)), Limits::default())
        .await
        .expect("a long name is no harm");
    assert_eq!((unpacked.files, unpacked.bytes), (2, 6));
    let pax = tarred(|t| {
        entry(t, b"x", tar::EntryType::XHeader, b"19 path=index.html\n");
        entry(t, b"cut", tar::EntryType::Regular, b"hi");
    });
    tried(&pax, Limits::default())
        .await
        .expect("a name of its own record");
    let endless = tarred(|t| page(t, &"x".repeat(100_000)));
    let sentence = tried(&endless, Limits::default())
        .await
        .expect_err("100 KB of name");
    assert!(sentence.contains("larger than 64 KiB"), "{sentence}");
    let mut gz = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    let padding = vec![0; 20 << 20];
    let skipped = tarred(|t| entry(t, b"x", tar::EntryType::XGlobalHeader, &padding));
    gz.write_all(&skipped).expect("compressed");
    let bomb = gz.finish().expect("finished");
    let sentence = tried(&bomb, Limits::default())
        .await
        .expect_err("a bomb of headers");
    assert!(sentence.contains("200 times its own size"), "{sentence}");
}

#[tokio::test]
async fn what_is_no_archive_or_a_cut_one_is_said_so() {
    assert!(
        tried(b"hello", Limits::default())
            .await
            .expect_err("text")
            .contains("none of zip")
    );
    let whole = zipped(&[("index.html", &[7; 5000])]);
    assert!(
        tried(&whole[..whole.len() / 2], Limits::default())
            .await
            .expect_err("cut")
            .contains("damaged")
    );
}
