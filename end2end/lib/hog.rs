//! A program that treats its builder badly, told by its first word. Static, for `FROM scratch`.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{exit, Command};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = words.get(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    match words.first().map(String::as_str) {
        Some("memory") => memory(),
        Some("forks") => forks(),
        Some("disk") => disk(),
        Some("lines") => lines(number),
        Some("paced") => paced(number, |n| println!("line {n} of {number}")),
        Some("chatter") => chatter(number),
        Some("cpu") => cpu(number),
        Some("sleep") => sleep(Duration::from_secs(number)),
        Some("fail") => {
            println!("compiling");
            eprintln!("main.c:3:1: error: expected a semicolon");
            exit(2);
        }
        _ => {}
    }
}

fn memory() {
    let mut kept = Vec::new();
    loop {
        kept.push(vec![1u8; 1 << 20]);
    }
}

/// Every copy of it starts others, until no more can be had.
fn forks() {
    let me = std::env::current_exe().expect("its own path");
    loop {
        if let Err(e) = Command::new(&me).arg("forks").spawn() {
            println!("no more processes: {e}");
            exit(9);
        }
    }
}

fn disk() {
    let mut file = std::fs::File::create("/filled").expect("a file");
    let piece = vec![7u8; 1 << 20];
    while file.write_all(&piece).is_ok() {}
    println!("the disk is full");
    exit(8);
}

/// As fast as they are taken.
fn lines(count: u64) {
    let mut out = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout());
    for n in 1..=count {
        let _ = writeln!(out, "line {n} of {count}");
    }
}

/// At 10,000 lines a second.
fn paced(count: u64, print: impl Fn(u64)) {
    let began = Instant::now();
    for n in 1..=count {
        print(n);
        if n % 100 == 0 {
            sleep(Duration::from_millis(n / 10).saturating_sub(began.elapsed()));
        }
    }
}

/// An app that writes an access log at that pace, one line of it unlike the others, and answers
/// everybody.
fn chatter(count: u64) {
    let port = std::env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    let door = TcpListener::bind(format!("0.0.0.0:{port}")).expect("a free port");
    let rare = count / 10 * 7;
    spawn(move || {
        paced(count, |n| match n == rare {
            true => println!("line {n} of {count}: the needle broke"),
            false => println!("line {n} of {count}: GET /orders/{} 200 in {} ms", n * 7919 % 100_003, n % 97),
        });
    });
    for mut stream in door.incoming().flatten() {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
    }
}

/// As many threads, each busy for 10 s.
fn cpu(threads: u64) {
    let until = Instant::now() + Duration::from_secs(10);
    let busy = move || while Instant::now() < until {};
    let all: Vec<_> = (0..threads).map(|_| std::thread::spawn(busy)).collect();
    all.into_iter().for_each(|thread| thread.join().expect("it ends"));
}
