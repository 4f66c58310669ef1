//! `compose.yaml` on its page, before and without wasm.

use crate::browser::{owner, viewer};
use crate::world::World;
use axum::http::StatusCode;

const PAGE: &str = "/projects/import";
const FILE: &str = "name: acme\nservices:\n  web:\n    image: web:1\n    restart: always\n    environment: {MODE: \"${MODE:-fast}\"}\n";

#[tokio::test]
async fn p20_a_pasted_file_shows_its_projects_and_what_has_no_place() {
    let browser = owner(World::Live);
    let page = browser.get(PAGE).await;
    page.says("Each service becomes a project.")
        .has("<textarea");
    let form = [("file", FILE), ("values", "MODE=slow")];
    let page = browser.post(PAGE, PAGE, &form).await;
    page.says("1 project is made")
        .says("acme-web")
        .says("MODE: slow")
        .says("5 services.web.restart Sealdock starts again what ends by itself")
        .has("name=\"draft[file]\"");
    let digest = page.value("digest");
    assert_eq!(digest.len(), 64);
    let confirmed = [
        ("draft[file]", FILE),
        ("draft[values]", "MODE=slow"),
        ("digest", &digest),
    ];
    let answer = browser.post(PAGE, "/fn/import", &confirmed).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let back = answer.location();
    owner(World::Live)
        .get(back.trim_start_matches("http://h:1"))
        .await
        .says("This is the gallery: nothing is changed here.");
}

#[tokio::test]
async fn p20_a_chosen_file_is_taken_like_a_pasted_one() {
    let browser = owner(World::Live);
    let empty = browser.get(PAGE).await;
    empty
        .has("enctype=\"multipart/form-data\"")
        .has("type=\"file\"");
    let page = browser.choose(PAGE, FILE.as_bytes()).await;
    page.says("1 project is made")
        .says("acme-web")
        .has("name=\"draft[file]\"")
        .has("    restart: always");
    let page = browser.choose(PAGE, b"\x7fELF\xff\xfe").await;
    page.says("That file is not text.").says_not("ELF");
    let page = browser.choose(PAGE, &vec![b'#'; 1 << 20]).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    page.says("This form is over the limit of 1 MiB.")
        .says("Send less, or a smaller file.")
        .has("type=\"file\"");
    let page = browser.choose(PAGE, b"").await;
    page.says("There is nothing to import yet.")
        .says("Choose a compose.yaml, or paste one.");
}

#[tokio::test]
async fn p20_a_refused_file_says_the_line_and_keeps_what_was_pasted() {
    let file = "services:\n  web:\n    image: web:1\n    privileged: true\n";
    let page = owner(World::Live).post(PAGE, PAGE, &[("file", file)]).await;
    page.says("asks for the whole machine")
        .says("compose.yaml, line 4, column 17")
        .has("    privileged: true");
    let page = viewer(World::Live).get(PAGE).await;
    page.says("As a viewer you can't create projects");
}
