//! The one binary.

use std::process::ExitCode;

/// The data plane shares this binary, and was measured with it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::cli::main()
}
