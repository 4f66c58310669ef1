//! A bundle on its way to the server, with a progress bar.

use super::client::{Client, escape};
use super::exit::{Failure, Got};
use super::pack::Bundle;
use domain::view::UploadView;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Body, Method, header};
use tokio::fs::File;
use tokio_stream::StreamExt;
use tokio_util::io::ReaderStream;

pub async fn send(client: &Client, bundle: &Bundle) -> Got<UploadView> {
    let broken = |error| {
        Failure::usage(format!(
            "`{}` can't be read: {error}.",
            bundle.path.display()
        ))
    };
    let file = File::open(&bundle.path).await.map_err(broken)?;
    let size_bytes = file.metadata().await.map_err(broken)?.len();
    let bar = bar(size_bytes);
    let counted = bar.clone();
    let pieces = ReaderStream::with_capacity(file, 256 << 10).map(move |piece| {
        counted.inc(piece.as_ref().map_or(0, |p| p.len() as u64));
        piece
    });
    let request = client
        .request(
            Method::POST,
            &format!("/v2/uploads?name={}", escape(&bundle.name)),
        )
        .header(header::CONTENT_LENGTH, size_bytes)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .body(Body::wrap_stream(pieces));
    let sent = client.json(request).await;
    bar.finish_and_clear();
    sent
}

/// Draws nothing where there is no terminal.
fn bar(size_bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("Sending {bar:30} {bytes}/{total_bytes} {eta}");
    ProgressBar::new(size_bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
