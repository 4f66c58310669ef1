//! What all connections share: the knobs, the health it was told, what is in flight.

use crate::knobs::Knobs;
use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

const SLICE: Duration = Duration::from_millis(50);
const MAX_LEAK_BYTES: usize = 1024 * 1024 * 1024;

pub struct App {
    pub knobs: Knobs,
    started: Instant,
    /// 0, or the status that `POST /health?status=` asked for.
    told_health: AtomicU16,
    /// 0 until it listens.
    port: AtomicU16,
    draining: AtomicBool,
    in_flight: AtomicUsize,
    pub connections: AtomicUsize,
    pub requests: AtomicU64,
    leaked: Mutex<Vec<Vec<u8>>>,
}

impl App {
    pub fn new(knobs: Knobs) -> App {
        App {
            knobs,
            started: Instant::now(),
            told_health: AtomicU16::new(0),
            port: AtomicU16::new(0),
            draining: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            leaked: Mutex::new(Vec::new()),
        }
    }

    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    pub fn health(&self) -> u16 {
        let told = self.told_health.load(Ordering::Relaxed);
        let uptime_ms = self.uptime().as_millis() as u64;
        let worn = self
            .knobs
            .unhealthy_after_ms
            .is_some_and(|after_ms| uptime_ms >= after_ms);
        match (
            told,
            self.knobs.unhealthy || worn || uptime_ms < self.knobs.healthy_after_ms,
        ) {
            (0, true) => 503,
            (0, false) => 200,
            (told, _) => told,
        }
    }

    pub fn tell_health(&self, status: u16) {
        self.told_health.store(status, Ordering::Relaxed);
    }

    pub fn listens_on(&self, port: u16) {
        self.port.store(port, Ordering::Release);
    }

    pub fn draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Counts a request as in flight until the guard is dropped.
    pub fn begin(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        self.requests.fetch_add(1, Ordering::Relaxed);
        InFlight(&self.in_flight)
    }

    /// Refuses what is new and waits, within the limit, for what is in flight.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        // The accept loop sleeps in the kernel: one connection of our own makes it look up.
        let _ = TcpStream::connect(("127.0.0.1", self.port.load(Ordering::Acquire)));
        let until = Instant::now() + Duration::from_millis(self.knobs.drain_ms);
        while self.in_flight.load(Ordering::Acquire) > 0 && Instant::now() < until {
            sleep(Duration::from_millis(10));
        }
    }

    /// Sleeps, and says whether there is reason to go on: not once draining.
    pub fn pause(&self, pause_ms: u64) -> bool {
        let until = Instant::now() + Duration::from_millis(pause_ms);
        while !self.draining() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            sleep(left.min(SLICE));
        }
        false
    }

    /// Keeps that much more memory, touched, and says how much is kept in all.
    pub fn leak(&self, bytes: usize) -> usize {
        let mut leaked = self.leaked.lock().unwrap_or_else(PoisonError::into_inner);
        let kept: usize = leaked.iter().map(Vec::len).sum();
        leaked.push(vec![1; bytes.min(MAX_LEAK_BYTES - kept)]);
        leaked.iter().map(Vec::len).sum()
    }
}

pub struct InFlight<'a>(&'a AtomicUsize);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// One line on stdout. A closed stdout is no reason to stop serving.
pub fn log(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Prints numbered lines for ever, so that a lost one shows.
pub fn chatter(lines_per_s: u32) {
    let started = Instant::now();
    let mut printed: u64 = 0;
    loop {
        let due = (started.elapsed().as_secs_f64() * f64::from(lines_per_s)) as u64;
        for number in printed..due {
            log(&format!("chatter line {number}"));
        }
        printed = due.max(printed);
        sleep(Duration::from_millis(10));
    }
}
