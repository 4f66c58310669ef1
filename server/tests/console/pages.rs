//! What pages say.

use crate::browser::{nobody, owner, viewer};
use crate::world::{Gallery, World};
use crate::{NOW, browser::Browser, deployment, every_page, project, service, update};
use ::app::call::Signed;
use axum::http::StatusCode;
use domain::refusal::Refusal;

const WORLDS: [World; 7] = [
    World::Empty,
    World::Full,
    World::Building,
    World::Failed,
    World::Live,
    World::Draining,
    World::Refused,
];

#[tokio::test]
async fn q42_every_page_renders_in_every_world() {
    for world in WORLDS {
        for path in every_page() {
            let page = owner(world).get(&path).await;
            let of_somebody = [
                "/projects/prj",
                "/environments",
                "/services/svc",
                "/backups",
            ];
            let here = world != World::Empty || !of_somebody.iter().any(|p| path.starts_with(p));
            let expected = if here {
                StatusCode::OK
            } else {
                StatusCode::NOT_FOUND
            };
            assert_eq!(page.status, expected, "{world:?} {path}: {}", page.text());
            assert!(
                page.html.contains("<h1"),
                "{world:?} {path} has no heading: {}",
                page.text()
            );
        }
    }
}

#[tokio::test]
async fn a_newcomer_can_deploy_the_sample_at_once() {
    let page = owner(World::Empty).get("/").await;
    page.says("Deploy something in a minute")
        .says("Deploy the sample")
        .says("sealdock deploy")
        .has("action=\"/fn/create-sample\"");
}

#[tokio::test]
async fn the_overview_says_what_needs_somebody_what_moves_and_what_serves() {
    let page = owner(World::Full).get("/").await;
    page.says("The runtime gpu-box has not answered for 12 minutes.")
        .says("Moving now")
        .says("v1.4.1 serves on 2 of 2 replicas; v1.4.2 is building beside it.")
        .says("8\u{202f}412 requests in the last minute")
        .says("shop.localhost:8080");
    owner(World::Live).get("/").await.says("Nothing needs you.");
}

#[tokio::test]
async fn i1_a_deployment_page_begins_with_one_true_sentence() {
    let page = owner(World::Building).get(&deployment(12)).await;
    page.says("The image is being built: step 4 of 9, 47 s so far.")
        .says("Clone repository Success")
        .says("Build image Running")
        .has("role=\"log\"")
        .has("id=\"L640\"")
        .has("download");
}

#[tokio::test]
async fn the_log_is_plain_lines_with_colours_as_classes() {
    let page = owner(World::Building).get(&deployment(12)).await;
    page.has("<span class=\"f2\">   Compiling</span> hyper v1.8.1")
        .has("class=\"ln ln-err ln-warning ln-of\"")
        .has("<pre class=\"chunk\"");
}

#[tokio::test]
async fn p21_a_log_is_searched_and_filtered_without_wasm() {
    let browser = owner(World::Building);
    let page = deployment(12);
    let found = browser.get(&format!("{page}?find=hyper")).await;
    // A line of every fourteen is about hyper: the twelfth is the first.
    found
        .says("1 of 45 lines")
        .has("found\" id=\"L12\"")
        .has("&amp;at=12&amp;go=next")
        .has("value=\"hyper\"");
    let next = browser
        .get(&format!("{page}?find=hyper&at=12&go=next"))
        .await;
    next.says("2 of 45 lines").has("found\" id=\"L26\"");
    let last = browser
        .get(&format!("{page}?find=hyper&at=12&go=back"))
        .await;
    last.says("45 of 45 lines").has("found\" id=\"L628\"");
    let warnings = browser
        .get(&format!("{page}?level=warning&stream=stderr&times=utc"))
        .await;
    warnings
        .has("unused variable")
        .says_not("118 of 121 layers reused")
        .says("Only those of the chosen level and stream are shown.")
        .has("log-times");
    assert_eq!(warnings.html.matches("class=\"no\"").count(), 46);
    let nothing = browser.get(&format!("{page}?find=nowhere")).await;
    nothing.says("No line contains this.");
}

#[tokio::test]
async fn a_failure_is_explained_where_it_happened() {
    let page = owner(World::Failed).get(&deployment(13)).await;
    page.says(
        "The build failed: the command `cargo build --release --locked` ended with code 101.",
    )
    .says("Build image Failure")
    .says("cannot find value `basket_total` in this scope");
}

#[tokio::test]
async fn a_drain_shows_its_progress() {
    owner(World::Draining)
        .get(&deployment(10))
        .await
        .says("12 requests finishing, until");
}

#[tokio::test]
async fn buttons_that_may_not_be_pressed_say_why() {
    let page = viewer(World::Building).get(&deployment(12)).await;
    page.says("As a viewer you can't deploy; that takes the role developer.")
        .has("aria-describedby=\"why-cancel\"")
        .has("id=\"why-cancel\"");
    viewer(World::Live)
        .get(&project(1))
        .await
        .says("As a viewer you can't delete; that takes the role owner.");
    viewer(World::Live)
        .get("/settings/members")
        .await
        .says("As a viewer you can't manage members");
}

#[tokio::test]
async fn filters_are_the_address() {
    let page = owner(World::Full)
        .get("/deployments?status=failed&text=shop")
        .await;
    page.says("shop #13")
        .says_not("shop #12")
        .has("value=\"shop\"");
    owner(World::Full)
        .get("/deployments?text=nothing-like-it")
        .await
        .says("No deployment matches");
    owner(World::Full)
        .get("/deployments")
        .await
        .has("cursor=next");
}

#[tokio::test]
async fn i3_tags_are_shown_with_what_a_person_decides_by() {
    owner(World::Live)
        .get(&update(1))
        .await
        .says("v1.5.0-rc.1 Pre-release")
        .says("v1.4.1 Live")
        .says("Round the basket total once, at the end")
        .says("Choose a version to see exactly what would happen.");
}

#[tokio::test]
async fn i5_the_plan_stands_beside_the_choice() {
    let page = owner(World::Live)
        .get(&format!("{}?tag=v1.4.2", update(1)))
        .await;
    page.says("v1.4.1 to v1.4.2")
        .says("No downtime; requests in flight finish.")
        .says("env.FEATURE_CHECKOUT classic → express")
        .says("4 commits")
        .says("Stops: 2 containers of v1.4.1, after their requests have finished")
        .says("Update to v1.4.2");
    assert!(page.value("digest").starts_with("sha256:"));
    assert_eq!(page.value("choice[tag]"), "v1.4.2");
}

#[tokio::test]
async fn i5_downtime_asks_for_a_word() {
    let page = owner(World::Refused)
        .get(&format!("{}?tag=v1.4.2", update(1)))
        .await;
    page.says("There is downtime")
        .says("Replace: about 40 s of downtime")
        .says("Type yes to confirm the downtime");
}

#[tokio::test]
async fn i12_deleting_lists_what_disappears() {
    let page = owner(World::Live)
        .get(&format!("{}/delete", project(1)))
        .await;
    page.says("12 deployments and their logs")
        .says("Type shop to confirm")
        .says("Delete the project shop");
    viewer(World::Live)
        .get(&format!("{}/delete", project(1)))
        .await
        .says("As a viewer you can't delete");
}

#[tokio::test]
async fn a_runtime_that_does_not_answer_says_what_to_do() {
    owner(World::Full)
        .get("/runtimes")
        .await
        .says("Not reachable")
        .says("systemctl start docker");
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    for path in [
        deployment(999),
        "/deployments/x".into(),
        project(999),
        "/no-such-page".into(),
    ] {
        assert_eq!(
            owner(World::Full).get(&path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn who_is_not_signed_in_gets_to_the_door() {
    let page = nobody().get("/deployments?status=failed").await;
    assert_eq!(
        (page.status, page.location()),
        (
            StatusCode::SEE_OTHER,
            "/sign-in?next=%2Fdeployments%3Fstatus%3Dfailed".into()
        )
    );
    let door = nobody().get("/sign-in?next=%2Fdeployments").await;
    door.says("Sign in")
        .has("action=\"/session\"")
        .has("autocomplete=\"current-password\"");
    assert_eq!(door.value("next"), "/deployments");
}

#[tokio::test]
async fn an_installation_without_owner_leads_to_its_setup() {
    let new = || Browser::of(Gallery::unowned(NOW), Signed(None));
    assert_eq!(new().get("/").await.location(), "/setup");
    new().get("/setup").await.says("Open the set-up link");
    new()
        .get("/setup?token=t")
        .await
        .says("Organization")
        .has("action=\"/setup\"");
}

#[tokio::test]
async fn what_the_last_form_was_refused_with_is_shown() {
    let no = Refusal::new(
        domain::refusal::Kind::SignedOut,
        "wrong_password",
        "The password is wrong.",
    );
    nobody()
        .after(no)
        .get("/sign-in")
        .await
        .says("The password is wrong.")
        .has("role=\"alert\"");
}

#[tokio::test]
async fn the_theme_is_known_before_the_first_byte() {
    let request = axum::http::Request::get("/")
        .header("cookie", "a=b; theme=dark")
        .body(axum::body::Body::empty())
        .unwrap();
    owner(World::Live)
        .send(request)
        .await
        .has("data-theme=\"dark\"");
    owner(World::Live)
        .get("/")
        .await
        .has("data-theme=\"system\"");
}

/// What a page makes on one thread is dropped on another; a panic there ends the connection, and
/// nobody sees why.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pages_survive_being_rendered_on_many_threads() {
    for path in every_page() {
        let render = || {
            let path = path.clone();
            tokio::spawn(async move { owner(World::Building).get(&path).await.status })
        };
        for _ in 0..4 {
            let many: Vec<_> = (0..8).map(|_| render()).collect();
            for one in many {
                assert_eq!(
                    one.await.expect("it does not panic"),
                    StatusCode::OK,
                    "{path}"
                );
            }
        }
    }
}

#[tokio::test]
async fn p12_the_page_of_crons_says_when_how_it_went_and_runs_one_now() {
    let page = owner(World::Live)
        .get(&format!("{}/crons", project(1)))
        .await;
    page.says("expire-orders")
        .says("At 03:30, on Monday, Tuesday, Wednesday, Thursday, and Friday.")
        .says("30 3 * * mon-fri (Europe/Berlin)")
        .says("expired 214 orders")
        .says("It exited with 1.")
        .says("Another run waits already.")
        .has("action=\"/fn/run-cron\"");
    viewer(World::Live)
        .get(&format!("{}/crons", project(1)))
        .await
        .says("As a viewer you can't deploy")
        .has("disabled");
    owner(World::Failed)
        .get(&format!("{}/crons", project(1)))
        .await
        .says("No crons are declared");
}

#[tokio::test]
async fn p11_what_was_skipped_says_why_and_is_no_failure() {
    let page = owner(World::Live).get(&deployment(11)).await;
    page.says("Take screenshot Skipped")
        .says("Chromium is not installed here.")
        .says("214 components (SBOM)")
        .says("1 high, 12 low (trivy)");
    let failed = page.html.contains("job-error");
    assert!(!failed, "a skipped job looks like a failed one");
}

#[tokio::test]
async fn p23_the_pages_of_services_say_how_they_are_and_who_uses_them() {
    let list = owner(World::Live).get("/services").await;
    list.says("orders")
        .says("PostgreSQL")
        .says("The image redis:8 is being pulled.")
        .says("shop / production");
    owner(World::Empty)
        .get("/services")
        .await
        .says("No services yet");
    let page = owner(World::Live).get(&service(1)).await;
    page.says("#41 runs with it.")
        .says("DATABASE_URL")
        .says("take one home to survive its loss")
        .says("`pg_dump` took longer than 7200 s.")
        .has("action=\"/fn/link-service\"")
        .has("action=\"/fn/back-up\"");
    viewer(World::Live)
        .get(&service(1))
        .await
        .says("As a viewer you can't manage services")
        .has("disabled");
    owner(World::Live)
        .get(&service(3))
        .await
        .says("It runs elsewhere, so its backups are not ours to make.");
    owner(World::Live)
        .get(&format!("{}/delete", service(1)))
        .await
        .says("is in use: shop / production is linked to it.");
}
