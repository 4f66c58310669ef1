//! The data plane as a process, until the command line has its `proxy` subcommand.
//!
//! `proxy LISTEN CONTROL_SOCKET SNAPSHOT [THREADS]`

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, control_socket, snapshot, threads @ ..] = arguments.as_slice() else {
        return Err("usage: proxy LISTEN CONTROL_SOCKET SNAPSHOT [THREADS]".into());
    };
    let listen = vec![listen.parse()?];
    let mut options =
        engine::proxy::ProxyOptions::new(listen, control_socket.into(), snapshot.into());
    options.threads = threads.first().map_or(Ok(0), |threads| threads.parse())?;
    Ok(engine::proxy::run(options)?)
}
