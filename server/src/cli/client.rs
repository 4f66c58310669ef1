//! The API from outside: one call, one answer, and every "no" as the server said it.

use super::exit::{Exit, Failure, Got};
use super::profile::Profile;
use domain::refusal::{Kind, Refusal};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::Role;

const CONNECT: Duration = Duration::from_secs(10);
/// Longer than the server's own limit: its refusal says more than our giving up.
const ANSWER: Duration = Duration::from_secs(90);

/// Messages both ways.
pub type Socket = WebSocketStream<reqwest::Upgraded>;

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    pub url: String,
    token: String,
}

impl Client {
    pub fn from_profile() -> Got<Client> {
        Self::new(Profile::load()?)
    }

    pub fn new(profile: Profile) -> Got<Client> {
        let agent = concat!("sealdock/", env!("CARGO_PKG_VERSION"));
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .user_agent(agent)
            .build();
        let http =
            http.map_err(|error| Failure::usage(format!("No HTTP client can be made: {error}.")))?;
        Ok(Client {
            http,
            url: profile.url,
            token: profile.token,
        })
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Got<T> {
        self.json(self.request(Method::GET, path).timeout(ANSWER))
            .await
    }

    pub async fn post<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Got<T> {
        self.json(self.request(Method::POST, path).timeout(ANSWER).json(body))
            .await
    }

    pub async fn delete(&self, path: &str) -> Got<()> {
        self.send(self.request(Method::DELETE, path).timeout(ANSWER))
            .await
            .map(drop)
    }

    /// Without a time limit: for streams and uploads.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token)
    }

    pub async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Got<T> {
        let response = self.send(request).await?;
        let bytes = response
            .bytes()
            .await
            .map_err(|error| self.unreachable(&error))?;
        serde_json::from_slice(&bytes).map_err(|error| self.not_ours(&error.to_string()))
    }

    pub async fn send(&self, request: RequestBuilder) -> Got<Response> {
        let response = request
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(self.refused(response).await)
    }

    async fn refused(&self, response: Response) -> Failure {
        let status = response.status();
        let body = response.bytes().await.unwrap_or_default();
        serde_json::from_slice(&body)
            .ok()
            .and_then(|json| refusal(status, &json))
            .unwrap_or_else(|| self.not_ours(&format!("it answered {status}")))
    }

    /// A WebSocket, which only HTTP/1.1 opens this way.
    pub async fn socket(&self, path: &str) -> Got<Socket> {
        let http = reqwest::Client::builder()
            .http1_only()
            .connect_timeout(CONNECT);
        let http = http.build().map_err(|error| self.unreachable(&error))?;
        let asked = http
            .get(format!("{}{path}", self.url))
            .bearer_auth(&self.token)
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", generate_key());
        let answer = asked.send().await.map_err(|e| self.unreachable(&e))?;
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(self.refused(answer).await);
        }
        let stream = answer.upgrade().await.map_err(|e| self.unreachable(&e))?;
        Ok(WebSocketStream::from_raw_socket(stream, Role::Client, None).await)
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let cause = std::iter::successors(std::error::Error::source(error), |e| e.source()).last();
        let cause = cause.map_or_else(|| error.to_string(), ToString::to_string);
        Failure::unreachable(format!("{} can't be reached: {cause}.", self.url))
            .way_out("Is `sealdock serve` running there? `sealdock doctor` looks closer.")
    }

    fn not_ours(&self, why: &str) -> Failure {
        Failure::unreachable(format!(
            "{} does not answer like a Sealdock server: {why}.",
            self.url
        ))
        .way_out("Check the address given to `sealdock login`.")
    }
}

/// A problem from the API, as the refusal that it was.
fn refusal(status: StatusCode, problem: &Value) -> Option<Failure> {
    let text = |name: &str| problem.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut refusal = Refusal::new(kind(status), &text("code")?, text("detail")?);
    (refusal.place, refusal.way_out) = (text("place"), text("way_out"));
    let exit = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Exit::Auth,
        _ => Exit::Refused,
    };
    Some(Failure::new(exit, refusal))
}

fn kind(status: StatusCode) -> Kind {
    let all = [
        Kind::Invalid,
        Kind::SignedOut,
        Kind::Forbidden,
        Kind::NotFound,
        Kind::Conflict,
        Kind::TooLarge,
        Kind::TooMany,
        Kind::Unavailable,
    ];
    all.into_iter()
        .find(|kind| kind.status() == status.as_u16())
        .unwrap_or(Kind::Internal)
}

/// `text` as one value of a query string, or one segment of a path.
pub fn escape(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes()
        .map(|b| {
            if plain(b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}
