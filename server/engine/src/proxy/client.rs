//! The control plane's half of the control socket.

use super::protocol::{Answer, Hello, Hint, MAX_LINE_BYTES, PROTOCOL, Refusal, Request, Status};
use domain::frontage::Frontage;
use domain::route::{Route, RouteTable};
use futures_util::{SinkExt, StreamExt};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// An answer takes microseconds; a whole table of ten thousand routes some tens of
/// milliseconds. Whoever takes longer is stuck.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// What went wrong, and while doing what.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("cannot reach the data plane at {path}: {source}; is it running?")]
    Connect { path: PathBuf, source: io::Error },
    #[error("the data plane refused to {attempt}: {refusal}")]
    Refused {
        attempt: &'static str,
        refusal: Refusal,
    },
    #[error("the data plane did not answer within {} s when asked to {attempt}", ANSWER_TIMEOUT.as_secs())]
    TimedOut { attempt: &'static str },
    #[error("the connection to the data plane broke while asking it to {attempt}: {source}")]
    Broken {
        attempt: &'static str,
        source: LinesCodecError,
    },
    #[error("the data plane closed the connection when asked to {attempt}")]
    Closed { attempt: &'static str },
    #[error("the data plane's answer makes no sense for a request to {attempt}: {answer}")]
    Unexpected {
        attempt: &'static str,
        answer: String,
    },
}

impl ClientError {
    /// The data plane's own "no", where it gave one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }
}

/// One connection. After any error but a refusal it is closed and answers nothing but that:
/// a late answer must not be taken for the next request's.
#[derive(Debug)]
pub struct Client {
    lines: Option<Framed<UnixStream, LinesCodec>>,
}

impl Client {
    /// Connects and says hello.
    pub async fn connect(path: &Path) -> Result<(Self, Hello), ClientError> {
        let failed = |source| ClientError::Connect {
            path: path.to_owned(),
            source,
        };
        let connected = timeout(CONNECT_TIMEOUT, UnixStream::connect(path)).await;
        let stream = connected
            .map_err(io::Error::from)
            .flatten()
            .map_err(failed)?;
        let lines = Framed::new(stream, LinesCodec::new_with_max_length(MAX_LINE_BYTES));
        let mut client = Self { lines: Some(lines) };
        let hello = client.hello().await?;
        Ok((client, hello))
    }

    pub async fn hello(&mut self) -> Result<Hello, ClientError> {
        match self
            .ask("say hello", &Request::Hello { protocol: PROTOCOL })
            .await?
        {
            Answer::Hello(hello) => Ok(hello),
            other => Err(unexpected("say hello", &other)),
        }
    }

    /// Publishes the whole table. The answer is the generation that serves.
    pub async fn replace(&mut self, table: RouteTable) -> Result<u64, ClientError> {
        self.change("replace the route table", &Request::Replace { table })
            .await
    }

    /// Publishes one route. When this returns, every request that starts goes by it.
    pub async fn put(&mut self, generation: u64, route: Route) -> Result<u64, ClientError> {
        self.change("publish a route", &Request::Put { generation, route })
            .await
    }

    /// Publishes custom domains. When this returns, handshakes and requests that start go by it.
    pub async fn front(&mut self, generation: u64, frontage: Frontage) -> Result<u64, ClientError> {
        let request = Request::Front {
            generation,
            frontage,
        };
        self.change("publish custom domains", &request).await
    }

    /// Takes one route out of the table.
    pub async fn drop_route(&mut self, generation: u64, id: String) -> Result<u64, ClientError> {
        self.change("drop a route", &Request::Drop { generation, id })
            .await
    }

    pub async fn status(&mut self) -> Result<Status, ClientError> {
        match self.ask("tell its status", &Request::Status).await? {
            Answer::Status(status) => Ok(status),
            other => Err(unexpected("tell its status", &other)),
        }
    }

    /// The routes that serve.
    pub async fn table(&mut self) -> Result<RouteTable, ClientError> {
        match self.ask("tell its routes", &Request::Table).await? {
            Answer::Table { table } => Ok(table),
            other => Err(unexpected("tell its routes", &other)),
        }
    }

    /// Closes what is still open on a draining upstream; the answer is how many connections.
    pub async fn cut(&mut self, upstream: String) -> Result<usize, ClientError> {
        match self
            .ask("cut an upstream", &Request::Cut { upstream })
            .await?
        {
            Answer::Cut { connections } => Ok(connections),
            other => Err(unexpected("cut an upstream", &other)),
        }
    }

    pub async fn shutdown(&mut self, drain_ms: u64) -> Result<(), ClientError> {
        match self
            .ask("shut down", &Request::Shutdown { drain_ms })
            .await?
        {
            Answer::ShuttingDown => Ok(()),
            other => Err(unexpected("shut down", &other)),
        }
    }

    /// Turns the connection into a stream of hints.
    pub async fn watch(mut self) -> Result<Hints, ClientError> {
        match self.ask("send hints", &Request::Watch).await? {
            Answer::Watching => Ok(Hints { client: self }),
            other => Err(unexpected("send hints", &other)),
        }
    }

    async fn change(
        &mut self,
        attempt: &'static str,
        request: &Request,
    ) -> Result<u64, ClientError> {
        match self.ask(attempt, request).await? {
            Answer::Serving { generation } => Ok(generation),
            other => Err(unexpected(attempt, &other)),
        }
    }

    async fn ask(
        &mut self,
        attempt: &'static str,
        request: &Request,
    ) -> Result<Answer, ClientError> {
        let mut lines = self.lines.take().ok_or(ClientError::Closed { attempt })?;
        let asked = async {
            let line = serde_json::to_string(request).map_err(|error| ClientError::Broken {
                attempt,
                source: io::Error::from(error).into(),
            })?;
            lines
                .send(line)
                .await
                .map_err(|source| ClientError::Broken { attempt, source })?;
            next(&mut lines, attempt).await
        };
        let answer = timeout(ANSWER_TIMEOUT, asked)
            .await
            .map_err(|_| ClientError::TimedOut { attempt })??;
        self.lines = Some(lines);
        match answer {
            Answer::Refused(refusal) => Err(ClientError::Refused { attempt, refusal }),
            answer => Ok(answer),
        }
    }
}

/// Hints to look again, until the data plane ends.
#[derive(Debug)]
pub struct Hints {
    client: Client,
}

impl Hints {
    /// The next hint; an error means that the data plane is gone.
    pub async fn next(&mut self) -> Result<Hint, ClientError> {
        let lines = self.client.lines.as_mut().ok_or(ClientError::Closed {
            attempt: "send hints",
        })?;
        match next(lines, "send hints").await? {
            Answer::Hint(hint) => Ok(hint),
            other => Err(unexpected("send hints", &other)),
        }
    }
}

async fn next(
    lines: &mut Framed<UnixStream, LinesCodec>,
    attempt: &'static str,
) -> Result<Answer, ClientError> {
    let line = lines.next().await.ok_or(ClientError::Closed { attempt })?;
    let line = line.map_err(|source| ClientError::Broken { attempt, source })?;
    serde_json::from_str(&line).map_err(|_| ClientError::Unexpected {
        attempt,
        answer: line.chars().take(200).collect(),
    })
}

fn unexpected(attempt: &'static str, answer: &Answer) -> ClientError {
    ClientError::Unexpected {
        attempt,
        answer: format!("{answer:?}").chars().take(200).collect(),
    }
}
