//! `sealdock init`: a `sealdock.yml` to start from.

use super::exit::{Done, Exit, Failure};
use super::say::Say;
use clap::Args;
use domain::config::FILE_NAME;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

#[derive(Args)]
pub struct Init {
    /// The repository's root.
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Where the application listens.
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

impl Init {
    pub fn run(self, say: &Say) -> Done {
        let path = self.directory.join(FILE_NAME);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| {
                let failure =
                    Failure::usage(format!("{} can't be written: {error}.", path.display()));
                match error.kind() {
                    ErrorKind::AlreadyExists => {
                        failure.way_out("It is there already, and stays as it is.")
                    }
                    _ => failure,
                }
            })?;
        let written = file.write_all(template(self.port).as_bytes());
        written.map_err(|error| {
            Failure::usage(format!("{} can't be written: {error}.", path.display()))
        })?;
        say.result(&serde_json::json!({ "path": path }), |_| {
            format!(
                "{} is there. Commit it, then `sealdock deploy`.\n",
                path.display()
            )
        });
        Ok(Exit::Ok)
    }
}

fn template(port: u16) -> String {
    format!(
        "# How Sealdock runs this repository. Everything may be left out.
port: {port}          # where the application listens; it is also told as PORT
replicas: 1

build:
  preset: auto      # a Dockerfile; else what the files say: nextjs, vite, node, python, go, rust, static

health:
  path: /           # answers 2xx once the application can serve

env:
  LOG_LEVEL: info   # no secrets here: this file is in the repository
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_init_writes_is_understood() {
        let patch = domain::config::parse(template(3000).as_bytes()).unwrap();
        assert_eq!((patch.port, patch.replicas), (Some(3000), Some(1)));
        assert_eq!(patch.health.path.as_deref(), Some("/"));
    }
}
