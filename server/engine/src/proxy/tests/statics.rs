//! Static sites over real sockets (P-16).

use super::ask::{Caller, empty, raw, request};
use super::site::{HOST, Site, large};
use std::fs;

#[tokio::test]
async fn p16_files_are_served_with_type_tag_and_caching() {
    let site = Site::open(false).await;
    for (path, status, body, kind, caching) in [
        (
            "/",
            200,
            "<h1>home</h1>",
            "text/html; charset=utf-8",
            "no-cache",
        ),
        (
            "/index.html",
            200,
            "<h1>home</h1>",
            "text/html; charset=utf-8",
            "no-cache",
        ),
        (
            "/docs/",
            200,
            "<h1>docs</h1>",
            "text/html; charset=utf-8",
            "no-cache",
        ),
        (
            "/hello.txt?v=1",
            200,
            "0123456789",
            "text/plain; charset=utf-8",
            "no-cache",
        ),
        (
            "/app.js",
            200,
            "plain js",
            "text/javascript; charset=utf-8",
            "no-cache",
        ),
        (
            "/assets/app.3f2a9c1b.js",
            200,
            "hashed",
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
        (
            "/.well-known/security.txt",
            200,
            "contact",
            "text/plain; charset=utf-8",
            "no-cache",
        ),
        (
            "/empty.txt",
            200,
            "",
            "text/plain; charset=utf-8",
            "no-cache",
        ),
        (
            "/%C3%BC%20b.txt",
            200,
            "umlaut",
            "text/plain; charset=utf-8",
            "no-cache",
        ),
        (
            "/in.txt",
            200,
            "0123456789",
            "text/plain; charset=utf-8",
            "no-cache",
        ),
    ] {
        let reply = site.get(path).await;
        assert_eq!(
            (reply.status.as_u16(), reply.body.as_str()),
            (status, body),
            "{path}"
        );
        assert_eq!(
            (reply.header("content-type"), reply.header("cache-control")),
            (kind, caching),
            "{path}"
        );
        assert!(
            reply.header("etag").starts_with('"') && !reply.header("last-modified").is_empty(),
            "{path}"
        );
        assert_eq!(
            reply.header("content-length"),
            body.len().to_string(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn p16_nothing_outside_the_site_and_nothing_hidden_is_served() {
    let site = Site::open(false).await;
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/docs/../../secret.txt",
        "/docs/%2e%2e/%2e%2e/secret.txt",
        "/..%5csecret.txt",
        "/out.txt",
        "/up.txt",
        "/outside/secret.txt",
        "/.env",
        "/.git/config",
        "/hello.txt%00.html",
        "/pipe",
        "/missing",
        "/hello.txt/",
        "/%",
    ] {
        let answer = raw(
            site.house.address,
            &format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"),
        )
        .await;
        assert!(
            answer.starts_with("HTTP/1.1 404") && !answer.contains("secret\n"),
            "{path}: {answer}"
        );
        assert!(!answer.ends_with("secret"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn p16_a_folder_without_its_slash_is_redirected_within_the_site() {
    let site = Site::open(false).await;
    let reply = site.get("/docs?x=1").await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("location")),
        (308, "/docs/?x=1")
    );
    let reply = site.get("//docs").await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("location")),
        (308, "/docs/")
    );
}

#[tokio::test]
async fn p16_what_the_client_has_already_is_304() {
    let site = Site::open(false).await;
    let first = site.get("/hello.txt").await;
    let (tag, date) = (first.header("etag"), first.header("last-modified"));
    let old = "Mon, 01 Jan 2001 00:00:00 GMT";
    for (fields, status) in [
        (vec![("if-none-match", tag)], 304),
        (vec![("if-none-match", "*")], 304),
        (vec![("if-none-match", "\"x\", W/\"y\"")], 200),
        (vec![("if-modified-since", date)], 304),
        (vec![("if-modified-since", old)], 200),
        (
            vec![("if-none-match", "\"x\""), ("if-modified-since", date)],
            200,
        ),
    ] {
        let reply = site.with("/hello.txt", &fields).await;
        assert_eq!(reply.status.as_u16(), status, "{fields:?}");
        assert_eq!(reply.body.is_empty(), status == 304, "{fields:?}");
        assert_eq!(reply.header("etag"), tag);
    }
}

#[tokio::test]
async fn p16_a_single_range_is_206_and_one_outside_is_416() {
    let site = Site::open(false).await;
    let tag = site.get("/hello.txt").await.header("etag").to_owned();
    for (range, if_range, status, body, content_range) in [
        ("bytes=2-4", None, 206, "234", "bytes 2-4/10"),
        ("bytes=-3", None, 206, "789", "bytes 7-9/10"),
        ("bytes=8-", None, 206, "89", "bytes 8-9/10"),
        ("bytes=10-", None, 416, "", "bytes */10"),
        ("bytes=0-1,4-5", None, 200, "0123456789", ""),
        ("bytes=2-4", Some(tag.as_str()), 206, "234", "bytes 2-4/10"),
        ("bytes=2-4", Some("\"other\""), 200, "0123456789", ""),
    ] {
        let mut fields = vec![("range", range)];
        fields.extend(if_range.map(|tag| ("if-range", tag)));
        let reply = site.with("/hello.txt", &fields).await;
        assert_eq!(
            (
                reply.status.as_u16(),
                reply.body.as_str(),
                reply.header("content-range")
            ),
            (status, body, content_range),
            "{fields:?}"
        );
    }
}

#[tokio::test]
async fn p16_a_large_file_comes_whole_and_in_parts() {
    let site = Site::open(false).await;
    let large = large();
    assert!(site.get("/large.bin").await.body.as_bytes() == large);
    let part = site
        .with("/large.bin", &[("range", "bytes=300001-900000")])
        .await;
    assert!(part.status == 206 && part.body.as_bytes() == &large[300_001..=900_000]);
}

#[tokio::test]
async fn p16_precompressed_files_are_sent_to_those_who_take_them() {
    let site = Site::open(false).await;
    for (accepts, body, encoding) in [
        ("gzip, deflate, br", "br js", "br"),
        ("gzip", "gz js", "gzip"),
        ("br;q=0, gzip;q=0.5", "gz js", "gzip"),
        ("identity", "plain js", ""),
    ] {
        let reply = site.with("/app.js", &[("accept-encoding", accepts)]).await;
        assert_eq!(
            (reply.body.as_str(), reply.header("content-encoding")),
            (body, encoding),
            "{accepts}"
        );
        assert_eq!(
            (reply.header("vary"), reply.header("content-type")),
            ("accept-encoding", "text/javascript; charset=utf-8")
        );
    }
    let plain = site.get("/app.js").await.header("etag").to_owned();
    let compressed = site
        .with("/app.js", &[("accept-encoding", "br")])
        .await
        .header("etag")
        .to_owned();
    assert_ne!(plain, compressed, "two forms, two tags");
}

#[tokio::test]
async fn p16_head_tells_what_get_would_and_other_methods_are_405() {
    let site = Site::open(false).await;
    let mut caller = Caller::connect(site.house.address).await;
    let head = caller
        .send(empty(request(HOST, "/hello.txt").method("HEAD")))
        .await;
    assert_eq!(
        (
            head.status.as_u16(),
            head.header("content-length"),
            head.body.as_str()
        ),
        (200, "10", "")
    );
    let post = caller
        .send(empty(request(HOST, "/hello.txt").method("POST")))
        .await;
    assert_eq!(
        (post.status.as_u16(), post.header("allow")),
        (405, "GET, HEAD")
    );
}

#[tokio::test]
async fn p16_a_single_page_application_gets_its_index_for_views_and_404_for_files() {
    let site = Site::open(true).await;
    let view = site.get("/settings/profile").await;
    assert_eq!(
        (view.status.as_u16(), view.body.as_str()),
        (200, "<h1>home</h1>")
    );
    assert_eq!(site.get("/assets/missing.js").await.status, 404);
    assert_eq!(site.get("/../secret.txt").await.status, 404);
}

#[tokio::test]
async fn p16_the_sites_own_404_page_is_shown_where_there_is_one() {
    let site = Site::open(false).await;
    assert!(
        site.get("/missing")
            .await
            .body
            .contains("There is no page at this address.")
    );
    fs::write(site.folder.path().join("site/404.html"), "<h1>lost</h1>").expect("written");
    let reply = site.get("/missing").await;
    assert_eq!(
        (reply.status.as_u16(), reply.body.as_str()),
        (404, "<h1>lost</h1>")
    );
    assert_eq!(
        site.with("/missing", &[("if-none-match", "*")])
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn p16_a_site_whose_folder_is_gone_says_so() {
    let site = Site::open(false).await;
    fs::remove_dir_all(site.folder.path().join("site")).expect("removed");
    let reply = site.get("/").await;
    assert_eq!(reply.status, 503);
    assert!(
        reply.body.contains("cannot be read right now"),
        "{}",
        reply.body
    );
}
