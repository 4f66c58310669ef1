//! Whether a terminal can be opened; the terminal itself is a WebSocket of its own.

use crate::answer::Answer;
use crate::error::Fault;
use domain::view::TerminalView;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[cfg(feature = "ssr")]
use crate::call;

#[server(prefix = "/fn", endpoint = "terminal", input = GetUrl)]
pub async fn terminal(id: String) -> Result<Answer<TerminalView>, Fault> {
    let (api, caller) = call::signed()?;
    let id = call::id(&id, "environment")?;
    call::answer(api.terminal(&caller, &id).await)
}
