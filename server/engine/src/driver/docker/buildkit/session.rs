//! What a build asks us for while it runs: the context, secrets, registry credentials.
//!
//! The Engine calls back over a connection that we open (`POST /session`), by gRPC; the build
//! names the session by its id. Services and messages: bollard-buildkit-proto, generated from
//! BuildKit's own definitions.

use super::auth::{self, Keys};
use super::hijack::hijack;
use crate::driver::docker::context;
use crate::driver::{DriverError, Login, Secrets as Values};
use bollard_buildkit_proto::health::health_check_response::ServingStatus;
use bollard_buildkit_proto::health::health_server::{Health, HealthServer};
use bollard_buildkit_proto::health::{
    HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse,
};
use bollard_buildkit_proto::moby::buildkit::secrets::v1::secrets_server::{Secrets, SecretsServer};
use bollard_buildkit_proto::moby::buildkit::secrets::v1::{GetSecretRequest, GetSecretResponse};
use bollard_buildkit_proto::moby::filesync::v1::auth_server::AuthServer;
use bollard_buildkit_proto::moby::upload::v1::BytesMessage;
use bollard_buildkit_proto::moby::upload::v1::upload_server::{Upload, UploadServer};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use hyper::server::conn::http2;
use hyper_util::rt::TokioExecutor;
use hyper_util::service::TowerToHyperService;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::task::AbortOnDropHandle;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};

/// The host that means: ask the session. What was fetched is cached by its address, so that
/// every build has one of its own.
const HOST: &str = "http://buildkit-session";

/// Answers as long as it is kept.
pub struct Session {
    pub id: String,
    _serving: AbortOnDropHandle<()>,
}

/// What it answers with.
pub struct Offer {
    pub context: Option<mpsc::Receiver<context::Chunk>>,
    /// Why the tree could not be read, once it could not.
    pub unreadable: Arc<OnceLock<String>>,
    pub secrets: Values,
    pub logins: Vec<Login>,
}

impl Session {
    /// Where the builder finds the context.
    pub fn context(&self) -> String {
        format!("{HOST}/{}", self.id)
    }

    pub async fn open(host: &str, id: &str, mut offer: Offer) -> Result<Self, DriverError> {
        let methods = [
            "/grpc.health.v1.Health/Check",
            "/moby.upload.v1.Upload/Pull",
            "/moby.buildkit.secrets.v1.Secrets/GetSecret",
            auth::METHOD,
        ];
        let mut headers = vec![("x-docker-expose-session-uuid", id.to_owned())];
        let exposed = methods.map(|m| ("x-docker-expose-session-grpc-method", m.to_owned()));
        headers.extend(exposed);
        let io = hijack(host, "/session", &headers).await?;
        let services = Routes::new(HealthServer::new(Well))
            .add_service(UploadServer::new(Context::new(id, &mut offer)))
            .add_service(SecretsServer::new(Known(offer.secrets)))
            .add_service(AuthServer::new(Keys(offer.logins)));
        let answering = http2::Builder::new(TokioExecutor::new())
            .serve_connection(io, TowerToHyperService::new(services.prepare()));
        let serving = tokio::spawn(async move {
            if let Err(e) = answering.await {
                tracing::debug!(error = %e, "a build's session ended");
            }
        });
        Ok(Self {
            id: id.to_owned(),
            _serving: AbortOnDropHandle::new(serving),
        })
    }
}

struct Well;

#[tonic::async_trait]
impl Health for Well {
    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    async fn check(
        &self,
        _: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        Ok(Response::new(HealthCheckResponse {
            status: ServingStatus::Serving.into(),
        }))
    }

    async fn list(
        &self,
        _: Request<HealthListRequest>,
    ) -> Result<Response<HealthListResponse>, Status> {
        Err(Status::unimplemented("one service, one state"))
    }

    async fn watch(
        &self,
        _: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("ask again instead"))
    }
}

/// The tree, as a tar, once.
struct Context {
    path: String,
    chunks: Mutex<Option<mpsc::Receiver<context::Chunk>>>,
    unreadable: Arc<OnceLock<String>>,
}

impl Context {
    fn new(id: &str, offer: &mut Offer) -> Self {
        Self {
            path: format!("/{id}"),
            chunks: Mutex::new(offer.context.take()),
            unreadable: offer.unreadable.clone(),
        }
    }

    fn message(
        unreadable: &OnceLock<String>,
        chunk: context::Chunk,
    ) -> Result<BytesMessage, Status> {
        match chunk {
            Ok(bytes) => Ok(BytesMessage {
                data: bytes.to_vec(),
            }),
            Err(e) => {
                let _ = unreadable.set(e.to_string());
                Err(Status::aborted(e.to_string()))
            }
        }
    }
}

#[tonic::async_trait]
impl Upload for Context {
    type PullStream = BoxStream<'static, Result<BytesMessage, Status>>;

    async fn pull(
        &self,
        request: Request<Streaming<BytesMessage>>,
    ) -> Result<Response<Self::PullStream>, Status> {
        let path = request
            .metadata()
            .get("urlpath")
            .and_then(|p| p.to_str().ok());
        if path != Some(&self.path) {
            return Err(Status::not_found("there is only the context"));
        }
        let mut chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(chunks) = chunks.take() else {
            return Err(Status::failed_precondition("the context was sent already"));
        };
        let unreadable = self.unreadable.clone();
        let sent = ReceiverStream::new(chunks).map(move |c| Self::message(&unreadable, c));
        Ok(Response::new(sent.boxed()))
    }
}

/// Only what the deployment names, and only over this connection.
struct Known(Values);

#[tonic::async_trait]
impl Secrets for Known {
    async fn get_secret(
        &self,
        request: Request<GetSecretRequest>,
    ) -> Result<Response<GetSecretResponse>, Status> {
        let id = request.into_inner().id;
        match self.0.get(&id) {
            Some(value) => Ok(Response::new(GetSecretResponse {
                data: value.as_bytes().to_vec(),
            })),
            None => Err(Status::not_found(format!(
                "secret {id} is not named by the deployment"
            ))),
        }
    }
}
