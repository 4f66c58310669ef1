//! Files sent ahead: taken over from the upload directory, measured, written down.

use super::{Control, broken, found};
use crate::store::upload::Upload;
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{Reply, Uploads};
use domain::id::UploadId;
use domain::refusal::Refusal;
use domain::view::UploadView;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};

const LONGEST_NAME: usize = 200;

#[async_trait]
impl Uploads for Control {
    async fn register_upload(&self, caller: &Caller, name: &str, path: &str) -> Reply<UploadView> {
        caller.may(Action::Deploy)?;
        let path = self.inside(path)?;
        let (digest, size_bytes) = tokio::task::spawn_blocking({
            let path = path.clone();
            move || measure(&path)
        })
        .await
        .map_err(broken)?
        .map_err(broken)?;
        if size_bytes == 0 {
            let _ = tokio::fs::remove_file(&path).await;
            return Err(Refusal::invalid("file", "The file is empty.")
                .way_out("Choose a .zip, .tar or .tar.gz with an index.html."));
        }
        let now = self.now();
        let view = UploadView {
            id: UploadId::new(now.at, now.entropy),
            name: shown(name),
            size_bytes,
            digest,
        };
        let upload = Upload {
            view,
            path: path.display().to_string(),
        };
        self.store
            .add_upload(&caller.org, &upload, now)
            .await
            .map_err(broken)?;
        Ok(upload.view)
    }

    fn upload_dir(&self) -> String {
        self.dirs.uploads().display().to_string()
    }

    async fn upload(&self, caller: &Caller, id: &UploadId) -> Reply<UploadView> {
        caller.may(Action::Read)?;
        Ok(found(self.store.upload(&caller.org, id).await, "upload")?.view)
    }
}

impl Control {
    /// Only a file that lies directly in the upload directory.
    fn inside(&self, path: &str) -> Reply<PathBuf> {
        let path = PathBuf::from(path);
        let here = path.parent() == Some(self.dirs.uploads().as_path()) && path.is_file();
        if here {
            Ok(path)
        } else {
            Err(broken("an upload outside of the upload directory"))
        }
    }
}

fn measure(path: &Path) -> std::io::Result<(String, u64)> {
    let mut file = std::fs::File::open(path)?;
    let (mut hash, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 256 * 1024]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            let digest: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
            return Ok((format!("sha256:{digest}"), size));
        }
        hash.update(&buffer[..read]);
        size += read as u64;
    }
}

/// The file's own name, without its directories and without what can't be shown.
fn shown(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let name: String = name
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_NAME)
        .collect();
    if name.is_empty() {
        "bundle".into()
    } else {
        name
    }
}
