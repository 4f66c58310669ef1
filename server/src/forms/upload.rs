//! A file from a page's form, streamed like any other; then back to the page, with the upload's id.

use super::back::is_local;
use crate::app::App;
use crate::problem::Answer;
use crate::reading::Actor;
use crate::receive;
use axum::Json;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::access::Caller;
use domain::api::Reply;
use domain::refusal::Refusal;
use domain::view::UploadView;

const FIELDS_MAX: usize = 8;
const NEXT_BYTES_MAX: usize = 2048;

pub async fn receive(State(app): State<App>, actor: Actor, request: Request) -> Answer<Response> {
    let accept = request.headers().get(header::ACCEPT);
    let takes_json = accept.is_some_and(|v| v.as_bytes().starts_with(b"application/json"));
    let form = Multipart::from_request(request, &()).await;
    let form = form.map_err(|error| Refusal::invalid("form", format!("{}.", error.body_text())))?;
    let (view, next) = fields(&app, &actor.0, form).await?;
    if takes_json {
        return Ok((StatusCode::CREATED, Json(view)).into_response());
    }
    let next = next
        .filter(|path| is_local(path))
        .unwrap_or_else(|| "/projects/new/bundle".to_owned());
    let mark = if next.contains('?') { '&' } else { '?' };
    Ok(Redirect::to(&format!("{next}{mark}upload={}", view.id)).into_response())
}

async fn fields(
    app: &App,
    caller: &Caller,
    mut form: Multipart,
) -> Reply<(UploadView, Option<String>)> {
    let (mut view, mut next) = (None, None);
    for _ in 0..FIELDS_MAX {
        let Some(field) = form.next_field().await.map_err(unreadable)? else {
            break;
        };
        match field.file_name().map(str::to_owned) {
            Some(name) if !name.is_empty() && view.is_none() => {
                view = Some(receive::receive(app, caller, &name, None, field).await?);
            }
            None if field.name() == Some("next") => next = Some(short_text(field).await?),
            _ => {}
        }
    }
    let none = || {
        Refusal::invalid("file", "No file was chosen.").way_out("Choose a .zip or .tar.gz file.")
    };
    Ok((view.ok_or_else(none)?, next))
}

async fn short_text(mut field: Field<'_>) -> Reply<String> {
    let mut text = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(unreadable)? {
        if text.len() + piece.len() > NEXT_BYTES_MAX {
            return Err(Refusal::invalid(
                "next",
                "The address of the next page is too long.",
            ));
        }
        text.extend_from_slice(&piece);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn unreadable(error: MultipartError) -> Refusal {
    let sentence = format!("The form can't be read: {}.", error.body_text());
    Refusal::invalid("form", sentence).way_out("Send it again.")
}
