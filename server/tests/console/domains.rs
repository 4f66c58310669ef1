//! The page of domains: how each stands, what DNS is to say, and forms that work without wasm.

use crate::browser::{owner, viewer};
use crate::world::World;
use axum::http::StatusCode;

#[tokio::test]
async fn i15_the_page_of_domains_says_how_each_stands_and_what_is_to_be_done() {
    let page = owner(World::Full).get("/settings/domains").await;
    page.says("shop.example.com")
        .says("of Example Authority R3, runs out")
        .says("There is no TXT record at _sealdock.example.org yet.")
        .says("the certificate authority was asked too often")
        .says("shop.example.com can't be removed: it leads to shop / production.")
        .says("shop / production")
        .has("action=\"/fn/add-domain\"")
        .has("action=\"/fn/verify-domain\"")
        .has("action=\"/fn/set-domain\"")
        .has("action=\"/fn/upload-certificate\"")
        .has("action=\"/fn/remove-domain\"");
    viewer(World::Full)
        .get("/settings/domains")
        .await
        .says("As a viewer you can't manage domains; that takes the role developer.");
    owner(World::Empty)
        .get("/settings/domains")
        .await
        .says("No domains yet");
}

#[tokio::test]
async fn i15_a_key_that_is_sent_comes_back_on_no_page() {
    let id = domain::id::DomainId::new(domain::time::Time(1), 1).to_string();
    let form = [("id", id.as_str()), ("chain", "c"), ("key", "hunter22")];
    let answer = owner(World::Full)
        .post("/settings/domains", "/fn/upload-certificate", &form)
        .await;
    assert_eq!(answer.status, StatusCode::FOUND);
    assert!(!answer.location().contains("hunter22"));
}
