//! Sentences of the product, with `names` set as code.

use leptos::prelude::*;

pub fn prose(sentence: &str) -> AnyView {
    let parts = sentence
        .split('`')
        .enumerate()
        .map(|(i, part)| match i % 2 {
            0 => part.to_owned().into_any(),
            _ => view! { <code>{part.to_owned()}</code> }.into_any(),
        });
    parts.collect_view().into_any()
}
