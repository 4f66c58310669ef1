//! Where this console is reached.

#[cfg(feature = "ssr")]
use leptos::prelude::*;

/// As the browser says: in an event or an effect, and on the server.
#[cfg(feature = "ssr")]
pub fn here() -> String {
    let parts = use_context::<axum::http::request::Parts>();
    let host = parts
        .as_ref()
        .and_then(|p| p.headers.get("host"))
        .and_then(|h| h.to_str().ok());
    host.map(|host| format!("http://{host}"))
        .unwrap_or_default()
}

#[cfg(not(feature = "ssr"))]
pub fn here() -> String {
    leptos::prelude::location().origin().unwrap_or_default()
}
