//! The kernel's own interfaces, each behind one small function: all that is unsafe here.

use std::ffi::{CString, c_char, c_ulong};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::ptr;

fn text(value: &str) -> io::Result<CString> {
    CString::new(value).map_err(|_| io::Error::other("a NUL inside of a string"))
}

fn done(code: i64) -> io::Result<()> {
    match code {
        0.. => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

pub const READ_ONLY: c_ulong = libc::MS_RDONLY;
pub const NO_DEVICES: c_ulong = libc::MS_NODEV | libc::MS_NOSUID | libc::MS_NOEXEC;

pub fn mount(kind: &str, what: &str, at: &str, flags: c_ulong, data: &str) -> io::Result<()> {
    std::fs::create_dir_all(at)?;
    let (kind, what, at, data) = (text(kind)?, text(what)?, text(at)?, text(data)?);
    // SAFETY: four strings that live until the call returns.
    let code = unsafe {
        libc::mount(
            what.as_ptr(),
            at.as_ptr(),
            kind.as_ptr(),
            flags,
            data.as_ptr().cast(),
        )
    };
    done(code.into())
}

pub fn load_module(file: &File) -> io::Result<()> {
    let none: *const c_char = c"".as_ptr();
    // SAFETY: an open file and a string that lives for ever.
    done(unsafe { libc::syscall(libc::SYS_finit_module, file.as_raw_fd(), none, 0) })
}

/// `argument` is as the request says: a structure that the kernel reads and writes.
pub fn ioctl(fd: RawFd, request: u32, argument: &mut [u8]) -> io::Result<()> {
    // SAFETY: callers give a buffer of the size that the request has in it.
    let code = unsafe { libc::ioctl(fd, request as _, argument.as_mut_ptr()) };
    done(code.into())
}

pub fn make_device(at: &str, major: u32, minor: u32) -> io::Result<()> {
    let path = text(at)?;
    // SAFETY: a string that lives until the call returns.
    let code = unsafe {
        libc::mknod(
            path.as_ptr(),
            libc::S_IFCHR | 0o666,
            libc::makedev(major, minor),
        )
    };
    done(code.into())?;
    // The umask may have taken something away.
    // SAFETY: the same string.
    done(unsafe { libc::chmod(path.as_ptr(), 0o666) }.into())
}

/// Waits for any child; PID 1 inherits those whose parents ended.
pub fn reap() -> io::Result<(i32, i32)> {
    let mut status = 0;
    // SAFETY: one integer to write to.
    let pid = unsafe { libc::waitpid(-1, &mut status, 0) };
    done(pid.into())?;
    let code = match libc::WIFSIGNALED(status) {
        true => 128 + libc::WTERMSIG(status),
        false => libc::WEXITSTATUS(status),
    };
    Ok((pid, code))
}

pub fn power_off() -> ! {
    // SAFETY: no arguments that point anywhere.
    unsafe {
        libc::sync();
        libc::reboot(libc::RB_POWER_OFF);
    }
    loop {
        std::thread::park();
    }
}

/// Asks a process to end.
pub fn terminate(pid: i32) -> io::Result<()> {
    // SAFETY: numbers only.
    done(unsafe { libc::kill(pid, libc::SIGTERM) }.into())
}

/// What is done in the child, right before it becomes the workload. Nothing here allocates.
pub struct Confine {
    root: CString,
    cwd: CString,
    uid: u32,
    gid: u32,
}

/// What a server may need as root: change owners, open any of its files, take a low port, become
/// somebody else. Not: devices, mounts, tracing, another root.
const KEPT: [u32; 9] = [0, 1, 3, 4, 5, 6, 7, 8, 10];
const MOST_CAPABILITIES: u32 = 63;

impl Confine {
    pub fn new(root: &str, cwd: &str, uid: u32, gid: u32) -> io::Result<Self> {
        let (root, cwd) = (text(root)?, text(cwd)?);
        Ok(Self {
            root,
            cwd,
            uid,
            gid,
        })
    }

    pub fn apply(&self) -> io::Result<()> {
        // SAFETY: strings of `self`; numbers otherwise.
        unsafe {
            done(libc::chroot(self.root.as_ptr()).into())?;
            done(libc::chdir(self.cwd.as_ptr()).into())?;
            for capability in (0..=MOST_CAPABILITIES).filter(|c| !KEPT.contains(c)) {
                // Beyond the last that this kernel knows it says EINVAL.
                libc::prctl(libc::PR_CAPBSET_DROP, c_ulong::from(capability), 0, 0, 0);
            }
            done(libc::setgroups(0, ptr::null()).into())?;
            done(libc::setgid(self.gid).into())?;
            done(libc::setuid(self.uid).into())?;
            done(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0).into())
        }
    }
}

/// What is to be waited for on a descriptor.
#[derive(Clone, Copy)]
pub struct Wait {
    pub fd: RawFd,
    pub read: bool,
    pub write: bool,
}

/// False: nothing happened in time.
pub fn wait(all: [Wait; 2], timeout_ms: i32) -> io::Result<bool> {
    let mut polled = all.map(|one| libc::pollfd {
        // A negative descriptor is passed over: one that nobody waits for must not wake anybody.
        fd: if one.read || one.write { one.fd } else { -1 },
        events: if one.read { libc::POLLIN } else { 0 } | if one.write { libc::POLLOUT } else { 0 },
        revents: 0,
    });
    // SAFETY: an array of two, and its length.
    let code = unsafe { libc::poll(polled.as_mut_ptr(), 2, timeout_ms) };
    done(code.into())?;
    Ok(code > 0)
}
