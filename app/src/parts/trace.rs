//! A stack trace whose frames lead to what a person wrote.

use domain::view::{OriginalView, SourceLineView, TraceLineView, TraceView};
use leptos::prelude::*;

pub fn trace(view: &TraceView) -> AnyView {
    let said = format!("{} of {} frames are known.", view.decoded, view.frames);
    let lines = view.lines.iter().map(line).collect_view();
    view! {
        <p class="muted">{said}</p>
        <ol class="trace panel">{lines}</ol>
    }
    .into_any()
}

fn line(line: &TraceLineView) -> AnyView {
    let unknown = line.unknown.clone();
    view! {
        <li>
            {line.original.as_ref().map(original)}
            <code class="trace-text">{line.text.clone()}</code>
            {unknown.map(|why| view! { <p class="muted">{why}</p> })}
        </li>
    }
    .into_any()
}

fn original(o: &OriginalView) -> AnyView {
    let place = format!("{}:{}:{}", o.file, o.line, o.column);
    let function = o.function.clone().unwrap_or_else(|| "(anonymous)".into());
    let at = o.line;
    let one = move |l: &SourceLineView| {
        let here = (l.number == at).then_some("true");
        view! { <li aria-current=here><span class="num" aria-hidden="true">{l.number}</span><code>{l.text.clone()}</code></li> }
    };
    let source = o.source.iter().map(one).collect_view();
    view! {
        <p class="trace-place"><b class="mono">{function}</b>" "<code>{place}</code></p>
        {(!o.source.is_empty()).then(|| view! { <ol class="trace-source">{source}</ol> })}
    }
    .into_any()
}
