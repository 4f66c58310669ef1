//! A terminal in an instance of a debug environment (I-10).
//!
//! The terminal is a script of its own (`public/terminal/`), loaded by this page alone. It needs no
//! wasm: it is an element that begins to live when its script is there, and ends with the page.

use super::param;
use crate::parts::copy::Copy;
use crate::parts::icon::{Icon, icon};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::page_head::page_head;
use crate::parts::prose::prose;
use crate::paths;
use crate::read::Read;
use crate::server_fns::terminals::terminal;
use domain::terminal::{IDLE_S, LONGEST_S, MOST_BYTES, MOST_OPEN};
use domain::view::TerminalView;
use leptos::nonce::use_nonce;
use leptos::prelude::*;

/// Under the policy of the page: nothing else is loaded for it.
const SCRIPT: &str = "/terminal/terminal.js";

#[component]
pub fn Terminal() -> impl IntoView {
    let id = param("id");
    let data = Read::new(move || id.get(), terminal);
    loaded(data, Skeleton::Lines(8), move |view| {
        page(&id.get_untracked(), &view.get_untracked())
    })
}

fn page(id: &str, view: &TerminalView) -> AnyView {
    let crumbs = vec![
        (paths::PROJECTS.to_owned(), "Projects".to_owned()),
        (paths::project(&view.project), view.project_name.clone()),
    ];
    let title = format!("Terminal of {}", view.environment_name);
    let body = match &view.refused {
        Some(why) => refused(why, view.way_out.as_deref()),
        None => opened(id, view),
    };
    view! { {page_head(crumbs, title, ())}{body} }.into_any()
}

fn refused(why: &str, way_out: Option<&str>) -> AnyView {
    view! {
        <div class="notice">
            {icon(Icon::CircleAlert)}
            <div>
                <p class="font-medium">{prose(why)}</p>
                {way_out.map(|way_out| view! { <p class="muted">{prose(way_out)}</p> })}
            </div>
        </div>
    }
    .into_any()
}

fn opened(id: &str, view: &TerminalView) -> AnyView {
    let line = format!(
        "sealdock exec {} --environment {}",
        view.project_name, view.environment_name
    );
    view! {
        <link rel="stylesheet" href="/terminal/xterm.css"/>
        <link rel="stylesheet" href="/terminal/terminal.css"/>
        <sealdock-terminal class="terminal-slot" data-environment=id.to_owned() data-title=view.title.clone()>
            <p class="terminal-plain notice">"A terminal in the browser takes JavaScript, which is off here or did not load. The command line below opens the same one."</p>
            {command(view.instances)}
            <p class="terminal-said" role="status"></p>
            <section class="terminal-box" aria-label=format!("Terminal of {}", view.title) aria-describedby="terminal-keys">
                <div class="terminal-screen"></div>
            </section>
        </sealdock-terminal>
        <p class="hint" id="terminal-keys">"In the terminal, Tab belongs to the command. To leave it by keyboard press Escape, then Tab or Shift+Tab."</p>
        <p class="hint">{limits()}</p>
        <p class="hint">"The same from a shell:"</p>
        <div class="with-copy"><code class="key">{line.clone()}</code><Copy text=line what="the command"/></div>
        <script type="module" src=SCRIPT nonce=use_nonce()></script>
    }
    .into_any()
}

/// Its script lets the button be pressed.
fn command(instances: u32) -> AnyView {
    let choice = (instances > 1).then(|| {
        let one = |n: u32| view! { <option value=n.to_string()>{n.to_string()}</option> };
        view! {
            <div class="field">
                <label for="instance">"Instance"</label>
                <select class="input" id="instance" name="instance">{(1..=instances).map(one).collect_view()}</select>
            </div>
        }
    });
    view! {
        <form class="terminal-form">
            <div class="field">
                <label for="command">"Command"</label>
                <input class="input mono" id="command" name="command" required value="sh" maxlength="2000" autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby="command-hint"/>
            </div>
            {choice}
            <button class="btn btn-primary" disabled>"Start"</button>
            <p class="hint terminal-hint" id="command-hint">"Words with spaces between them; no shell is involved unless it is the command."</p>
        </form>
    }
    .into_any()
}

fn limits() -> String {
    format!(
        "It ends when you leave this page, when its instance does, after {} minutes in which nothing happens, \
         after {} hours, or when it has printed {} MiB. {MOST_OPEN} are open at once, in the whole installation. \
         Who opened one, where and with which program is in the activity; what is typed and printed is not.",
        IDLE_S / 60,
        LONGEST_S / 3600,
        MOST_BYTES >> 20,
    )
}
