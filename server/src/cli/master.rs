//! The master key, from the server's machine: where it lies, and replacing keys while the server runs.

use super::exit::{Done, Exit, Failure, Got};
use super::say::Say;
use super::serve;
use clap::Args;
use engine::dirs::Dirs;
use engine::secrets::{Kms, MasterFile, Vault, rotate};
use engine::store::Store;
use std::path::{Path, PathBuf};

/// As `serve` was told.
#[derive(Args, Clone)]
pub struct Place {
    /// What everything secret is sealed with: a file that only this user may read, made at the
    /// first start; `master.key` in the data directory when not said.
    #[arg(long, env = "SEALDOCK_MASTER_KEY_FILE", value_name = "FILE")]
    pub master_key: Option<PathBuf>,
    /// A key management service that wraps it: an executable, `["executable", "argument"]`, or
    /// `https://…`. The README says what it is asked.
    #[arg(long, env = "SEALDOCK_MASTER_KEY_KMS", value_name = "KMS", value_parser = Kms::parse)]
    pub master_key_kms: Option<Kms>,
}

impl Place {
    pub fn file(&self, data: &Path) -> MasterFile {
        let path = self.master_key.clone();
        MasterFile::at(path.unwrap_or_else(|| data.join("master.key")))
            .wrapped_by(self.master_key_kms.clone())
    }
}

#[derive(Args)]
pub struct Master {
    /// The server's data directory.
    #[arg(long, env = "SEALDOCK_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

impl Master {
    pub async fn rotate(self, say: &Say) -> Done {
        let (store, file) = self.open().await?;
        let count = rotate(&store, &file).await.map_err(broken)?;
        store.close().await;
        say.result(&serde_json::json!({ "data_keys": count }), |_| {
            format!("The master key is a new one; {count} data keys are sealed with it.\n")
        });
        say.note(
            "Back the file up with the data, and keep the old one for as long as old backups.",
        );
        Ok(Exit::Ok)
    }

    pub async fn rotate_data(self, say: &Say) -> Done {
        let (store, file) = self.open().await?;
        let now = crate::clock::now();
        let vault = Vault::open(store.clone(), file, now)
            .await
            .map_err(broken)?;
        let count = vault.rotate_data_keys(now).await.map_err(broken)?;
        store.close().await;
        say.result(&serde_json::json!({ "values": count }), |_| {
            format!("Every data key is a new one; {count} values are sealed with them.\n")
        });
        Ok(Exit::Ok)
    }

    async fn open(self) -> Got<(Store, MasterFile)> {
        let data = self.data.unwrap_or_else(serve::usual_data);
        if !data.join("sealdock.db").is_file() {
            let sentence = format!("{} is not the data directory of a server.", data.display());
            return Err(Failure::usage(sentence).way_out("Name the right one with --data."));
        }
        let dirs = Dirs::open(&data).map_err(broken)?;
        let store = Store::open(&dirs.database()).await.map_err(broken)?;
        Ok((store, self.place.file(&data)))
    }
}

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::usage(format!("Nothing was replaced: {error}"))
}
