//! A browser without wasm: it gets pages, posts forms, and follows what it is told.

use crate::NOW;
use crate::world::{Gallery, World, caller};
use ::app::call::{Flash, Signed};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use domain::api::Sealdock;
use domain::refusal::Refusal;
use server::ssr;
use std::sync::Arc;
use tower::ServiceExt;

pub struct Browser {
    site: Router,
    signed: Signed,
    flash: Flash,
}

pub struct Page {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub html: String,
}

pub fn owner(world: World) -> Browser {
    Browser::of(Gallery::at(NOW), Signed(Some(caller(world, "owner"))))
}

pub fn viewer(world: World) -> Browser {
    Browser::of(Gallery::at(NOW), Signed(Some(caller(world, "viewer"))))
}

pub fn nobody() -> Browser {
    Browser::of(Gallery::at(NOW), Signed(None))
}

impl Browser {
    pub fn of(gallery: Gallery, signed: Signed) -> Browser {
        let api: Arc<dyn Sealdock> = Arc::new(gallery);
        Browser {
            site: ssr::routes(api),
            signed,
            flash: Flash(None),
        }
    }

    /// The last form was refused with this.
    pub fn after(mut self, refusal: Refusal) -> Browser {
        self.flash = Flash(Some(refusal));
        self
    }

    pub async fn get(&self, path: &str) -> Page {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// Posts like a form of `page` does.
    pub async fn post(&self, page: &str, path: &str, form: &[(&str, &str)]) -> Page {
        let body: Vec<_> = form
            .iter()
            .map(|(k, v)| format!("{}={}", ::app::paths::escape(k), ::app::paths::escape(v)))
            .collect();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "text/html,application/xhtml+xml")
            .header(header::REFERER, format!("http://h:1{page}"));
        self.send(request.body(Body::from(body.join("&"))).unwrap())
            .await
    }

    /// Posts a page's own form, with a file chosen and every other field left empty.
    pub async fn choose(&self, page: &str, file: &[u8]) -> Page {
        let head = "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n\r\n--b\r\n\
                    Content-Disposition: form-data; name=\"upload\"; filename=\"compose.yaml\"\r\n\r\n";
        let body = [head.as_bytes(), file, b"\r\n--b--\r\n"].concat();
        let request = Request::post(page)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
            .header(header::ACCEPT, "text/html,application/xhtml+xml");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub async fn send(&self, mut request: Request<Body>) -> Page {
        request.extensions_mut().insert(self.signed.clone());
        request.extensions_mut().insert(self.flash.clone());
        read(self.site.clone().oneshot(request).await.unwrap()).await
    }
}

async fn read(response: Response<Body>) -> Page {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 16 << 20).await.unwrap();
    Page {
        status: parts.status,
        headers: parts.headers,
        html: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

impl Page {
    /// The text that a person sees: tags, comments and scripts taken out, spaces folded.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut rest = self.body();
        while let Some((before, from)) = rest.split_once('<') {
            text.push_str(before);
            let script = from.starts_with("script") || from.starts_with("style");
            let end = if script {
                "</script>"
            } else if from.starts_with("!--") {
                "-->"
            } else {
                ">"
            };
            rest = from.split_once(end).map_or("", |(_, after)| after);
            if !from.starts_with("!") {
                text.push(' ');
            }
        }
        let plain = text
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&");
        folded(&plain)
    }

    fn body(&self) -> &str {
        self.html
            .split_once("<body")
            .map_or(&self.html, |(_, body)| {
                body.split_once('>').map_or("", |(_, b)| b)
            })
    }

    #[track_caller]
    pub fn says(&self, sentence: &str) -> &Page {
        let (text, sentence) = (self.text(), folded(sentence));
        assert!(
            text.contains(&sentence),
            "the page does not say {sentence:?}; it says: {text}"
        );
        self
    }

    #[track_caller]
    pub fn says_not(&self, sentence: &str) -> &Page {
        assert!(
            !self.text().contains(sentence),
            "the page says {sentence:?}"
        );
        self
    }

    #[track_caller]
    pub fn has(&self, markup: &str) -> &Page {
        assert!(
            self.html.contains(markup),
            "the page has no {markup:?}: {}",
            self.html
        );
        self
    }

    /// The value of a hidden or filled input.
    #[track_caller]
    pub fn value(&self, name: &str) -> String {
        let at = self
            .html
            .find(&format!("name=\"{name}\""))
            .unwrap_or_else(|| panic!("no input {name}"));
        let tag = &self.html[at..at + self.html[at..].find('>').unwrap()];
        tag.split_once("value=\"")
            .and_then(|(_, v)| v.split_once('"'))
            .map(|(v, _)| v.to_owned())
            .unwrap_or_default()
    }

    pub fn location(&self) -> String {
        self.headers
            .get(header::LOCATION)
            .and_then(|l| l.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    }
}

/// Every space is one space, and code is not marked: as somebody who reads it aloud would say it.
fn folded(text: &str) -> String {
    text.replace('`', "")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
