//! The drawn job graph, and what source maps make of a stack trace.

use crate::browser::owner;
use crate::deployment;
use crate::world::World;

#[tokio::test]
async fn p3_the_page_draws_every_job_with_its_name_status_and_log() {
    let page = owner(World::Building).get(&deployment(12)).await;
    page.has("aria-label=\"Job graph\"")
        .has(">BuildImageJob<")
        .has(">CaptureSourceMapsJob<")
        .has("class=\"job-edges\"")
        .has("d=\"M");
    let nodes = page.html.matches("class=\"job-node tone-").count();
    assert_eq!(nodes, 8);
    let graph = page.html.split("class=\"job-graph\"").nth(1).unwrap();
    let graph = graph.split("</nav>").next().unwrap();
    assert_eq!(graph.matches("?job=").count(), 8, "each leads to its log");
    for html in ["<span", "<div", "<svg"] {
        assert!(
            !graph.split_once("job-edges").unwrap().1.contains(html),
            "{html} stands inside of the picture"
        );
    }
}

#[tokio::test]
async fn p11_a_pasted_stack_trace_is_read_without_wasm() {
    let path = format!("{}/stack-trace", deployment(11));
    let browser = owner(World::Live);
    let page = browser.get(&path).await;
    page.says("1 source map is kept").has("<textarea");
    let id = path.split('/').nth(2).unwrap();
    let text = "Error: no\n    at c (https://app.example/main.js:1:86)";
    let page = browser
        .post(&path, &path, &[("id", id), ("text", text)])
        .await;
    page.says("priceOf ../src/basket.ts:10:11")
        .says("1 of 1 frames are known.");
    let page = browser
        .post(&path, &path, &[("id", id), ("text", "hello")])
        .await;
    page.says("No line of this text is a frame of a stack trace.");
}

#[tokio::test]
async fn i18_the_card_says_what_holds_and_how_anyone_checks_it() {
    let page = owner(World::Live).get(&deployment(11)).await;
    page.says("Attestation")
        .says("Evidence holds")
        .says("SIMULATED – not confidential: all 14 checks hold.")
        .says("14 of 14 checks hold")
        .says("measurement.kernel")
        .says("sealdock verify https://127.0.0.1:41443 --expected expected.json --key")
        .says("--allow-simulated")
        .says("root disk")
        .says("refused, because of key.pinned");
    for file in ["evidence", "expected.json"] {
        let link = format!("/attestation/{file}?replica=0\"");
        assert!(page.html.contains(&link), "no link to {file}");
    }
}

#[tokio::test]
async fn i18_a_card_whose_evidence_does_not_hold_says_which_check_and_why() {
    let page = owner(World::Failed).get(&deployment(13)).await;
    page.says("Evidence does not hold")
        .says("refused, because of measurement.kernel")
        .says("13 of 14 checks hold")
        .says("failed")
        .says(", and should be ")
        .says("Does not hold");
    let docker = owner(World::Building).get(&deployment(12)).await;
    docker.says_not("Attestation");
}

#[tokio::test]
async fn i13_stop_says_what_ends_and_what_stays_and_asks_for_a_yes() {
    let page = owner(World::Live)
        .get(&format!("{}/stop", deployment(12)))
        .await;
    page.says("Stop shop / production")
        .says("its 2 instances end once the requests in flight have finished, within 30 s")
        .says("answers 404")
        .says("Start brings it back without a build")
        .says("Type yes to confirm")
        .has("action=\"/fn/stop\"");
}
