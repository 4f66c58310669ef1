//! The fields of a form that is posted to a page itself: typed in, or read from a chosen file.

use axum::body::{Body, Bytes};
use axum::extract::{Form, FromRequest, Multipart, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use bytes::BytesMut;
use futures_util::StreamExt;
use std::collections::HashMap;

const URL_ENCODED: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const MULTIPART: &str = "multipart/form-data";
const FIELDS_MAX: usize = 32;
/// So many times the limit is read of what is too large, then the connection is closed.
const DROPPED_MOST: usize = 16;

pub type Fields = HashMap<String, String>;

/// A browser sends a form with a file as multipart; anything else is read as a form without one.
pub async fn fields(
    kind: Option<&HeaderValue>,
    body: Body,
    most_bytes: usize,
) -> Result<Fields, StatusCode> {
    let bytes = whole(body, most_bytes).await?;
    let is_multipart = |kind: &&HeaderValue| kind.as_bytes().starts_with(MULTIPART.as_bytes());
    let read = match kind.filter(is_multipart) {
        Some(kind) => parts(request(kind.clone(), bytes)?).await,
        None => Form::from_request(request(URL_ENCODED, bytes)?, &())
            .await
            .ok()
            .map(|Form(fields)| fields),
    };
    read.ok_or(StatusCode::BAD_REQUEST)
}

/// What is over the limit is read and dropped: a browser that is still sending when the answer comes
/// shows a broken connection in its place.
async fn whole(body: Body, most: usize) -> Result<Bytes, StatusCode> {
    let mut kept = BytesMut::new();
    let (mut sent, mut chunks) = (0, body.into_data_stream());
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| StatusCode::BAD_REQUEST)?;
        sent += chunk.len();
        match sent {
            sent if sent <= most => kept.extend_from_slice(&chunk),
            sent if sent > most.saturating_mul(DROPPED_MOST) => break,
            _ => {}
        }
    }
    match sent <= most {
        true => Ok(kept.freeze()),
        false => Err(StatusCode::PAYLOAD_TOO_LARGE),
    }
}

fn request(kind: HeaderValue, bytes: Bytes) -> Result<Request, StatusCode> {
    let request = Request::builder()
        .method(Method::POST)
        .header(header::CONTENT_TYPE, kind)
        .body(Body::from(bytes));
    request.map_err(|_| StatusCode::BAD_REQUEST)
}

/// The text of a file is its field's value; a page that wants text says so when it gets none.
async fn parts(request: Request) -> Option<Fields> {
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    let mut fields = Fields::new();
    while let Some(field) = form.next_field().await.ok()? {
        let name = field.name()?.to_owned();
        let bytes = field.bytes().await.ok()?;
        fields.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        if fields.len() > FIELDS_MAX {
            return None;
        }
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 1000;

    async fn read(kind: &'static str, body: &str) -> Result<Fields, StatusCode> {
        let kind = HeaderValue::from_static(kind);
        fields(Some(&kind), Body::from(body.to_owned()), MOST).await
    }

    #[tokio::test]
    async fn p20_a_form_with_a_file_reads_like_one_without() {
        let plain = read(
            "application/x-www-form-urlencoded",
            "name=shop&upload=a%3A+1",
        )
        .await;
        let file = "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nshop\r\n\
                    --b\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"c.yaml\"\r\n\
                    Content-Type: application/yaml\r\n\r\na: 1\r\n--b--\r\n";
        let multipart = read("multipart/form-data; boundary=b", file).await;
        assert_eq!(plain, multipart);
        assert_eq!(multipart.unwrap()["upload"], "a: 1");
    }

    #[tokio::test]
    async fn p20_what_is_too_large_or_no_form_is_refused() {
        let large = read("multipart/form-data; boundary=b", &"x".repeat(MOST + 1)).await;
        assert_eq!(large, Err(StatusCode::PAYLOAD_TOO_LARGE));
        for (kind, body) in [
            ("multipart/form-data; boundary=b", "no form"),
            ("multipart/form-data", "--b\r\n"),
        ] {
            assert_eq!(
                read(kind, body).await,
                Err(StatusCode::BAD_REQUEST),
                "{kind}"
            );
        }
    }
}
