//! The picture of a front page.

use crate::format;
use domain::view::{DeploymentSummary, SCREENSHOT_HEIGHT, SCREENSHOT_WIDTH};
use leptos::prelude::*;

/// Its place is kept free while it loads; nothing where there is no picture.
pub fn screenshot(deployment: Option<&DeploymentSummary>) -> Option<AnyView> {
    let deployment = deployment.filter(|d| d.screenshot)?;
    let src = format!("/v2/deployments/{}/screenshot", deployment.id);
    let alt = format!(
        "The front page of {} #{}",
        deployment.project_name, deployment.number
    );
    let (width, height) = (SCREENSHOT_WIDTH.to_string(), SCREENSHOT_HEIGHT.to_string());
    Some(
        view! { <img class="screenshot" src=src alt=alt width=width height=height loading="lazy" decoding="async"/> }
            .into_any(),
    )
}

/// `2 critical, 1 high`; what is bad comes first.
pub fn findings(found: &domain::view::FindingsView) -> String {
    let counts = [
        (found.critical, "critical"),
        (found.high, "high"),
        (found.medium, "medium"),
        (found.low, "low"),
        (found.unknown, "not judged"),
    ];
    let said: Vec<_> = counts
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{} {word}", format::count(u64::from(n))))
        .collect();
    if said.is_empty() {
        "none known".to_owned()
    } else {
        said.join(", ")
    }
}
