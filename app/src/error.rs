//! The one error of server functions: a refusal, as the API and the CLI show it too.

use domain::refusal::{Kind, Refusal};
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fault(pub Refusal);

impl Fault {
    /// It may be over in a moment: what was shown before is still worth showing.
    pub const fn is_passing(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::Unavailable | Kind::TooMany | Kind::Internal
        )
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Fault {
        Fault(refusal)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Fault {}

impl FromServerFnError for Fault {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Fault {
        use ServerFnErrorErr as E;
        Fault(match error {
            E::Request(_) | E::Response(_) | E::Deserialization(_) => unreachable(),
            E::Args(what) | E::MissingArg(what) | E::Serialization(what) => unreadable(&what),
            other => Refusal::new(Kind::Internal, "internal", other.to_string()),
        })
    }
}

fn unreachable() -> Refusal {
    Refusal::unavailable("unreachable", "Sealdock did not answer.").way_out(
        "Check the connection and whether the server runs; this page tries again by itself.",
    )
}

fn unreadable(what: &str) -> Refusal {
    Refusal::new(
        Kind::Invalid,
        "invalid",
        format!("The form could not be read: {what}."),
    )
    .way_out("Reload the page and try again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_travels_as_its_refusal() {
        let fault = Fault(Refusal::conflict("plan_changed", "The plan has changed."));
        let sent = fault.ser();
        assert_eq!(Fault::de(sent), fault);
    }

    #[test]
    fn a_lost_connection_says_what_to_do() {
        let fault = Fault::from_server_fn_error(ServerFnErrorErr::Request("x".into()));
        assert!(fault.to_string().contains("Check the connection"));
        assert!(fault.is_passing());
    }
}
