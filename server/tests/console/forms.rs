//! Plain forms, as they are sent before and without wasm.

use crate::browser::{Page, owner, viewer};
use crate::world::World;
use crate::{deployment, project, update};
use axum::http::StatusCode;

/// What *Edit config* posts beside the environment.
const CONFIG: [(&str, &str); 6] = [
    ("choice[config][replicas]", "3"),
    ("choice[config][cpus]", "1.5"),
    ("choice[config][memory_mib]", "512"),
    ("choice[config][port]", "8080"),
    ("choice[config][health_path]", "/"),
    ("choice[config][drain_s]", "30"),
];

/// Follows a form's redirect back to a page.
async fn followed(world: World, answer: &Page) -> Page {
    let path = answer.location();
    owner(world)
        .get(path.trim_start_matches("http://h:1"))
        .await
}

#[tokio::test]
async fn a_refused_form_comes_back_to_its_page_with_the_sentence() {
    let page = deployment(12);
    let id = page.trim_start_matches("/deployments/").to_owned();
    let answer = owner(World::Building)
        .post(&page, "/fn/cancel", &[("id", &id)])
        .await;
    assert_eq!(answer.status, StatusCode::FOUND);
    followed(World::Building, &answer)
        .await
        .says("This is the gallery: nothing is changed here. Look around instead.");
}

#[tokio::test]
async fn a_sample_is_one_click_and_leads_to_its_deployment() {
    let answer = owner(World::Empty)
        .post("/", "/fn/create-sample", &[])
        .await;
    assert_eq!(
        (answer.status, answer.location()),
        (StatusCode::FOUND, deployment(12))
    );
}

#[tokio::test]
async fn a_project_is_created_by_a_plain_form() {
    let form = [
        ("new[name]", "web"),
        ("new[url]", "https://git.example.com/acme/web.git"),
        ("new[revision]", "tag:v1.0.0"),
        ("new[port]", ""),
        ("new[env]", "A=1"),
        ("new[runtime]", ""),
    ];
    let answer = owner(World::Full)
        .post("/projects/new/git", "/fn/create-project", &form)
        .await;
    assert_eq!(answer.location(), deployment(12), "{}", answer.html);
    let taken = [
        ("new[name]", "shop"),
        ("new[reference]", "registry.example.com/shop:1"),
    ];
    let answer = owner(World::Full)
        .post("/projects/new/image", "/fn/create-project", &taken)
        .await;
    followed(World::Full, &answer)
        .await
        .says("There is a project named `shop` already.")
        .says("Choose another name.");
}

#[tokio::test]
async fn i5_a_confirmation_carries_the_digest_of_the_plan_that_was_shown() {
    let page = format!("{}?tag=v1.4.2", update(1));
    let shown = owner(World::Building).get(&page).await;
    let (id, digest) = (shown.value("id"), shown.value("digest"));
    let form = [("id", &*id), ("digest", &digest), ("choice[tag]", "v1.4.2")];
    let answer = owner(World::Building)
        .post(&page, "/fn/update", &form)
        .await;
    assert_eq!(answer.location(), deployment(12), "{}", answer.html);
}

#[tokio::test]
async fn i5_a_stale_digest_runs_nothing_and_shows_the_new_plan() {
    let page = format!("{}?tag=v1.4.2", update(1));
    let id = update(1).split('/').nth(2).unwrap().to_owned();
    let form = [
        ("id", &*id),
        ("digest", "sha256:old"),
        ("choice[tag]", "v1.4.2"),
    ];
    let answer = owner(World::Building)
        .post(&page, "/fn/update", &form)
        .await;
    let again = followed(World::Building, &answer).await;
    again
        .says("The plan has changed since it was shown, so nothing was run.")
        .says("Update to v1.4.2");
    assert_ne!(again.value("digest"), "sha256:old");
}

#[tokio::test]
async fn a_redeploy_is_the_untouched_configuration() {
    let page = format!("{}/config", update(1));
    let shown = owner(World::Building).get(&page).await;
    shown.says("Redeploy");
    shown.has("name=\"choice[config][env]\"");
}

#[tokio::test]
async fn i4_the_configuration_is_planned_by_a_post_to_its_own_page() {
    let page = format!("{}/config", update(1));
    let more = [("choice[config][env]", "LOG_LEVEL=debug\nNEW_ONE=<b>")];
    let form = [&CONFIG[..], &more].concat();
    let shown = owner(World::Building).post(&page, &page, &form).await;
    assert_eq!(shown.status, StatusCode::OK);
    shown
        .says("Apply the new configuration")
        .has("NEW_ONE=&lt;b&gt;");
    assert_eq!(shown.value("choice[config][replicas]"), "3");
    assert!(shown.value("digest").starts_with("sha256:"));
}

#[tokio::test]
async fn i9_how_long_requests_are_held_stands_in_the_form_and_in_the_plan() {
    let page = format!("{}/config", update(1));
    let shown = owner(World::Building).get(&page).await;
    assert_eq!(shown.value("choice[config][max_hold_s]"), "0");
    shown.has("aria-describedby=\"max_hold_s-hint\"");
    shown.says("0 to 60 seconds, and is then answered 503.");
    let more = [
        ("choice[config][env]", ""),
        ("choice[config][max_hold_s]", "20"),
    ];
    let form = [&CONFIG[..], &more].concat();
    let shown = owner(World::Building).post(&page, &page, &form).await;
    assert_eq!(shown.value("choice[config][max_hold_s]"), "20");
}

#[tokio::test]
async fn a_wrong_line_of_the_environment_is_named() {
    let page = format!("{}/config", update(1));
    let form = [
        ("choice[config][env]", "not a pair"),
        ("choice[config][replicas]", "x"),
        ("choice[config][cpus]", ""),
        ("choice[config][memory_mib]", ""),
        ("choice[config][port]", ""),
        ("choice[config][health_path]", ""),
        ("choice[config][drain_s]", ""),
    ];
    owner(World::Building)
        .post(&page, &page, &form)
        .await
        .says("`x` is not a whole number in range.");
}

#[tokio::test]
async fn a_token_is_shown_once_on_the_page_that_made_it() {
    let form = [
        ("name", "CI"),
        ("role", "developer"),
        ("expires_in_days", "30"),
    ];
    let page = owner(World::Full)
        .post("/settings/tokens", "/settings/tokens", &form)
        .await;
    page.says("This is the only time that the token is shown.")
        .says("sd_gallery_");
    owner(World::Full)
        .get("/settings/tokens")
        .await
        .says_not("sd_gallery_");
}

#[tokio::test]
async fn p17_a_hooks_secret_is_shown_once_on_the_page_that_made_it() {
    let page = format!("{}/git", project(1));
    let id = project(1).trim_start_matches("/projects/").to_owned();
    let shown = owner(World::Full).post(&page, &page, &[("id", &id)]).await;
    shown
        .says("This is the only time that the secret is shown.")
        .says("sdh_gallery_");
    owner(World::Full).get(&page).await.says_not("sdh_gallery_");
}

#[tokio::test]
async fn p17_a_branch_that_is_not_there_comes_back_with_the_sentence() {
    let page = format!("{}/git", project(1));
    let id = update(1).split('/').nth(2).unwrap().to_owned();
    let form = [("id", &*id), ("branch", "mian"), ("poll", "on")];
    let answer = owner(World::Full).post(&page, "/fn/track", &form).await;
    followed(World::Full, &answer)
        .await
        .says("The repository has no branch mian")
        .says("Did you mean main");
}

#[tokio::test]
async fn an_invitation_is_a_link() {
    let form = [("email", "new@example.com"), ("role", "viewer")];
    owner(World::Full)
        .post("/settings/members", "/settings/members", &form)
        .await
        .says("/join?token=inv_gallery_");
    viewer(World::Full)
        .post("/settings/members", "/settings/members", &form)
        .await
        .says("As a viewer you can't manage members")
        .says_not("inv_gallery_");
}

#[tokio::test]
async fn i12_a_wrong_name_deletes_nothing() {
    let page = format!("{}/delete", project(1));
    let id = project(1).trim_start_matches("/projects/").to_owned();
    let answer = owner(World::Live)
        .post(
            &page,
            "/fn/delete-project",
            &[("id", &id), ("typed", "other")],
        )
        .await;
    followed(World::Live, &answer)
        .await
        .says("Type `shop` to delete it.");
}

#[tokio::test]
async fn the_theme_is_a_form_too() {
    let answer = owner(World::Live)
        .post("/runtimes", "/theme", &[("theme", "dark")])
        .await;
    assert_eq!(
        (answer.status, answer.location()),
        (StatusCode::SEE_OTHER, "/runtimes".into())
    );
    assert!(
        answer.headers["set-cookie"]
            .to_str()
            .unwrap()
            .starts_with("theme=dark;")
    );
}

#[tokio::test]
async fn p15_a_fork_is_approved_by_a_plain_form() {
    let page = format!("{}/git", project(1));
    let id = "rev_00000000010000000000000001";
    let commit = "3f2a91c0d4e5b6a7980123456789abcdef012345";
    let answer = owner(World::Full)
        .post(
            &page,
            "/fn/approve-preview",
            &[("id", id), ("commit", commit)],
        )
        .await;
    assert_eq!(answer.status, StatusCode::FOUND);
    followed(World::Full, &answer)
        .await
        .says("This is the gallery: nothing is changed here.");
}

#[tokio::test]
async fn p15_what_gets_a_preview_is_set_by_a_plain_form() {
    let page = format!("{}/git", project(1));
    let id = page.split('/').nth(2).unwrap_or_default().to_owned();
    let form = [
        ("id", id.as_str()),
        ("rules[branches]", "feature/*"),
        ("rules[ttl_h]", "many"),
        ("rules[most]", "5"),
        ("rules[memory_mib]", "512"),
        ("rules[variables]", ""),
        ("rules[secrets]", ""),
    ];
    let answer = owner(World::Full)
        .post(&page, "/fn/set-previews", &form)
        .await;
    followed(World::Full, &answer)
        .await
        .says("That is no whole number.");
}
