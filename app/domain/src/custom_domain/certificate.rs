//! What becomes of a certificate: asked for, waited for, renewed at two thirds of its life, and tried
//! again after a failure. While a new one does not come, the old one serves.

use super::CertificateSource;
use crate::time::Time;

/// A chain, or a key.
pub const MAX_PEM_BYTES: usize = 64 * 1024;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// An authority that has not decided by then is asked anew.
const LATE: i64 = 15 * MINUTE;
const LONGEST_PAUSE: i64 = 12 * HOUR;
/// Whoever asks too often is let in again after an hour or a week; asking in between costs.
const RATE_LIMITED_PAUSE: i64 = HOUR;

/// How an authority is shown that the name is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A file below `/.well-known/acme-challenge/`, which the data plane answers.
    Http,
    /// A record, which the operator's hook sets.
    Dns,
}

/// Everything that the next step depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// Proved by this organization.
    pub is_proved: bool,
    /// It leads to an environment.
    pub is_used: bool,
    /// As far as known.
    pub points_here: Option<bool>,
    /// Only DNS can prove it to an authority.
    pub is_wildcard: bool,
    /// Who is to provide it.
    pub source: CertificateSource,
    /// The certificate that there is.
    pub renew_at: Option<Time>,
    /// What is under way.
    pub order: Option<Order>,
    /// When DNS is looked at again.
    pub look_at: Time,
    /// This server listens for TLS.
    pub has_tls: bool,
    /// The operator named an authority.
    pub has_acme: bool,
    /// The operator named a hook that sets records.
    pub has_hook: bool,
}

/// An order as its row says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The authority knows it; `None`: the last try failed, or nothing was asked yet.
    pub begun_at: Option<Time>,
    /// Not before.
    pub due_at: Time,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// See what DNS says.
    Look,
    /// Ask for a certificate.
    Ask(Way),
    /// Go on with what was asked for.
    Advance,
    /// Nothing, until then.
    Rest(Time),
}

/// Why no certificate is asked for, where somebody has to do something first.
pub fn blocked(need: &Need) -> Option<&'static str> {
    match need {
        n if n.source != CertificateSource::Acme => None,
        n if !n.has_tls => Some(
            "This server does not listen for TLS. Its operator starts it with --proxy-tls-listen.",
        ),
        n if !n.has_acme => Some(
            "No certificate authority is set. The operator starts the server with --acme-directory, or a certificate is uploaded.",
        ),
        n if n.is_wildcard && !n.has_hook => Some(
            "A wildcard is proved by DNS-01, and there is no hook that sets records. The operator starts the server with --dns01-hook, or a certificate is uploaded.",
        ),
        _ => None,
    }
}

/// The next step for one domain.
pub fn next(need: &Need, now: Time) -> Step {
    if need.look_at <= now {
        return Step::Look;
    }
    match certificate_step(need, now) {
        Step::Rest(at) => Step::Rest(at.min(need.look_at)),
        step => step,
    }
}

fn certificate_step(need: &Need, now: Time) -> Step {
    let never = Step::Rest(need.look_at);
    let wanted = need.is_proved && need.is_used && need.source == CertificateSource::Acme;
    if !wanted || blocked(need).is_some() {
        return never;
    }
    if let Some(order) = need.order.filter(|order| order.due_at > now) {
        return Step::Rest(order.due_at);
    }
    if need.order.is_some_and(|order| order.begun_at.is_some()) {
        return Step::Advance;
    }
    let way = match need.is_wildcard {
        true => Way::Dns,
        false => Way::Http,
    };
    // An authority would be sent to the other server, and count that against us.
    let lost = way == Way::Http && need.points_here == Some(false);
    match need.renew_at {
        Some(at) if at > now => Step::Rest(at),
        _ if lost => never,
        _ => Step::Ask(way),
    }
}

/// At two thirds of its life, and up to a twentieth of it earlier: those that came together are not
/// renewed together. `salt` is anything that stays the same.
pub fn renew_at(not_before: Time, not_after: Time, salt: &str) -> Time {
    let life = not_after.since_ms(not_before).max(0);
    // FNV-1a, stirred once more: names that differ in their last letter are far apart.
    let sum = salt.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let sum = (sum ^ (sum >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd) >> 33;
    let early = life / 20 * ((sum % 1000) as i64) / 1000;
    not_before.plus_ms(life / 3 * 2 - early)
}

/// The authority does not decide.
pub fn order_is_late(begun_at: Time, now: Time) -> bool {
    now.since_ms(begun_at) > LATE
}

/// How long to wait after so many failures in a row: 1, 2, 4 … minutes, up to half a day.
pub fn pause_ms(tries: u32, rate_limited: bool) -> i64 {
    let doubled = MINUTE.saturating_mul(2_i64.saturating_pow(tries.saturating_sub(1).min(20)));
    let floor = if rate_limited { RATE_LIMITED_PAUSE } else { 0 };
    doubled.min(LONGEST_PAUSE).max(floor)
}
