//! As much HTTP/1.1 as it takes to tell our own paths from the app's.

use std::io::{self, Read, Write};

const MOST_HEAD: usize = 64 * 1024;
const END: &[u8] = b"\r\n\r\n";

/// A request as far as it was read.
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    pub length: usize,
    /// The head's bytes, and whatever came along behind them.
    pub bytes: Vec<u8>,
    pub head: usize,
}

/// `None`: the other side has nothing more to ask.
pub fn read(from: &mut impl Read, mut bytes: Vec<u8>) -> io::Result<Option<Request>> {
    loop {
        if let Some(end) = bytes.windows(END.len()).position(|part| part == END) {
            return parse(bytes, end + END.len()).map(Some);
        }
        if bytes.len() > MOST_HEAD {
            return Err(io::Error::other("the head is too long"));
        }
        let mut part = [0; 4096];
        match from.read(&mut part)? {
            0 if bytes.is_empty() => return Ok(None),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => bytes.extend_from_slice(&part[..count]),
        }
    }
}

fn parse(bytes: Vec<u8>, head: usize) -> io::Result<Request> {
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(io::Error::other("this is no request"));
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok());
    Ok(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        length: length.unwrap_or_default(),
        bytes,
        head,
    })
}

impl Request {
    /// The body, and what came behind it.
    pub fn body(self, from: &mut impl Read, most: usize) -> io::Result<(Vec<u8>, Vec<u8>)> {
        if self.length > most {
            return Err(io::Error::other("the body is too long"));
        }
        let mut body = self.bytes[self.head..].to_vec();
        let missing = self.length.saturating_sub(body.len());
        from.take(missing as u64).read_to_end(&mut body)?;
        if body.len() < self.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let rest = body.split_off(self.length);
        Ok((body, rest))
    }
}

pub fn answer(to: &mut impl Write, status: &str, kind: &str, body: &str) -> io::Result<()> {
    let wait = if status.starts_with("503") {
        "retry-after: 1\r\n"
    } else {
        ""
    };
    write!(
        to,
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\ncache-control: no-store\r\n{wait}\r\n{body}",
        body.len()
    )?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_to_its_end_and_no_further() {
        let bytes = b"POST /a?b=c HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET";
        let mut rest = &b""[..];
        let request = read(&mut &bytes[..], vec![])
            .expect("it is whole")
            .expect("it is one");
        assert_eq!((&*request.path, &*request.query), ("/a", "b=c"));
        let (body, behind) = request.body(&mut rest, 10).expect("it is there");
        assert_eq!((&body[..], &behind[..]), (&b"abc"[..], &b"GET"[..]));
    }

    #[test]
    fn half_a_head_and_a_long_body_are_refused() {
        assert!(read(&mut &b"GET / HT"[..], vec![]).is_err());
        assert!(read(&mut &b""[..], vec![]).expect("nothing").is_none());
        let bytes = b"POST / HTTP/1.1\r\ncontent-length: 11\r\n\r\n";
        let request = read(&mut &bytes[..], vec![])
            .expect("it is whole")
            .expect("it is one");
        assert!(request.body(&mut &b"01234567890"[..], 10).is_err());
    }
}
