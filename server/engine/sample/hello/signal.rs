//! SIGTERM, which PID 1 of a container ignores unless it handles it.
//!
//! The standard library has no signals, so the C library that is linked anyway is asked. The
//! handler only writes one byte into a pipe; everything else happens on the main thread.

use std::ffi::c_void;
use std::io::{PipeReader, Read, pipe};
use std::os::fd::IntoRawFd;
use std::process::exit;
use std::sync::atomic::{AtomicI32, Ordering};

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

static WAKE: AtomicI32 = AtomicI32::new(-1);

unsafe extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
    fn write(fd: i32, bytes: *const c_void, count: usize) -> isize;
}

extern "C" fn on_signal(_number: i32) {
    let byte = 1u8;
    // SAFETY: write(2) is async-signal-safe, the pointer is to one live byte, and the pipe's
    // write end is never closed.
    unsafe { write(WAKE.load(Ordering::Relaxed), (&raw const byte).cast(), 1) };
}

/// Takes over SIGTERM and SIGINT; the pipe has a byte once one came.
pub fn install() -> PipeReader {
    let Ok((reader, writer)) = pipe() else {
        crate::app::log("no pipe for signals: exiting");
        exit(1);
    };
    WAKE.store(writer.into_raw_fd(), Ordering::Relaxed);
    for number in [SIGTERM, SIGINT] {
        // SAFETY: the handler has C's signature and does only what a handler may.
        unsafe { signal(number, on_signal) };
    }
    reader
}

pub fn wait(mut pipe: PipeReader) {
    let _ = pipe.read_exact(&mut [0]);
}
