//! The one upload.

use super::fixture::{Fixture, scoped};
use super::views::upload_id;
use async_trait::async_trait;
use domain::access::Caller;
use domain::api::{Reply, Uploads};
use domain::id::UploadId;
use domain::view::UploadView;

#[async_trait]
impl Uploads for Fixture {
    async fn register_upload(&self, _: &Caller, name: &str, path: &str) -> Reply<UploadView> {
        let bytes = std::fs::read(path).unwrap();
        std::fs::rename(path, format!("{}/kept", self.directory)).unwrap();
        Ok(UploadView {
            id: upload_id(),
            name: name.into(),
            size_bytes: bytes.len() as u64,
            digest: "sha256:0".into(),
        })
    }
    fn upload_dir(&self) -> String {
        format!("{}/uploads", self.directory)
    }
    async fn upload(&self, caller: &Caller, id: &UploadId) -> Reply<UploadView> {
        scoped(caller, id, &upload_id(), "upload")?;
        Ok(UploadView {
            id: id.clone(),
            name: "site.zip".into(),
            size_bytes: 1,
            digest: "sha256:0".into(),
        })
    }
}
