//! Which buttons work: the same rules that the use cases ask.

use crate::store::environment::Environment;
use domain::access::{Action, Caller};
use domain::can;
use domain::deployment::Deployment;
use domain::refusal::Refusal;
use domain::view::Allowed;

/// What this caller may do now: the sentence of the refusal that they would meet.
pub(super) fn allowed(
    caller: &Caller,
    row: &Environment,
    deployment: Option<&Deployment>,
) -> Allowed {
    let no = |result: Result<(), Refusal>| result.err().map(|r| r.sentence);
    let nothing = || {
        Err(Refusal::conflict(
            "nothing_here",
            "Nothing is deployed here.",
        ))
    };
    let ask = |check: fn(&Deployment) -> Result<(), Refusal>| {
        no(caller
            .may(Action::Deploy)
            .and_then(|()| deployment.map_or_else(nothing, check)))
    };
    Allowed {
        update: no(caller
            .may(Action::Deploy)
            .and_then(|()| can::change(row.deleting, row.review))),
        cancel: ask(can::cancel),
        promote: ask(can::promote),
        pause: ask(can::pause),
        resume: ask(can::resume),
        stop: no(caller
            .may(Action::Deploy)
            .and_then(|()| can::change(row.deleting, row.review))
            .and_then(|()| {
                deployment.map_or_else(nothing, |d| can::stop(d, row.candidate.is_some()))
            })),
        delete: no(caller
            .may(Action::Delete)
            .and_then(|()| can::update(row.deleting))),
    }
}
