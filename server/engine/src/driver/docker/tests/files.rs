//! Files of an image, from its layers.

use super::builds::{Kept, build, context, tag};
use super::engine::Here;
use crate::contents::{LIMITS, inventory, is_wanted};
use crate::driver::Driver;
use crate::driver::{Images, Scope};

#[tokio::test(flavor = "multi_thread")]
async fn p11_what_an_image_carries_is_read_without_running_it() {
    let Some(here) = Here::new("p11_files").await else {
        return;
    };
    let docker = here.docker();
    let dir = context(
        "FROM scratch\nCOPY one /var/lib/dpkg/status\nCOPY two /var/lib/dpkg/status\nCOPY lock /app/Cargo.lock\nCOPY one /app/other\n",
    );
    for (name, text) in [
        ("one", "Package: zlib1g\nVersion: 1.2\n"),
        ("two", "Package: zlib1g\nVersion: 1.3\n"),
        (
            "lock",
            "[[package]]\nname = \"serde\"\nversion = \"1.0.0\"\n",
        ),
    ] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let built = build(&docker, dir.path(), &tag("files"), &Kept::default()).await;
    let image = built.expect("the image builds").digest().to_owned();
    let files = docker.files(&image, is_wanted, LIMITS).await;
    docker.discard(&tag("files")).await.expect("the image goes");
    let purls: Vec<_> = inventory(&files.expect("its layers are read").files)
        .components
        .keys()
        .map(|c| c.purl())
        .collect();
    assert_eq!(
        purls,
        ["pkg:cargo/serde@1.0.0", "pkg:deb/debian/zlib1g@1.3"]
    );
    let made = docker.observe(Scope::Everything).await.expect("the Engine");
    assert!(made.is_empty(), "{made:?}");
    let gone = docker
        .files("sealdock/build:nothing", is_wanted, LIMITS)
        .await;
    assert!(gone.is_err(), "{gone:?}");
}
