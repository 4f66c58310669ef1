//! A program that treats its builder badly, told by its first word. Static, for `FROM scratch`.

use std::io::Write;
use std::process::{exit, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = words.get(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    match words.first().map(String::as_str) {
        Some("memory") => memory(),
        Some("forks") => forks(),
        Some("disk") => disk(),
        Some("lines") => lines(number),
        Some("paced") => paced(number),
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
fn paced(count: u64) {
    let began = Instant::now();
    for n in 1..=count {
        println!("line {n} of {count}");
        if n % 100 == 0 {
            sleep(Duration::from_millis(n / 10).saturating_sub(began.elapsed()));
        }
    }
}

/// As many threads, each busy for 10 s.
fn cpu(threads: u64) {
    let until = Instant::now() + Duration::from_secs(10);
    let busy = move || while Instant::now() < until {};
    let all: Vec<_> = (0..threads).map(|_| std::thread::spawn(busy)).collect();
    all.into_iter().for_each(|thread| thread.join().expect("it ends"));
}
