//! How a repository is built: which preset and why, its steps, and the Dockerfile to look at.

use super::prose::prose;
use domain::detect::BuildPlan;
use leptos::prelude::*;

pub fn build_facts(plan: &BuildPlan) -> AnyView {
    let steps = plan.steps().into_iter().map(|(name, step)| {
        view! { <div><dt>{name}</dt><dd class="break"><code>{step.to_owned()}</code></dd></div> }
    });
    let dockerfile = plan.dockerfile.clone().map(|text| {
        view! {
            <details class="more-fields">
                <summary>"The Dockerfile that Sealdock writes for it"</summary>
                <pre class="dockerfile" tabindex="0" aria-label="Dockerfile">{text}</pre>
            </details>
        }
    });
    view! {
        <div class="build-facts">
            <p>{prose(&plan.title())}</p>
            <dl class="pairs">{steps.collect_view()}</dl>
            {dockerfile}
        </div>
    }
    .into_any()
}
