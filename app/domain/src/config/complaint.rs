//! What YAML allows and a configuration does not: each with its way out.

use super::error::Fault;
use super::units::brief;

/// The problem, and the way out.
pub(super) type Complaint = (&'static str, &'static str);

pub(super) const ALIAS: Complaint = (
    "an alias (`*name`) is used here",
    "write the value out in full",
);
pub(super) const ANCHOR: Complaint = (
    "an anchor (`&name`) is set here",
    "leave it out, and write repeated values out in full",
);
pub(super) const TAG: Complaint = (
    "a tag (`!name`) is used here",
    "leave it out: every field knows its own type",
);
pub(super) const COMPLEX_NAME: Complaint = (
    "a name cannot be a list or a group",
    "write it as `name: value`",
);
pub(super) const SECOND_DOCUMENT: Complaint = (
    "a second document starts",
    "keep one document: remove the `---` and what follows",
);
pub(super) const TOO_DEEP: Complaint = (
    "the file is nested too deeply",
    "no field needs more than three levels",
);
pub(super) const TOO_MANY: Complaint = (
    "the file holds more than 10,000 values",
    "move data out of the configuration",
);

/// What the scanner found, in its words, except where it means the same as we do.
pub(super) fn of_scanner(info: &str) -> Fault {
    match info {
        _ if info.contains("unknown anchor") => Fault::new(ALIAS.0, ALIAS.1),
        _ if info.contains("recursion limit") => Fault::new(TOO_DEEP.0, TOO_DEEP.1),
        _ => Fault::new(
            format!("the file is not valid YAML ({})", brief(info)),
            "check indentation, quotes and brackets there",
        ),
    }
}

pub(super) fn twice(path: &str, line: u32) -> Fault {
    Fault::new(
        format!("`{}` is set a second time", brief(path)),
        format!("keep one of them: the first is at line {line}"),
    )
}
