//! What builds and containers printed: by pages, as a file, or as it is written.

use crate::app::App;
use crate::caller::Credential;
use crate::live;
use crate::problem::Answer;
use crate::reading::{Actor, Id, Query};
use crate::router::{Endpoint, may};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use domain::access::{Action, Caller};
use domain::api::{LogFilter, LogFind, LogQuery, Reply};
use domain::build_log::Outline;
use domain::log_level::Level;
use domain::view::{LogFound, LogLine, LogPage, Stream};
use futures_util::stream;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

const LINES_PER_PAGE: u32 = 5000;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::ReadLogs, routes!(get)).long(),
        may(Action::ReadLogs, routes!(follow)).long(),
        may(Action::ReadLogs, routes!(find)).long(),
        may(Action::ReadLogs, routes!(outline)),
    ]
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
struct Which {
    /// The first sequence number wanted; the tail when not said.
    from: Option<u64>,
    /// The last lines before this one, instead.
    before: Option<u64>,
    /// The lines on both sides of this one, instead.
    around: Option<u64>,
    /// 1 to 5,000; 500 when not said.
    limit: Option<u32>,
    /// Only lines that contain this, ASCII case ignored.
    search: Option<String>,
    /// Only lines that are this grave, or graver: `debug`, `info`, `warning`, `error`.
    level: Option<Level>,
    /// Only lines of this stream: `stdout`, `stderr`, `system`.
    stream: Option<Stream>,
    /// `1`: the whole log as a text file, or what of it is wanted.
    raw: Option<u8>,
}

/// Lines of one log, oldest first.
#[utoipa::path(get, path = "/v2/logs/{stream}", tag = "Logs", params(("stream" = String, Path), Which), responses(
    (status = 200, content((LogPage = "application/json"), (String = "text/plain")))))]
async fn get(
    State(app): State<App>,
    actor: Actor,
    Id(stream): Id<String>,
    Query(which): Query<Which>,
) -> Answer<Response> {
    let filter = LogFilter {
        search: which.search,
        level: which.level,
        stream: which.stream,
    };
    if which.raw == Some(1) {
        return Ok(download(&app, actor.0, stream, filter).await?);
    }
    let query = LogQuery {
        around: which.around,
        before: which.before,
        from: which.from,
        limit: which.limit,
        filter,
    };
    Ok(Json(app.api.log(&actor.0, &stream, &query).await?).into_response())
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct From {
    /// The first sequence number wanted; the tail when not said. `Last-Event-ID` goes before it.
    pub from: Option<u64>,
    /// Only lines that contain this, ASCII case ignored.
    search: Option<String>,
    /// Only lines that are this grave, or graver: `debug`, `info`, `warning`, `error`.
    level: Option<Level>,
    /// Only lines of this stream: `stdout`, `stderr`, `system`.
    stream: Option<Stream>,
}

impl From {
    pub fn filter(self) -> LogFilter {
        LogFilter {
            search: self.search,
            level: self.level,
            stream: self.stream,
        }
    }
}

/// Server-sent pages of lines, as they are written; `end` says that none will follow.
#[utoipa::path(get, path = "/v2/logs/{stream}/follow", tag = "Logs", params(("stream" = String, Path), From), responses((status = 200, body = LogPage, content_type = "text/event-stream")))]
async fn follow(
    State(app): State<App>,
    actor: Actor,
    Extension(credential): Extension<Credential>,
    Id(stream): Id<String>,
    Query(which): Query<From>,
    headers: HeaderMap,
) -> Answer<Response> {
    Ok(live::logs::open(&app, actor.0, credential, stream, which, &headers).await?)
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
struct Find {
    /// What a line contains, ASCII case ignored.
    search: Option<String>,
    /// How grave it is at least: `debug`, `info`, `warning`, `error`.
    level: Option<Level>,
    /// Who wrote it: `stdout`, `stderr`, `system`.
    stream: Option<Stream>,
    /// The line to go on from; else the log's end, or its beginning.
    at: Option<u64>,
    /// `true`: the last one before `at`, not the first one after it.
    back: bool,
}

/// The next line that matches, and which of how many it is; after the last one comes the first.
#[utoipa::path(get, path = "/v2/logs/{stream}/find", tag = "Logs", params(("stream" = String, Path), Find), responses((status = 200, body = LogFound)))]
async fn find(
    State(app): State<App>,
    actor: Actor,
    Id(stream): Id<String>,
    Query(wanted): Query<Find>,
) -> Answer<Json<LogFound>> {
    let find = LogFind {
        filter: LogFilter {
            search: wanted.search,
            level: wanted.level,
            stream: wanted.stream,
        },
        at: wanted.at,
        back: wanted.back,
    };
    Ok(Json(app.api.find_in_log(&actor.0, &stream, &find).await?))
}

/// The steps of a build's log, with the lines where they begin and end; and the first line that
/// reads like an error, of any log.
#[utoipa::path(get, path = "/v2/logs/{stream}/outline", tag = "Logs", params(("stream" = String, Path)), responses((status = 200, body = Outline)))]
async fn outline(
    State(app): State<App>,
    actor: Actor,
    Id(stream): Id<String>,
) -> Answer<Json<Outline>> {
    Ok(Json(app.api.outline(&actor.0, &stream).await?))
}

/// The first page is read before the answer begins, so that a refusal is still a refusal.
async fn download(app: &App, caller: Caller, stream: String, filter: LogFilter) -> Reply<Response> {
    let reader = Reader {
        app: app.clone(),
        caller,
        stream,
        filter,
        from: 1,
    };
    let (first, rest) = reader.page().await?;
    let pages = stream::once(async { Ok(first) });
    let body = match rest {
        Some(rest) => Body::from_stream(futures_util::StreamExt::chain(pages, rest.pages())),
        None => Body::from_stream(pages),
    };
    let kind = (header::CONTENT_TYPE, "text/plain; charset=utf-8");
    let name = (
        header::CONTENT_DISPOSITION,
        "attachment; filename=\"log.txt\"",
    );
    Ok(([kind, name], body).into_response())
}

/// A download that is under way.
struct Reader {
    app: App,
    caller: Caller,
    stream: String,
    filter: LogFilter,
    from: u64,
}

impl Reader {
    /// The next page as text, and the reader of what is after it.
    async fn page(mut self) -> Reply<(Bytes, Option<Reader>)> {
        let query = LogQuery {
            from: Some(self.from),
            limit: Some(LINES_PER_PAGE),
            filter: self.filter.clone(),
            ..LogQuery::default()
        };
        let page = self.app.api.log(&self.caller, &self.stream, &query).await?;
        let text = Bytes::from(page.lines.iter().map(as_text).collect::<String>());
        let Some(last) = page.lines.last().map(|l| l.seq).filter(|_| page.later) else {
            return Ok((text, None));
        };
        self.from = last + 1;
        Ok((text, Some(self)))
    }

    fn pages(self) -> impl futures_util::Stream<Item = Reply<Bytes>> + Send {
        stream::try_unfold(Some(self), |reader| async {
            match reader {
                Some(reader) => reader.page().await.map(Some),
                None => Ok(None),
            }
        })
    }
}

fn as_text(line: &LogLine) -> String {
    format!("{} {}\n", line.at.rfc3339(), line.text)
}
