//! `sealdock release make`: image in, signed `release.json` out, and a pre-release of it.

use super::super::exit::{Done, Exit, Failure, Got};
use super::super::say::Say;
use super::github::{Forge, Published};
use super::{key, unread, unwritten};
use clap::Args;
use domain::attest::{RELEASE_FILE, SignedRelease};
use domain::config::is_pinned;
use engine::attest::sign_release;
use engine::driver::docker::{Docker, Options};
use engine::driver::tee::{Kit, Source, release};
use engine::driver::{DriverError, Images};
use serde::Serialize;
use std::path::{Path, PathBuf};

const HELP: &str = "\
  docker build -t app . && sealdock release make --image app --tag v1.2.0 --key release.key
  sealdock release make --archive image.tar --publish      # in GitHub Actions, the rest is known

It writes `release.json` (signed: the image's id, the root file system that it becomes, and with
--tee-kit what guests are started from), `image.txt` (the image's id), and with --keep-archive
`image.tar`. The instance's whole measurement is known only where it is deployed, since it covers
its variables: `sealdock release check` leads from that one to this.";

#[derive(Args)]
#[command(after_help = HELP)]
pub struct Make {
    /// An image of the local Engine.
    #[arg(
        long,
        value_name = "REFERENCE",
        conflicts_with = "archive",
        required_unless_present = "archive"
    )]
    image: Option<String>,
    /// What `docker save` wrote of one image.
    #[arg(long, value_name = "FILE")]
    archive: Option<PathBuf>,
    /// The version.
    #[arg(long, env = "GITHUB_REF_NAME", value_name = "TAG")]
    tag: String,
    /// What it was built from; a project that takes signed releases alone takes none that does not say it.
    #[arg(long, env = "GITHUB_SHA", value_name = "SHA")]
    commit: Option<String>,
    /// Where the image is pulled from, by its digest: a project that takes signed releases alone pulls
    /// that, and builds nothing.
    #[arg(long, value_name = "NAME@SHA256:…")]
    reference: Option<String>,
    /// What signs it; the variable SEALDOCK_RELEASE_KEY when not said.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// What guests are started from, as `./setup tee` leaves it: measured too.
    #[arg(long, env = "SEALDOCK_TEE_KIT", value_name = "DIR")]
    tee_kit: Option<PathBuf>,
    /// Where it is written.
    #[arg(long, value_name = "DIR", default_value = "release")]
    out: PathBuf,
    /// Leave the image's archive there too, and attach it.
    #[arg(long)]
    keep_archive: bool,
    /// Make a pre-release on GitHub, with what was written attached; takes GITHUB_TOKEN.
    #[arg(long)]
    publish: bool,
    /// `owner/name` on GitHub.
    #[arg(
        long,
        env = "GITHUB_REPOSITORY",
        value_name = "REPOSITORY",
        required_if_eq("publish", "true")
    )]
    repository: Option<String>,
    /// Where GitHub's API is.
    #[arg(
        long,
        env = "GITHUB_API_URL",
        value_name = "URL",
        default_value = "https://api.github.com"
    )]
    github_api: String,
}

/// What was made.
#[derive(Serialize)]
struct Made {
    image: String,
    key: String,
    files: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<Published>,
}

impl Make {
    pub async fn run(self, say: &Say) -> Done {
        // What is missing is said before anything takes time.
        let forge = self.forge()?;
        self.pinned()?;
        let key = release::key(&key::bytes(self.key.as_deref())?)
            .map_err(|e| Failure::usage(format!("The key can't be read: {e}.")))?;
        let kit = self.kit().await?;
        std::fs::create_dir_all(&self.out).map_err(|e| unwritten(&self.out, &e))?;
        let archive = self.saved(say).await?;
        say.note("Measuring the image…");
        let (commit, reference) = (self.commit.as_deref(), self.reference.as_deref());
        let released = release::released(&archive, &self.tag, commit, reference, kit.as_ref())
            .map_err(|e| unread(&archive, &e))?;
        let signed = sign_release(&released, &key)
            .ok_or_else(|| Failure::usage("It can't be signed.".to_owned()))?;
        let files = self.written(&signed, &released.image, &archive)?;
        let published = match forge {
            Some(forge) => Some(forge.publish(&self.tag, commit, &files).await?),
            None => None,
        };
        let made = Made {
            image: released.image,
            key: release::public(&key).to_string(),
            files,
            published,
        };
        say.result(&made, text);
        Ok(Exit::Ok)
    }

    fn forge(&self) -> Got<Option<Forge>> {
        match (self.publish, &self.repository) {
            (true, Some(repository)) => Forge::new(&self.github_api, repository).map(Some),
            _ => Ok(None),
        }
    }

    fn pinned(&self) -> Got<()> {
        match self.reference.as_deref().filter(|r| !is_pinned(r)) {
            None => Ok(()),
            Some(reference) => Err(Failure::usage(format!(
                "`{reference}` has no digest, so it may mean another image tomorrow."
            ))
            .way_out("Write it like ghcr.io/acme/shop@sha256:…, as `docker push` says it.")),
        }
    }

    async fn kit(&self) -> Got<Option<Kit>> {
        let Some(folder) = &self.tee_kit else {
            return Ok(None);
        };
        let kit = Kit::open(folder).await;
        kit.map(Some).map_err(|e| Failure::usage(e.to_string()))
    }

    /// The archive that is there, or one that the Engine writes.
    async fn saved(&self, say: &Say) -> Got<PathBuf> {
        if let Some(archive) = &self.archive {
            return Ok(archive.clone());
        }
        let reference = self.image.clone().unwrap_or_default();
        let docker = Docker::connect(Options::new("release"));
        let found = docker.find(&reference).await.map_err(refused)?;
        let found = found.ok_or_else(|| {
            Failure::usage(format!("The Engine has no image `{reference}`."))
                .way_out("Build it first: docker build -t NAME .")
        })?;
        let into = self.out.join("image.tar");
        say.note(&format!("Saving {reference}…"));
        docker.save(found.digest(), &into).await.map_err(refused)?;
        Ok(into)
    }

    fn written(&self, signed: &SignedRelease, image: &str, archive: &Path) -> Got<Vec<PathBuf>> {
        let json = serde_json::to_vec_pretty(signed).unwrap_or_default();
        let mut files = vec![];
        for (name, bytes) in [
            (RELEASE_FILE, json),
            ("image.txt", format!("{image}\n").into()),
        ] {
            let file = self.out.join(name);
            std::fs::write(&file, bytes).map_err(|e| unwritten(&file, &e))?;
            files.push(file);
        }
        match (self.keep_archive, &self.archive) {
            (true, _) => files.push(archive.to_owned()),
            (false, None) => std::fs::remove_file(archive).map_err(|e| unwritten(archive, &e))?,
            (false, Some(_)) => {}
        }
        Ok(files)
    }
}

fn refused(error: DriverError) -> Failure {
    Failure::usage(error.to_string())
}

fn text(made: &Made) -> String {
    let mut text = format!("{} is measured and signed by {}.\n", made.image, made.key);
    for file in &made.files {
        text += &format!("  {}\n", file.display());
    }
    if let Some(published) = &made.published {
        text += &format!("The pre-release is {}\n", published.url);
    }
    text
}
