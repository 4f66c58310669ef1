//! Static sites, served without a container (P-16).
//!
//! tower-http's `ServeDir` was looked at: it has no ETag, follows links out of the root and
//! serves dotfiles, so the pieces here are our own and small: the request's path ([`path`]),
//! the file ([`open`]), what its name means ([`kind`]), a part of it ([`range`]).

mod kind;
mod open;
mod path;
mod range;
mod stream;

pub use stream::FileBody;

use super::body::Answer;
use super::page::Page;
use hyper::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, LOCATION, RANGE, VARY,
};
use hyper::{Method, Request, Response, StatusCode, Uri};
use open::{Accepts, Found, Lookup};
use path::SitePath;
use range::Asked;
use std::io::{self, Seek, SeekFrom};
use std::time::SystemTime;
use tokio::task::spawn_blocking;

/// Read in the same go as it is opened.
const SMALL_BYTES: u64 = 128 * 1024;
const NOT_FOUND: &str = "There is no page at this address.";

pub async fn serve<B>(
    root: &str,
    spa: bool,
    request: &Request<B>,
    id: &HeaderValue,
) -> Response<Answer> {
    let asked = request.headers();
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut answer = Page::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "This is a static site: it can only be read.",
        )
        .answer(asked, id);
        answer
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return answer;
    }
    let wish = Wish::of(request);
    let (root, path) = (root.to_owned(), SitePath::parse(request.uri().path()));
    let accepts = wish.accepts;
    let answered = spawn_blocking(move || {
        open::look_up(&root, path, spa, accepts).and_then(|lookup| respond(lookup, &wish))
    });
    match answered.await.map_err(io::Error::other).flatten() {
        Ok(Some(answer)) => answer,
        Ok(None) => Page::new(StatusCode::NOT_FOUND, NOT_FOUND).answer(asked, id),
        Err(error) => {
            tracing::error!(%error, path = request.uri().path(), "a static file could not be read");
            Page::unavailable("The files of this site cannot be read right now.", 5)
                .answer(asked, id)
        }
    }
}

/// What the request says about how it wants the file.
#[derive(Debug)]
struct Wish {
    is_head: bool,
    uri: Uri,
    accepts: Accepts,
    range: Option<String>,
    if_range: Option<String>,
    if_none_match: Option<String>,
    if_modified_since: Option<SystemTime>,
}

impl Wish {
    fn of<B>(request: &Request<B>) -> Self {
        let headers = request.headers();
        let text = |name: HeaderName| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let range = text(RANGE);
        Self {
            is_head: request.method() == Method::HEAD,
            uri: request.uri().clone(),
            // A range is one of the file that people mean, not of its compressed form.
            accepts: if range.is_some() {
                Accepts::default()
            } else {
                accepts(headers)
            },
            range,
            if_range: text(IF_RANGE),
            if_none_match: text(IF_NONE_MATCH),
            if_modified_since: text(IF_MODIFIED_SINCE)
                .and_then(|date| httpdate::parse_http_date(&date).ok()),
        }
    }

    /// Whether the client has this file already.
    fn has(&self, found: &Found) -> bool {
        match (&self.if_none_match, self.if_modified_since) {
            (Some(tags), _) => tags
                .split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || tag.trim_start_matches("W/") == found.etag),
            (None, Some(since)) => found
                .modified
                .is_some_and(|modified| whole_seconds(modified) <= whole_seconds(since)),
            (None, None) => false,
        }
    }

    fn part_of(&self, found: &Found) -> Asked {
        let unchanged = |tag: &String| {
            *tag == found.etag
                || found
                    .modified
                    .is_some_and(|modified| *tag == httpdate::fmt_http_date(modified))
        };
        match &self.range {
            Some(field) if self.if_range.as_ref().is_none_or(unchanged) => {
                range::asked(field, found.length)
            }
            _ => Asked::Whole,
        }
    }
}

fn whole_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn accepts(headers: &HeaderMap) -> Accepts {
    let listed = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect::<Vec<_>>()
        .join(",");
    let takes = |coding: &str| {
        listed.split(',').any(|item| {
            let (name, weight) = item.split_once(';').unwrap_or((item, "q=1"));
            let refused = weight
                .trim()
                .strip_prefix("q=")
                .and_then(|q| q.parse::<f32>().ok())
                == Some(0.0);
            name.trim().eq_ignore_ascii_case(coding) && !refused
        })
    };
    Accepts {
        br: takes("br"),
        gzip: takes("gzip"),
    }
}

/// Blocking, because it may read the file.
fn respond(lookup: Lookup, wish: &Wish) -> io::Result<Option<Response<Answer>>> {
    match lookup {
        Lookup::Nothing => Ok(None),
        Lookup::AddSlash => Ok(with_slash(&wish.uri)),
        Lookup::File(found) if found.is_not_found_page => {
            let mut answer = whole(*found, wish)?;
            *answer.status_mut() = StatusCode::NOT_FOUND;
            Ok(Some(answer))
        }
        Lookup::File(found) => file(*found, wish).map(Some),
    }
}

fn file(found: Found, wish: &Wish) -> io::Result<Response<Answer>> {
    if wish.has(&found) {
        return Ok(headed(&found, StatusCode::NOT_MODIFIED, Answer::empty()));
    }
    match wish.part_of(&found) {
        Asked::Whole => whole(found, wish),
        Asked::Part { first, last } => part(found, wish, first, last),
        Asked::Outside => {
            let mut answer = headed(&found, StatusCode::RANGE_NOT_SATISFIABLE, Answer::empty());
            set(
                &mut answer,
                CONTENT_RANGE,
                &format!("bytes */{}", found.length),
            );
            Ok(answer)
        }
    }
}

fn whole(found: Found, wish: &Wish) -> io::Result<Response<Answer>> {
    let mut answer = headed(&found, StatusCode::OK, Answer::empty());
    answer
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(found.length));
    fill(answer, found, wish, 0, None)
}

fn part(found: Found, wish: &Wish, first: u64, last: u64) -> io::Result<Response<Answer>> {
    let mut answer = headed(&found, StatusCode::PARTIAL_CONTENT, Answer::empty());
    set(
        &mut answer,
        CONTENT_RANGE,
        &format!("bytes {first}-{last}/{}", found.length),
    );
    let length = last - first + 1;
    answer
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(length));
    fill(answer, found, wish, first, Some(length))
}

fn fill(
    mut answer: Response<Answer>,
    mut found: Found,
    wish: &Wish,
    first: u64,
    length: Option<u64>,
) -> io::Result<Response<Answer>> {
    let length = length.unwrap_or(found.length);
    if wish.is_head || length == 0 {
        return Ok(answer);
    }
    if first > 0 {
        found.file.seek(SeekFrom::Start(first))?;
    }
    *answer.body_mut() = match length {
        small if small <= SMALL_BYTES => Answer::full(stream::read_piece(found.file, small)?.1),
        large => Answer::file(FileBody::new(found.file, large)),
    };
    Ok(answer)
}

/// The fields that every answer about a file has, with or without its bytes.
fn headed(found: &Found, status: StatusCode, body: Answer) -> Response<Answer> {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    set(&mut answer, CONTENT_TYPE, &found.content_type);
    set(&mut answer, ETAG, &found.etag);
    set(&mut answer, ACCEPT_RANGES, "bytes");
    set(
        &mut answer,
        HeaderName::from_static("x-content-type-options"),
        "nosniff",
    );
    set(
        &mut answer,
        CACHE_CONTROL,
        if found.is_hashed {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        },
    );
    if let Some(modified) = found.modified {
        set(
            &mut answer,
            LAST_MODIFIED,
            &httpdate::fmt_http_date(modified),
        );
    }
    if let Some(encoding) = found.encoding {
        set(&mut answer, CONTENT_ENCODING, encoding);
    }
    if kind::compresses(&found.content_type) {
        set(&mut answer, VARY, "accept-encoding");
    }
    answer
}

fn with_slash(uri: &Uri) -> Option<Response<Answer>> {
    // Two slashes at the beginning would be another host's address to the browser.
    let path = format!("/{}/", uri.path().trim_matches('/'));
    let query = uri
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let mut answer = Response::new(Answer::empty());
    *answer.status_mut() = StatusCode::PERMANENT_REDIRECT;
    answer
        .headers_mut()
        .insert(LOCATION, HeaderValue::try_from(path + &query).ok()?);
    Some(answer)
}

/// Sets a value that is made of ASCII by construction.
fn set(answer: &mut Response<Answer>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}
