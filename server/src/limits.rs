//! Every limit of the server, with its unit in its name. Tests make some of them smaller.

use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Limits {
    /// Of a JSON body.
    pub json_bytes: usize,
    /// Of a form from the browser, uploads apart.
    pub form_bytes: usize,
    pub upload_bytes: u64,
    /// Between two pieces of an upload.
    pub upload_idle_ms: u64,
    /// Of a Git host's delivery.
    pub hook_bytes: usize,
    /// For all of it.
    pub hook_read_ms: u64,
    /// Deliveries in memory at the same time.
    pub hook_bodies: usize,
    /// From the request's head to the answer's.
    pub request_ms: u64,
    /// For a client to send the head.
    pub head_ms: u64,
    pub connections: usize,
    /// For requests in flight, once the server stops.
    pub drain_ms: u64,
    pub streams_per_user: usize,
    /// Events that wait for a slow receiver.
    pub stream_queue: usize,
    /// A receiver that takes nothing for this long is dropped.
    pub stream_stall_ms: u64,
    pub heartbeat_ms: u64,
    /// How often a stream asks again whether its reader may still read.
    pub recheck_ms: u64,
    /// How long a log's end is waited for without a hint.
    pub log_poll_ms: u64,
    /// How many hints are kept for streams that resume.
    pub hints_kept: usize,
    pub session_days: i64,
    /// Of a session that only carries a message to the next page.
    pub message_minutes: i64,
    pub answer_kept_ms: i64,
    /// How long a key stays claimed by a request that never answered.
    pub claim_ms: i64,
    /// Attempts at once per address: sign-in, set-up, join, wrong tokens.
    pub attempts_per_address: u32,
    /// Attempts at once per account.
    pub attempts_per_account: u32,
    /// After those, one more per this long.
    pub attempt_every_ms: i64,
    /// Addresses and accounts remembered.
    pub limiter_keys: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            json_bytes: 1 << 20,
            form_bytes: 64 << 10,
            upload_bytes: 2 << 30,
            upload_idle_ms: 60_000,
            hook_bytes: 5 << 20,
            hook_read_ms: 15_000,
            hook_bodies: 32,
            request_ms: 60_000,
            head_ms: 15_000,
            connections: 4096,
            drain_ms: 10_000,
            streams_per_user: 24,
            stream_queue: 64,
            stream_stall_ms: 30_000,
            heartbeat_ms: 15_000,
            recheck_ms: 15_000,
            log_poll_ms: 1_000,
            hints_kept: 4096,
            session_days: 14,
            message_minutes: 10,
            answer_kept_ms: 24 * 3_600_000,
            claim_ms: 10 * 60_000,
            attempts_per_address: 20,
            attempts_per_account: 10,
            attempt_every_ms: 6_000,
            limiter_keys: 10_000,
        }
    }
}

pub const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
