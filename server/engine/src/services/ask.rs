//! Whether a service answers: a managed one by its own client inside its container, one that runs
//! elsewhere over the network as an app would.

use crate::driver::services::{Errand, Services};
use crate::store::service::Service;
use domain::id::ServiceId;
use domain::service::{Address, Kind};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const INSIDE: Duration = Duration::from_secs(10);
const OUTSIDE: Duration = Duration::from_secs(5);
/// Of an answer, what matters.
const ANSWER_BYTES: usize = 512;
const SAID_LETTERS: usize = 160;

/// What the clients of a kind take their password from.
pub fn client_env(service: &Service) -> BTreeMap<String, String> {
    let name = match service.kind {
        Kind::Redis => "REDISCLI_AUTH",
        _ => "PGPASSWORD",
    };
    BTreeMap::from([(name.to_owned(), service.address.password.clone())])
}

/// The database's user and name, as its clients are told.
pub fn client(program: &str, words: &[&str]) -> Vec<String> {
    let all = std::iter::once(&program).chain(words);
    all.map(|word| (*word).to_owned()).collect()
}

/// Over TCP also inside: while it is set up for the first time it listens on no network.
pub async fn inside(services: &dyn Services, service: &Service) -> Result<(), String> {
    let (argv, sign) = match service.kind {
        Kind::Redis => (client("redis-cli", &["-h", "127.0.0.1", "ping"]), "PONG"),
        _ => (
            client("pg_isready", &["--host=127.0.0.1", "--timeout=5"]),
            "",
        ),
    };
    let errand = Errand {
        argv: &argv,
        env: &client_env(service),
        input: None,
        output: None,
        most_bytes: 0,
        limit: INSIDE,
    };
    let done = run(services, &service.id, errand).await?;
    match done.code {
        Some(0) if done.said.contains(sign) => Ok(()),
        None => Err(format!(
            "`{}` took longer than {} s",
            argv[0],
            INSIDE.as_secs()
        )),
        Some(code) if done.said.is_empty() => Err(format!("`{}` ended with {code}", argv[0])),
        Some(_) => Err(one_line(&done.said)),
    }
}

async fn run(
    services: &dyn Services,
    id: &ServiceId,
    errand: Errand<'_>,
) -> Result<crate::driver::services::Errands, String> {
    services.errand(id, errand).await.map_err(|e| e.to_string())
}

/// From this server; never with a word of the credentials in the answer.
pub async fn outside(kind: Kind, address: &Address) -> Result<(), String> {
    match tokio::time::timeout(OUTSIDE, converse(kind, address)).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("no answer within {} s", OUTSIDE.as_secs())),
    }
}

async fn converse(kind: Kind, address: &Address) -> Result<(), String> {
    let place = (address.host.as_str(), address.port);
    let connected = TcpStream::connect(place).await;
    let mut socket = connected.map_err(|e| format!("no connection to {}: {e}", address.place()))?;
    match kind {
        Kind::Postgres => postgres(&mut socket, address).await,
        Kind::Redis if !address.tls => redis(&mut socket, address).await,
        // Behind TLS and HTTP a connection is as much as a look is worth.
        Kind::Redis | Kind::S3 => Ok(()),
    }
}

/// The first message of its protocol: what answers with a question for the password is up.
async fn postgres(socket: &mut TcpStream, address: &Address) -> Result<(), String> {
    let mut body = 196_608_u32.to_be_bytes().to_vec();
    for text in ["user", &address.user, "database", &address.name] {
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    let message = [&length.to_be_bytes()[..], &body].concat();
    let answer = exchange(socket, &message).await?;
    match answer.first() {
        Some(b'R') => Ok(()),
        Some(b'E') => Err(postgres_error(&answer)),
        _ => Err("what answers there does not speak PostgreSQL".into()),
    }
}

/// Fields are a letter and a text each; `M` is for people. A server that wants TLS is up as well.
fn postgres_error(answer: &[u8]) -> String {
    let fields = answer.get(5..).unwrap_or_default().split(|b| *b == 0);
    let message = fields
        .filter_map(|field| field.strip_prefix(b"M"))
        .next()
        .unwrap_or_default();
    one_line(&String::from_utf8_lossy(message))
}

async fn redis(socket: &mut TcpStream, address: &Address) -> Result<(), String> {
    if !address.password.is_empty() {
        let mut words = vec!["AUTH"];
        words.extend(Some(address.user.as_str()).filter(|user| !user.is_empty()));
        words.push(&address.password);
        let answer = exchange(socket, &resp(&words)).await?;
        if !answer.starts_with(b"+OK") {
            return Err("it does not take the credentials of the URL".into());
        }
    }
    let answer = exchange(socket, &resp(&["PING"])).await?;
    match answer.strip_prefix(b"-") {
        None if answer.starts_with(b"+PONG") => Ok(()),
        None => Err("what answers there does not speak Redis".into()),
        Some(no) => Err(one_line(&String::from_utf8_lossy(no))),
    }
}

/// A command as an array of strings.
fn resp(words: &[&str]) -> Vec<u8> {
    let words_sent = words.iter().map(|w| format!("${}\r\n{w}\r\n", w.len()));
    let text = format!("*{}\r\n{}", words.len(), words_sent.collect::<String>());
    text.into_bytes()
}

async fn exchange(socket: &mut TcpStream, message: &[u8]) -> Result<Vec<u8>, String> {
    let broken = |e: std::io::Error| format!("the connection broke: {e}");
    socket.write_all(message).await.map_err(broken)?;
    let mut answer = vec![0; ANSWER_BYTES];
    let length = socket.read(&mut answer).await.map_err(broken)?;
    answer.truncate(length);
    match length {
        0 => Err("the connection was closed without an answer".into()),
        _ => Ok(answer),
    }
}

fn one_line(text: &str) -> String {
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty());
    line.unwrap_or_default()
        .chars()
        .take(SAID_LETTERS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p23_a_command_of_redis_counts_its_bytes() {
        assert_eq!(
            resp(&["AUTH", "pä"]),
            b"*2\r\n$4\r\nAUTH\r\n$3\r\np\xc3\xa4\r\n"
        );
    }

    #[test]
    fn p23_what_postgres_refuses_with_is_read() {
        let answer = b"E\0\0\0\x40SFATAL\0C57P03\0Mthe database system is starting up\0\0";
        assert_eq!(postgres_error(answer), "the database system is starting up");
        assert_eq!(postgres_error(b"E"), "");
    }
}
