//! The listener of an instance in `Mode::Sockets`, and the wakes for what happens by itself.

use super::answer::Answer;
use super::world::{Opened, World};
use super::{Mode, Room, images};
use crate::driver::DriverError;
use bytes::Bytes;
use domain::id::InstanceId;
use domain::instance::InstanceSpec;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// `None` where there are no sockets.
pub fn open(room: &Arc<Room>, spec: &InstanceSpec) -> Opened {
    match room.mode {
        Mode::Silent => Ok(None),
        Mode::Sockets => listen(room, &spec.id).map(Some).map_err(|e| {
            DriverError::Refused(format!(
                "The fake instance {} could not listen on loopback: {e}.",
                spec.nickname
            ))
        }),
    }
}

fn listen(
    room: &Arc<Room>,
    id: &InstanceId,
) -> io::Result<(std::net::SocketAddr, CancellationToken)> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let (address, listener) = (listener.local_addr()?, TcpListener::from_std(listener)?);
    let stop = CancellationToken::new();
    tokio::spawn(serve(room.clone(), id.clone(), listener, stop.clone()));
    Ok((address, stop))
}

async fn serve(room: Arc<Room>, id: InstanceId, listener: TcpListener, stop: CancellationToken) {
    while let Some(Ok((socket, _))) = stop.run_until_cancelled(listener.accept()).await {
        let (room, id, stop) = (room.clone(), id.clone(), stop.clone());
        tokio::spawn(async move { stop.run_until_cancelled(converse(&room, &id, socket)).await });
    }
}

/// One connection, kept alive as long as the instance answers.
async fn converse(room: &Arc<Room>, id: &InstanceId, socket: TcpStream) {
    let _ = socket.set_nodelay(true);
    let service = service_fn(|_: Request<Incoming>| std::future::ready(respond(room, id)));
    // An error is a client that left, or an instance that does not answer on purpose.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(socket), service)
        .await;
}

fn respond(room: &Room, id: &InstanceId) -> Result<Response<Full<Bytes>>, io::Error> {
    let now = room.clock.now();
    let world = room.world();
    let instance = world.get(id).ok_or(io::ErrorKind::ConnectionAborted)?;
    match instance.answer(now) {
        Answer::Refused | Answer::Closed => Err(io::ErrorKind::ConnectionAborted.into()),
        Answer::Status(status) => Ok(response(
            status,
            instance.body(&images::reference(&instance.spec.image)),
        )),
    }
}

fn response(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response
}

impl Room {
    /// With a real clock, what happens by itself has to be noticed by itself: a crash, the end
    /// of a removal. A simulation looks whenever it moves its clock.
    pub fn will_change(self: &Arc<Self>, id: &InstanceId, world: &World) {
        let instance = world.get(id).filter(|_| self.mode == Mode::Sockets);
        let Some((in_ms, environment)) = instance.and_then(|found| {
            Some((
                found.changes_in_ms(self.clock.now())?,
                found.spec.environment.clone(),
            ))
        }) else {
            return;
        };
        let room = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(in_ms + 1)).await;
            if let Some(room) = room.upgrade() {
                drop(room.world());
                room.changed(&environment);
            }
        });
    }
}
