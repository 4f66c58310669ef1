//! The one binary.

use std::process::ExitCode;

/// The data plane shares this binary, and was measured with it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if let Some(error) = engine::source::git::ssh::become_ssh_if_asked() {
        eprintln!("ssh can't be run: {error}");
        return ExitCode::FAILURE;
    }
    if let Some(code) = engine::source::git::askpass::answer_if_asked() {
        return code;
    }
    server::cli::main()
}
