//! Where a form leads, when it worked and when it did not.

use crate::app::App;
use crate::host;
use crate::problem::{No, internal};
use crate::session;
use crate::ssr::accepts_html;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use tower_sessions::Session;

/// A refusal becomes a message on the page that the form is on. A script, which takes no HTML, gets
/// the refusal itself.
pub async fn redirect_refusals(State(app): State<App>, request: Request, next: Next) -> Response {
    let session = request.extensions().get::<Session>().cloned();
    let place = page_of(&request);
    let takes_html = accepts_html(&request);
    let mut response = next.run(request).await;
    let (true, Some(session)) = (takes_html, session) else {
        return response;
    };
    let Some(no) = response.extensions_mut().remove::<No>() else {
        return response;
    };
    match session::leave(&session, &no.0, app.limits.message_minutes).await {
        Ok(()) => Redirect::to(&place).into_response(),
        Err(error) => {
            No::from(internal("leaving a message for the next page", error)).into_response()
        }
    }
}

/// The page that the form is on: where the browser says that it came from, if that is ours.
fn page_of(request: &Request) -> String {
    let host = host::of(request).unwrap_or_default();
    let referer = request
        .headers()
        .get(header::REFERER)
        .and_then(|v| v.to_str().ok());
    let known = match request.uri().path() {
        "/setup" => "/setup",
        "/join" => "/join",
        "/uploads" => "/projects/new/bundle",
        _ => "/sign-in",
    };
    referer
        .and_then(|r| path_here(r, &host))
        .unwrap_or(known)
        .to_owned()
}

fn path_here<'a>(referer: &'a str, host: &str) -> Option<&'a str> {
    let after = referer.split_once("://")?.1;
    let path = after.strip_prefix(host)?;
    is_local(path).then_some(path)
}

/// A path of this server and of no other: `//elsewhere` is another host to a browser, and so is `/\`.
pub fn is_local(path: &str) -> bool {
    let mut bytes = path.bytes();
    bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && path.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x14_a_form_leads_nowhere_else() {
        assert!(
            ["/", "/projects/new?x=1", "/a//b"]
                .into_iter()
                .all(is_local)
        );
        let foreign = [
            "",
            "projects",
            "//evil",
            "/\\evil",
            "https://evil",
            "/a\nb",
            "/a b",
        ];
        assert!(!foreign.into_iter().any(is_local));
        assert_eq!(
            path_here("http://h:1/setup?token=t", "h:1"),
            Some("/setup?token=t")
        );
        assert_eq!(path_here("http://h:1.evil/setup", "h:1"), None);
    }
}
