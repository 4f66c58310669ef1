//! The page of secrets: names and users are shown, values only taken.

use crate::browser::{owner, viewer};
use crate::world::World;
use axum::http::StatusCode;

#[tokio::test]
async fn i14_the_page_of_secrets_says_who_uses_them_and_takes_values() {
    let page = owner(World::Full).get("/settings/secrets").await;
    page.says("DATABASE_PASSWORD")
        .says("version 3")
        .says("shop / production has an older value: redeploy")
        .says("`NPM_TOKEN` can't be deleted: it is used by shop / production.")
        .has("action=\"/fn/set-secret\"")
        .has("action=\"/fn/delete-secret\"");
    viewer(World::Full)
        .get("/settings/secrets")
        .await
        .says("As a viewer you can't set secrets; that takes the role developer.");
    owner(World::Full)
        .get("/")
        .await
        .says("Secrets changed since: DATABASE_PASSWORD . Redeploy");
}

#[tokio::test]
async fn i14_a_value_that_is_sent_comes_back_on_no_page() {
    let form = [("name", "DATABASE_PASSWORD"), ("value", "hunter22\r\n")];
    let answer = owner(World::Full)
        .post("/settings/secrets", "/fn/set-secret", &form)
        .await;
    assert_eq!(answer.status, StatusCode::FOUND);
    assert!(!answer.location().contains("hunter22"));
    let back = answer.location();
    let page = owner(World::Full)
        .get(back.trim_start_matches("http://h:1"))
        .await;
    page.says("This is the gallery: nothing is changed here.");
    assert!(!page.html.contains("hunter22"));
}
