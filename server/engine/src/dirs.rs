//! The one data directory, and what lies where in it.

use domain::id::{DeploymentId, ServiceId};
use std::io;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug)]
pub struct Dirs {
    data: PathBuf,
}

impl Dirs {
    /// Makes what is missing; only the owner may look inside.
    pub fn open(data: &Path) -> io::Result<Dirs> {
        let dirs = Dirs {
            data: std::path::absolute(data)?,
        };
        for dir in [
            &dirs.data,
            &dirs.mirrors(),
            &dirs.uploads(),
            &dirs.join("work"),
            &dirs.join("sites"),
            &dirs.join("screenshots"),
            &dirs.join("sboms"),
            &dirs.join("source-maps"),
            &dirs.join("backups"),
            &dirs.scratch(),
            &dirs.keys(),
        ] {
            private(dir)?;
        }
        Ok(dirs)
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    pub fn database(&self) -> PathBuf {
        self.join("sealdock.db")
    }

    /// Held while a control plane runs: two at once would fight over one database.
    pub fn lock(&self) -> PathBuf {
        self.join("lock")
    }

    /// Bare Git mirrors, one per repository.
    pub fn mirrors(&self) -> PathBuf {
        self.join("mirrors")
    }

    pub fn uploads(&self) -> PathBuf {
        self.join("uploads")
    }

    /// The deploy key and what we know of Git hosts.
    pub fn keys(&self) -> PathBuf {
        self.join("keys")
    }

    /// What secrets are sealed with; of no use without the database, nor the database without it.
    pub fn master_key(&self) -> PathBuf {
        self.join("master.key")
    }

    pub fn sample(&self) -> PathBuf {
        self.join("sample.git")
    }

    /// What the jobs of one deployment work in; gone when it stops building.
    pub fn work(&self, deployment: &DeploymentId) -> PathBuf {
        self.join("work").join(deployment.as_str())
    }

    /// The files of one static deployment; the data plane serves from here.
    pub fn site(&self, deployment: &DeploymentId) -> PathBuf {
        self.join("sites").join(deployment.as_str())
    }

    /// The picture of one deployment's front page.
    pub fn screenshot(&self, deployment: &DeploymentId) -> PathBuf {
        self.join("screenshots").join(format!("{deployment}.png"))
    }

    /// What one deployment's artifact is made of.
    pub fn sbom(&self, deployment: &DeploymentId) -> PathBuf {
        self.join("sboms").join(format!("{deployment}.json"))
    }

    /// The source maps that one deployment's artifact had.
    pub fn source_maps(&self, deployment: &DeploymentId) -> PathBuf {
        self.join("source-maps").join(deployment.as_str())
    }

    /// The backups of one service; gone with it.
    pub fn backups(&self, service: &ServiceId) -> PathBuf {
        self.join("backups").join(service.as_str())
    }

    /// Confidential machines, their disks, and everything that was ever expected of one.
    pub fn machines(&self) -> PathBuf {
        self.join("tee")
    }

    /// What a job needs for a moment only; what a crash left is removed by the next boot.
    pub fn scratch(&self) -> PathBuf {
        self.join("scratch")
    }

    pub fn control_socket(&self) -> PathBuf {
        self.join("proxy.sock")
    }

    pub fn route_snapshot(&self) -> PathBuf {
        self.join("routes.json")
    }

    pub fn proxy_log(&self) -> PathBuf {
        self.join("proxy.log")
    }

    fn join(&self, name: &str) -> PathBuf {
        self.data.join(name)
    }
}

pub(crate) fn private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
}
