//! An app that tells every secret it was given, on purpose: what is seen of them elsewhere shows
//! who keeps them. `teller mount NAME…` is a build's step and prints what is mounted; without a
//! verb it prints what `TELL` names, and serves. `/env?name=` answers with a variable,
//! `/tell?name=` prints it.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    match words.split_first() {
        Some((verb, names)) if verb == "mount" => names.iter().for_each(|name| mounted(name)),
        _ => serve(),
    }
}

fn mounted(name: &str) {
    let value = fs::read_to_string(format!("/run/secrets/{name}")).unwrap_or_default();
    println!("mounted {name}: {} bytes: {value}", value.len());
    println!("mounted {name} in base64: {}", base64(value.as_bytes()));
}

fn tell(name: &str) {
    let value = variable(name);
    println!("given {name}: {} bytes: {value}", value.len());
    println!("given {name} in base64: {}", base64(value.as_bytes()));
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn serve() {
    variable("TELL").split(',').filter(|name| !name.is_empty()).for_each(tell);
    let port = variable("PORT").parse().unwrap_or(8080);
    let listener = TcpListener::bind(("0.0.0.0", port)).expect("a port");
    for stream in listener.incoming().flatten() {
        let _ = answer(stream);
    }
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut first, mut line) = (String::new(), String::new());
    reader.read_line(&mut first)?;
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or("/");
    let (path, name) = path.split_once("?name=").unwrap_or((path, ""));
    let body = match path {
        "/env" => variable(name),
        "/tell" => {
            tell(name);
            "told".to_owned()
        }
        _ => "ok".to_owned(),
    };
    let length = body.len();
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let at = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * i) & 63) as usize] as char;
            text.push(if i <= group.len() { letter } else { '=' });
        }
    }
    text
}
