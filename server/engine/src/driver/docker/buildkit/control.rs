//! BuildKit's own control interface, over a hijacked connection to the Engine (`POST /grpc`).

use super::hijack::hijack;
use crate::driver::DriverError;
use bollard_buildkit_proto::moby::buildkit::v1::control_client::ControlClient;
use std::sync::Mutex;
use tonic::transport::{Channel, Endpoint, Uri};

pub type Control = ControlClient<Channel>;

/// One message of progress can carry much output.
const MESSAGE_BYTES: usize = 16 << 20;

/// Dropping it ends what was asked over it: that is how a build is cancelled.
pub async fn control(host: &str) -> Result<Control, DriverError> {
    let io = Mutex::new(Some(hijack(host, "/grpc", &[]).await?));
    let once = tower::service_fn(move |_: Uri| {
        let io = io.lock().ok().and_then(|mut io| io.take());
        let gone = || std::io::Error::other("the connection to the Engine was lost");
        std::future::ready(io.ok_or_else(gone))
    });
    // The address is never looked up; gRPC wants one.
    let channel = Endpoint::from_static("http://buildkit")
        .connect_with_connector(once)
        .await
        .map_err(|e| crate::driver::docker::error::unreachable(host, &e.to_string()))?;
    Ok(ControlClient::new(channel)
        .max_decoding_message_size(MESSAGE_BYTES)
        .max_encoding_message_size(MESSAGE_BYTES))
}
