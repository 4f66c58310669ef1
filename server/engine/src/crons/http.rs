//! One signed call to an instance's own address.

use super::key::sign;
use bytes::Bytes;
use domain::cron::{NAME_HEADER, RUN_HEADER, SIGNATURE_HEADER, signed_text};
use domain::time::Time;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// Who is called, by whom, with what.
pub struct HttpCall<'a> {
    pub address: SocketAddr,
    pub path: &'a str,
    pub name: &'a str,
    pub run: &'a str,
    /// The environment's.
    pub key: &'a str,
    pub now: Time,
}

/// What was answered, in pieces; the connection ends with the future that reads it.
pub struct Answered {
    pub status: u16,
    pub body: Vec<u8>,
    pub cut: bool,
}

impl HttpCall<'_> {
    /// Only the first `keep_bytes` of the answer are read. The error completes "The instance …".
    pub async fn make(&self, keep_bytes: usize) -> Result<Answered, String> {
        let socket = TcpStream::connect(self.address)
            .await
            .map_err(|error| format!("could not be connected to: {error}"))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
            .await
            .map_err(|_| broke_off())?;
        let request = self.request()?;
        let ask = async {
            let answer = sender.send_request(request).await;
            read(answer.map_err(|_| broke_off())?, keep_bytes).await
        };
        let mut ask = std::pin::pin!(ask);
        tokio::select! {
            answered = &mut ask => answered,
            _ = connection => ask.await,
        }
    }

    fn request(&self) -> Result<Request<Empty<Bytes>>, String> {
        let t = self.now.0.div_euclid(1000);
        let text = signed_text(t, self.path, self.name, self.run);
        Request::post(self.path)
            .header(header::HOST, "localhost")
            .header(header::USER_AGENT, "Sealdock-Cron")
            .header(header::CONNECTION, "close")
            .header(header::CONTENT_LENGTH, 0)
            .header(NAME_HEADER, self.name)
            .header(RUN_HEADER, self.run)
            .header(
                SIGNATURE_HEADER,
                format!("t={t},v1={}", sign(self.key, &text)),
            )
            .body(Empty::new())
            .map_err(|_| format!("can't be asked for `{}`, which is no path", self.path))
    }
}

async fn read(answer: Response<Incoming>, keep_bytes: usize) -> Result<Answered, String> {
    let (status, mut body) = (answer.status().as_u16(), answer.into_body());
    let mut kept = vec![];
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| broke_off())?;
        let data = frame.into_data().unwrap_or_default();
        let room = keep_bytes - kept.len();
        kept.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return Ok(Answered {
                status,
                body: kept,
                cut: true,
            });
        }
    }
    Ok(Answered {
        status,
        body: kept,
        cut: false,
    })
}

fn broke_off() -> String {
    crate::probe::BROKE_OFF.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn p12_a_call_says_who_calls_and_proves_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 2048];
            let n = socket.read(&mut buffer).await.unwrap();
            let answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 8\r\n\r\nall done";
            socket.write_all(answer).await.unwrap();
            String::from_utf8_lossy(&buffer[..n]).to_lowercase()
        });
        let call = HttpCall {
            address,
            path: "/beat?a=1",
            name: "beat",
            run: "run_1",
            key: "key",
            now: Time(1_000_999),
        };
        let answered = call.make(3).await.unwrap();
        assert_eq!(
            (answered.status, answered.body.as_slice(), answered.cut),
            (202, &b"all"[..], true)
        );
        let asked = asked.await.unwrap();
        let proof = sign("key", "1000.POST /beat?a=1.beat.run_1");
        for part in [
            "post /beat?a=1 http/1.1",
            "x-sealdock-cron: beat",
            "x-sealdock-run: run_1",
            &format!("x-sealdock-signature: t=1000,v1={proof}"),
        ] {
            assert!(asked.contains(part), "{part} is not in {asked}");
        }
    }
}
