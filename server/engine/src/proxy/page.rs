//! What the data plane says in its own words: one true sentence, and the request's id.

use super::body::Answer;
use hyper::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::http::HeaderName;
use hyper::{Response, StatusCode};
use serde_json::json;

const NOSNIFF: HeaderName = HeaderName::from_static("x-content-type-options");

/// A page before it knows how the client wants to read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub status: StatusCode,
    pub sentence: String,
    pub retry_after_s: Option<u32>,
}

impl Page {
    pub fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self {
            status,
            sentence: sentence.into(),
            retry_after_s: None,
        }
    }

    pub fn unavailable(sentence: impl Into<String>, retry_after_s: u32) -> Self {
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, sentence)
        }
    }

    pub fn bad_request(sentence: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, sentence)
    }

    /// The page as an answer, as JSON where the client asked for that.
    pub fn answer(&self, asked: &HeaderMap, request_id: &HeaderValue) -> Response<Answer> {
        let id = request_id.to_str().unwrap_or("");
        let (kind, text) = match wants_json(asked) {
            true => ("application/problem+json", self.problem(id)),
            false => ("text/html; charset=utf-8", self.html(id)),
        };
        let mut answer = Response::new(Answer::full(text));
        *answer.status_mut() = self.status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(NOSNIFF, HeaderValue::from_static("nosniff"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }

    fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }

    fn problem(&self, id: &str) -> String {
        let Self {
            status, sentence, ..
        } = self;
        json!({"type": "about:blank", "title": self.title(), "status": status.as_u16(), "detail": sentence, "request_id": id}).to_string()
    }

    fn html(&self, id: &str) -> String {
        TEMPLATE
            .replace("{status}", self.status.as_str())
            .replace("{title}", self.title())
            .replace("{id}", &escaped(id))
            .replace("{sentence}", &escaped(&self.sentence))
    }
}

fn wants_json(asked: &HeaderMap) -> bool {
    let accept = asked
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let is_json = |kind: &str| {
        kind.starts_with("application/json") || kind.starts_with("application/problem+json")
    };
    accept
        .split(',')
        .map(str::trim)
        .find(|kind| is_json(kind) || kind.starts_with("text/html"))
        .is_some_and(is_json)
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

const TEMPLATE: &str = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{status} {title}</title><style>
:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.6 system-ui,sans-serif;background:#f8fafc;color:#0f172a}
main{max-width:34rem;padding:2rem}
p{margin:.5rem 0}
.s{font-size:3.5rem;line-height:1;font-weight:650;letter-spacing:-.03em;margin:0 0 .75rem}
h1{font-size:1.25rem;font-weight:600;margin:0}
small{display:block;margin-top:2rem;color:#475569}
code{font:.8125rem ui-monospace,monospace;overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){body{background:#0b1120;color:#e2e8f0}small{color:#94a3b8}}
</style></head><body><main><p class="s">{status}</p><h1>{title}</h1><p>{sentence}</p>
<small>Request <code>{id}</code><br>Sealdock</small></main></body></html>
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(accept: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_str(accept).expect("test value"));
        headers
    }

    #[test]
    fn json_is_for_those_who_ask_for_it_first() {
        for (accept, json) in [
            ("application/json", true),
            ("application/problem+json, */*", true),
            (
                "text/html,application/xhtml+xml,application/json;q=0.9",
                false,
            ),
            ("*/*", false),
            ("", false),
        ] {
            assert_eq!(wants_json(&accepting(accept)), json, "{accept}");
        }
        assert!(!wants_json(&HeaderMap::new()));
    }

    #[test]
    fn x14_a_sentence_cannot_become_markup() {
        let page = Page::new(StatusCode::NOT_FOUND, "<script>alert(\"{id}\")</script>").html("i&d");
        assert!(
            page.contains("&lt;script&gt;alert(&quot;{id}&quot;)&lt;/script&gt;"),
            "{page}"
        );
        assert!(page.contains("<code>i&amp;d</code>"));
    }

    #[test]
    fn a_503_says_when_to_come_back() {
        let answer = Page::unavailable("Paused.", 30)
            .answer(&HeaderMap::new(), &HeaderValue::from_static("r"));
        assert_eq!(answer.headers()[RETRY_AFTER], "30");
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
