//! A data plane that serves a folder with everything in it that a static site may hold.

use super::ask::{Reply, empty, get, request, send};
use super::house::{House, leading_to};
use domain::route::Target;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

pub const HOST: &str = "site.example";

pub struct Site {
    pub house: House,
    pub folder: TempDir,
}

impl Site {
    pub async fn open(spa: bool) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        write_site(folder.path());
        let root = folder
            .path()
            .join("site")
            .to_str()
            .expect("text")
            .to_owned();
        let mut house = House::open().await;
        house
            .put(leading_to(
                HOST,
                Target::Static {
                    deployment: "d".into(),
                    root,
                    spa,
                },
            ))
            .await;
        Self { house, folder }
    }

    pub async fn get(&self, path: &str) -> Reply {
        get(self.house.address, HOST, path).await
    }

    pub async fn with(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let builder = fields
            .iter()
            .fold(request(HOST, path), |builder, (name, value)| {
                builder.header(*name, *value)
            });
        send(self.house.address, empty(builder)).await
    }
}

fn write_site(folder: &Path) {
    let site = folder.join("site");
    for inner in ["docs", "assets", ".git", ".well-known"] {
        fs::create_dir_all(site.join(inner)).expect("folder");
    }
    fs::write(folder.join("secret.txt"), "secret").expect("written");
    for (name, text) in [
        ("index.html", "<h1>home</h1>"),
        ("docs/index.html", "<h1>docs</h1>"),
        ("hello.txt", "0123456789"),
        ("app.js", "plain js"),
        ("app.js.br", "br js"),
        ("app.js.gz", "gz js"),
        ("assets/app.3f2a9c1b.js", "hashed"),
        (".env", "secret"),
        (".git/config", "secret"),
        (".well-known/security.txt", "contact"),
        ("empty.txt", ""),
        ("ü b.txt", "umlaut"),
    ] {
        fs::write(site.join(name), text).expect("written");
    }
    fs::write(site.join("large.bin"), large()).expect("written");
    symlink(folder.join("secret.txt"), site.join("out.txt")).expect("link");
    symlink("../secret.txt", site.join("up.txt")).expect("link");
    symlink(folder, site.join("outside")).expect("link");
    symlink("hello.txt", site.join("in.txt")).expect("link");
    rustix_fifo(&site.join("pipe"));
}

/// A named pipe: opening one for reading waits for a writer unless it is told not to.
fn rustix_fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo")
        .arg(path)
        .status()
        .expect("mkfifo");
    assert!(made.success());
}

pub fn large() -> Vec<u8> {
    (0..1_000_000u32)
        .map(|number| b'a' + (number % 23) as u8)
        .collect()
}
