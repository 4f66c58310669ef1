//! How certificate authorities are spoken with: within time, and with the operator's own root.

use super::Acme;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use std::pin::Pin;
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(20);
/// A chain of certificates is some KiB.
const MOST_BYTES: usize = 1 << 20;

pub struct Http(reqwest::Client);

impl Http {
    pub fn new(acme: &Acme) -> Result<Self, String> {
        let mut builder = reqwest::Client::builder()
            .https_only(true)
            .timeout(WITHIN)
            .redirect(reqwest::redirect::Policy::none());
        if let Some(path) = &acme.root {
            let unreadable = |error| format!("{} can't be read: {error}", path.display());
            let pem = std::fs::read(path).map_err(unreadable)?;
            let root = reqwest::Certificate::from_pem(&pem)
                .map_err(|_| format!("{} is no certificate in PEM", path.display()))?;
            builder = builder.tls_certs_merge([root]);
        }
        builder.build().map(Self).map_err(|error| error.to_string())
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>>;

impl HttpClient for Http {
    fn request(&self, request: Request<BodyWrapper<Bytes>>) -> Answering {
        let client = self.0.clone();
        Box::pin(async move { exchange(client, request).await })
    }
}

async fn exchange(
    client: reqwest::Client,
    request: Request<BodyWrapper<Bytes>>,
) -> Result<BytesResponse, Error> {
    let other = |error: reqwest::Error| Error::Other(Box::new(error));
    let (parts, body) = request.into_parts();
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(never) => match never {},
    };
    let request = reqwest::Request::try_from(Request::from_parts(parts, body)).map_err(other)?;
    let mut answer = client.execute(request).await.map_err(other)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(other)? {
        if bytes.len() + chunk.len() > MOST_BYTES {
            return Err(Error::Str("an answer of at most 1 MiB"));
        }
        bytes.extend_from_slice(&chunk);
    }
    let mut response = Response::new(Full::new(Bytes::from(bytes)));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(BytesResponse::from(response))
}
