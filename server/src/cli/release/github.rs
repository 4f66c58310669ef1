//! A pre-release on GitHub: made as a draft, given its files, and then shown, so that nobody sees
//! one without them.

use super::super::exit::{Exit, Failure, Got};
use super::unread;
use domain::refusal::{Kind, Refusal};
use reqwest::{Method, RequestBuilder, Response};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_util::io::ReaderStream;

/// For an answer, and for the bytes of one file.
const PATIENCE: Duration = Duration::from_secs(30);
const UPLOAD: Duration = Duration::from_secs(30 * 60);
/// GitHub takes less than 2 GiB for one file.
const MOST_BYTES: u64 = (2 << 30) - 1;
const MOST_SAID: usize = 600;

pub struct Forge {
    client: reqwest::Client,
    releases: String,
    token: String,
}

/// Where it is.
#[derive(Serialize)]
pub struct Published {
    pub url: String,
}

#[derive(Deserialize)]
struct Draft {
    id: u64,
    /// `https://uploads…/assets{?name,label}`.
    upload_url: String,
}

#[derive(Deserialize)]
struct Shown {
    html_url: String,
}

impl Forge {
    pub fn new(api: &str, repository: &str) -> Got<Self> {
        let token = std::env::var("GITHUB_TOKEN").ok().filter(|t| !t.is_empty());
        let token = token.ok_or_else(|| {
            Failure::usage("There is no token for GitHub.".to_owned())
                .way_out("Set GITHUB_TOKEN to one that may write releases of the repository.")
        })?;
        let is_name = |part: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !part.is_empty() && part != ".." && part != "." && part.chars().all(plain)
        };
        match repository.split_once('/') {
            Some((owner, name)) if is_name(owner) && is_name(name) => {}
            _ => return Err(Failure::usage(format!("`{repository}` is not OWNER/NAME."))),
        }
        let api = api.trim_end_matches('/');
        trusted(api)?;
        // A token goes along, so it goes where it was told to and nowhere else.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("sealdock/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| Failure::unreachable(format!("HTTP can't be spoken: {e}.")))?;
        Ok(Self {
            client,
            releases: format!("{api}/repos/{repository}/releases"),
            token,
        })
    }

    pub async fn publish(
        &self,
        tag: &str,
        commit: Option<&str>,
        files: &[PathBuf],
    ) -> Got<Published> {
        let draft = serde_json::json!({
            "tag_name": tag, "target_commitish": commit, "name": tag, "prerelease": true, "draft": true,
            "body": "Measured and signed by `sealdock release`; `release.json` says what it measures as.",
        });
        let asked = self.ask(Method::POST, &self.releases).json(&draft);
        let draft: Draft = json(self.answered(asked.timeout(PATIENCE)).await?).await?;
        let upload = draft.upload_url.split('{').next().unwrap_or_default();
        trusted(upload)?;
        for file in files {
            self.attach(upload, file).await?;
        }
        let shown = self.ask(Method::PATCH, &format!("{}/{}", self.releases, draft.id));
        let shown = shown.json(&serde_json::json!({ "draft": false, "prerelease": true }));
        let shown: Shown = json(self.answered(shown.timeout(PATIENCE)).await?).await?;
        Ok(Published {
            url: shown.html_url,
        })
    }

    async fn attach(&self, upload: &str, file: &Path) -> Got<()> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let open = tokio::fs::File::open(file)
            .await
            .map_err(|e| unread(file, &e))?;
        let length = open.metadata().await.map_err(|e| unread(file, &e))?.len();
        if length > MOST_BYTES {
            return Err(unread(file, &"GitHub takes no file of 2 GiB or more"));
        }
        let asked = self
            .ask(Method::POST, &named(upload, &name)?)
            .header("content-type", "application/octet-stream")
            .header("content-length", length)
            .body(reqwest::Body::wrap_stream(ReaderStream::new(open)));
        self.answered(asked.timeout(UPLOAD)).await.map(drop)
    }

    fn ask(&self, method: Method, url: &str) -> RequestBuilder {
        self.client
            .request(method, url)
            .bearer_auth(&self.token)
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28")
    }

    async fn answered(&self, request: RequestBuilder) -> Got<Response> {
        let answer = request.send().await.map_err(|e| {
            Failure::unreachable(format!("GitHub does not answer: {}.", e.without_url()))
        })?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let said: String = answer
            .text()
            .await
            .unwrap_or_default()
            .chars()
            .take(MOST_SAID)
            .collect();
        let sentence = format!("GitHub answered {status}: {}", said.trim());
        let refusal = Refusal::new(Kind::Conflict, "github_refused", sentence)
            .way_out("A release of this tag may be there already, or the token may not write releases (`permissions: contents: write`).");
        Err(Failure::new(Exit::Refused, refusal))
    }
}

fn named(upload: &str, name: &str) -> Got<String> {
    let url = reqwest::Url::parse_with_params(upload, [("name", name)]);
    url.map(String::from).map_err(|e| {
        Failure::unreachable(format!("GitHub's answer has no address to upload to: {e}."))
    })
}

async fn json<T: serde::de::DeserializeOwned>(answer: Response) -> Got<T> {
    let read = answer.json().await;
    read.map_err(|e| {
        Failure::unreachable(format!(
            "GitHub's answer can't be read: {}.",
            e.without_url()
        ))
    })
}

/// In clear, a token goes to this machine alone.
fn trusted(url: &str) -> Got<()> {
    let parsed = reqwest::Url::parse(url)
        .map_err(|_| Failure::usage(format!("`{url}` is not an address.")))?;
    let loopback = matches!(parsed.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    match parsed.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        _ => Err(Failure::usage(format!(
            "A token is not sent to `{url}`: it is not https."
        ))),
    }
}
