//! What the Git page of a project says.

use crate::browser::{owner, viewer};
use crate::project;
use crate::update;
use crate::world::World;

#[tokio::test]
async fn p17_the_git_page_says_what_is_followed_and_what_came_in() {
    let page = owner(World::Full).get(&format!("{}/git", project(1))).await;
    page.says("Follows main")
        .says("which was at 3f2a91c when it was last looked at")
        .says("Also ask the repository every 60 s")
        .says("/hooks/github/hook_")
        .says("/hooks/generic/hook_")
        .says("Secret token: the secret.")
        .says("openssl dgst -sha256 -hmac")
        .says("3 deliveries with a wrong signature")
        .says("main@3f2a91c")
        .says("Deployed as #12.")
        .says("Came 2 times more; ignored.")
        .says("Ignored: branch fix/basket-total is not tracked.")
        .says("It is being handled.")
        .says_not("sdh_");
    owner(World::Full)
        .get(&project(1))
        .await
        .has(&format!("href=\"{}/git\"", project(1)));
    viewer(World::Full)
        .get(&project(1))
        .await
        .says("As a viewer you can't manage Git pushes; that takes the role developer.");
}

#[tokio::test]
async fn p15_the_git_page_shows_previews_and_what_waits_for_a_person() {
    let page = owner(World::Full).get(&format!("{}/git", project(1))).await;
    page.says("pull request 42")
        .says("3f2a91c of pull request 42 comes from a fork: it waits for approval")
        .says("Approve 3f2a91c")
        .has("name=\"commit\" value=\"3f2a91c0d4e5b6a7980123456789abcdef012345\"")
        .says("pr-41-shop.localhost:8080")
        .says("Refused: there are 5 previews")
        .says("The host does not take the token (401). Set another one.")
        .has("API=https://staging.example.com");
    owner(World::Full)
        .get("/")
        .await
        .says("pull request 42 comes from a fork")
        .says("Approve 3f2a91c");
    owner(World::Live)
        .get(&format!("{}/git", project(1)))
        .await
        .says("Previews are off.")
        .says("No host is told anything.");
}

#[tokio::test]
async fn i3_i19_a_tag_whose_release_carries_a_release_json_says_so_and_no_more() {
    let page = owner(World::Live).get(&update(1)).await;
    page.says("v1.4.2 Has release.json")
        .says_not("v1.4.0 Has release.json")
        .says("Whether the signature holds is checked where the project names the key of its releases");
    let unknown = owner(World::Building).get(&update(1)).await;
    unknown
        .says_not("Has release.json")
        .says("Which tags have a release.json is not known now.");
}
