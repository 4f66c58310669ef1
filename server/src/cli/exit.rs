//! How a command ends, for scripts.

use domain::refusal::Refusal;

pub const HELP: &str = "\
Exit codes:
  0  it worked
  1  the deployment failed or was cancelled, `doctor` found something broken, or `verify` refused
  2  the command line is wrong
  3  the server refused, with its reason
  4  the server can't be reached
  5  not signed in, or the token may not do this

Environment:
  SEALDOCK_URL, SEALDOCK_TOKEN  instead of what `sealdock login` remembers";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Ok = 0,
    Failed = 1,
    Usage = 2,
    Refused = 3,
    Unreachable = 4,
    Auth = 5,
}

/// Why a command did not do it: the exit code and the sentences.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub refusal: Box<Refusal>,
}

pub type Done = Result<Exit, Failure>;
pub type Got<T> = Result<T, Failure>;

impl Failure {
    pub fn new(exit: Exit, refusal: Refusal) -> Self {
        Self {
            exit,
            refusal: Box::new(refusal),
        }
    }

    pub fn usage(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Usage, Refusal::invalid("command line", sentence))
    }

    pub fn unreachable(sentence: impl Into<String>) -> Self {
        Self::new(
            Exit::Unreachable,
            Refusal::unavailable("unreachable", sentence),
        )
    }

    pub fn refused(refusal: Refusal) -> Self {
        Self::new(Exit::Refused, refusal)
    }

    #[must_use]
    pub fn way_out(mut self, sentence: impl Into<String>) -> Self {
        self.refusal.way_out = Some(sentence.into());
        self
    }
}
