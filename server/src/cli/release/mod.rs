//! `sealdock release`: what a project's own CI says of a version, signed, before anybody deploys it
//! (I-19). No server of ours takes part in it.

mod check;
mod github;
mod key;
mod make;
mod template;

use super::exit::{Done, Exit, Failure};
use super::say::Say;
use clap::Subcommand;

#[derive(Subcommand)]
pub enum Release {
    /// Make the key that releases are signed with, and say how it is kept.
    Keygen(key::Keygen),
    /// Measure an image, sign what it measures as, and make a pre-release of it.
    Make(Box<make::Make>),
    /// Check that what is expected of an instance is what was released.
    Check(check::Check),
    /// Print a workflow of GitHub Actions that does it on every tag.
    Template,
}

impl Release {
    pub async fn run(self, say: &Say) -> Done {
        match self {
            Release::Keygen(keygen) => keygen.run(say),
            Release::Make(make) => make.run(say).await,
            Release::Check(check) => check.run(say),
            Release::Template => {
                say.line(template::WORKFLOW.trim_end());
                Ok(Exit::Ok)
            }
        }
    }
}

fn unread(place: &std::path::Path, error: &impl std::fmt::Display) -> Failure {
    Failure::usage(format!("{} can't be read: {error}.", place.display()))
}

fn unwritten(place: &std::path::Path, error: &impl std::fmt::Display) -> Failure {
    Failure::usage(format!("{} can't be written: {error}.", place.display()))
}
