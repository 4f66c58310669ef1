//! The app of the contract suite: one static program in an image made from nothing.
use std::io::{Read, Write};

fn main() {
    let behaviour = std::env::args().nth(1).unwrap_or_default();
    match behaviour.as_str() {
        "exits" => {
            println!("going down");
            std::process::exit(3);
        }
        "eats-memory" => eat(),
        "prints" => {
            print();
            if std::env::args().nth(2).as_deref() == Some("stop") {
                return;
            }
        }
        "keeps" => return keep(),
        "prints-kept" => return print_kept(),
        "waits" => std::thread::sleep(std::time::Duration::from_secs(3600)),
        "counts" => {
            let path = std::env::args().nth(2).unwrap_or_default();
            println!("counted {}", std::fs::read(path).map_or(0, |bytes| bytes.len()));
            return;
        }
        "prints-much" => print_much(),
        "prints-long" => println!("{}", "x".repeat(40_000)),
        _ => {}
    }
    serve();
}

fn eat() {
    let mut kept = Vec::new();
    loop {
        kept.push(vec![1u8; 1 << 20]);
    }
}

fn print() {
    for n in 1..=200 {
        println!("out {n}");
        eprintln!("err {n}");
    }
}

/// More than the Engine keeps, and faster than the test reads.
fn print_much() {
    for n in 1..=500_000 {
        println!("{n} {}", "x".repeat(60));
    }
}

/// On the volume, if it has one.
const HELD: &str = "/data/held";

fn keep() {
    let mut file = std::fs::File::create(HELD).expect("a volume");
    std::io::copy(&mut std::io::stdin(), &mut file).expect("what it reads");
}

fn print_kept() {
    if let Ok(mut file) = std::fs::File::open(HELD) {
        let _ = std::io::copy(&mut file, &mut std::io::stdout());
    }
}

fn serve() {
    let port = std::env::var("PORT").unwrap_or_else(|_| "8080".into());
    let listener = std::net::TcpListener::bind(format!("0.0.0.0:{port}")).expect("a free port");
    for socket in listener.incoming().flatten() {
        answer(socket);
    }
}

fn answer(mut socket: std::net::TcpStream) {
    let _ = socket.read(&mut [0; 4096]);
    let body = std::env::var("GREETING").unwrap_or_default();
    let _ = write!(
        socket,
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}
