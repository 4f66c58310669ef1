//! WebSocket echo (RFC 6455): text and binary come back, pings are answered, closing is polite.

use crate::app::App;
use crate::body::Body;
use crate::handshake;
use crate::http::{Input, Request};
use crate::reply::Reply;
use crate::routes::After;
use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::time::Duration;

const MAX_FRAME_BYTES: u64 = 1024 * 1024;
const LOOK_UP: Duration = Duration::from_millis(200);
const FRAME_LIMIT: Duration = Duration::from_secs(20);

const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
const GOING_AWAY: u16 = 1001;
const PROTOCOL_ERROR: u16 = 1002;
const TOO_BIG: u16 = 1009;

pub fn upgrade(
    app: &App,
    request: &Request,
    body: &mut Body<'_>,
    reply: &mut Reply<'_>,
) -> io::Result<After> {
    let key = request
        .header("sec-websocket-key")
        .filter(|_| request.has_token("upgrade", "websocket"));
    let Some(key) = key else {
        return reply
            .text(426, "this is a WebSocket\n")
            .map(|()| After::Next);
    };
    let accept = handshake::accept(key);
    reply.switch(&format!(
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
    ))?;
    reply.closes = true;
    converse(app, body.input, reply.stream).map(|()| After::Close)
}

fn converse(app: &App, input: &mut Input, out: &mut impl Write) -> io::Result<()> {
    while wait(app, input)? {
        match Frame::read(input)? {
            Err(code) => return Frame::close(code).write(out),
            Ok(frame) if frame.opcode == CLOSE => return frame.write(out),
            Ok(frame) if frame.opcode == PONG => {}
            Ok(mut frame) => {
                if frame.opcode == PING {
                    frame.opcode = PONG;
                }
                frame.write(out)?;
            }
        }
    }
    Frame::close(GOING_AWAY).write(out)
}

/// Waits for a frame to begin; false when the process is told to stop.
fn wait(app: &App, input: &mut Input) -> io::Result<bool> {
    input.get_ref().set_read_timeout(Some(LOOK_UP))?;
    while !app.draining() {
        match input.fill_buf() {
            Ok([]) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) => {
                input.get_ref().set_read_timeout(Some(FRAME_LIMIT))?;
                return Ok(true);
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

struct Frame {
    last: bool,
    opcode: u8,
    payload: Vec<u8>,
}

impl Frame {
    fn close(code: u16) -> Frame {
        Frame {
            last: true,
            opcode: CLOSE,
            payload: code.to_be_bytes().to_vec(),
        }
    }

    /// A client's frame, unmasked; or the code to close with.
    fn read(input: &mut impl Read) -> io::Result<Result<Frame, u16>> {
        let [first, second] = array(input)?;
        let length = match second & 0x7F {
            126 => u64::from(u16::from_be_bytes(array(input)?)),
            127 => u64::from_be_bytes(array(input)?),
            short => u64::from(short),
        };
        if second & 0x80 == 0 || first & 0x70 != 0 {
            return Ok(Err(PROTOCOL_ERROR));
        }
        if length > MAX_FRAME_BYTES {
            return Ok(Err(TOO_BIG));
        }
        let mask: [u8; 4] = array(input)?;
        let mut payload = vec![0; length as usize];
        input.read_exact(&mut payload)?;
        for (byte, key) in payload.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= key;
        }
        Ok(Ok(Frame {
            last: first & 0x80 != 0,
            opcode: first & 0x0F,
            payload,
        }))
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut bytes = vec![u8::from(self.last) << 7 | self.opcode];
        match self.payload.len() {
            short @ ..126 => bytes.push(short as u8),
            medium @ 126..=0xFFFF => {
                bytes.push(126);
                bytes.extend((medium as u16).to_be_bytes());
            }
            long => {
                bytes.push(127);
                bytes.extend((long as u64).to_be_bytes());
            }
        }
        bytes.extend(&self.payload);
        out.write_all(&bytes)
    }
}

fn array<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}
