//! This terminal: what is typed as it is typed, and its size.

use domain::terminal::{Screen, Typed};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use std::io::{IsTerminal, Read, stdin, stdout};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

const HELD: usize = 16;
const PIECE: usize = 16 << 10;

/// The size of the terminal around us; `None`: there is none.
pub fn screen() -> Option<Screen> {
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return None;
    }
    let size = tcgetwinsize(stdout()).ok()?;
    Some(Screen {
        columns: size.ws_col,
        rows: size.ws_row,
    })
}

/// Every key is passed on, `^C` too, until this is dropped.
pub struct Raw(Option<Termios>);

pub fn raw() -> Raw {
    let before = tcgetattr(stdin()).ok();
    if let Some(mut now) = before.clone() {
        now.make_raw();
        let _ = tcsetattr(stdin(), OptionalActions::Now, &now);
    }
    Raw(before)
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(stdin(), OptionalActions::Now, before);
        }
    }
}

/// Keys and sizes, as they come.
pub struct Keys {
    typed: mpsc::Receiver<Typed>,
    resized: Option<Signal>,
}

impl Keys {
    /// A thread of its own reads: nothing can end a read of a terminal, so nobody waits for it.
    pub fn listen(on_screen: bool) -> Self {
        let (sender, typed) = mpsc::channel(HELD);
        std::thread::spawn(move || read(&sender));
        let resized = on_screen.then(|| signal(SignalKind::window_change()).ok());
        Self {
            typed,
            resized: resized.flatten(),
        }
    }

    pub async fn next(&mut self) -> Option<Typed> {
        let resized = async {
            match &mut self.resized {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            typed = self.typed.recv() => typed,
            _ = resized => screen().map(Typed::Screen),
        }
    }
}

fn read(into: &mpsc::Sender<Typed>) {
    let mut piece = vec![0; PIECE];
    loop {
        let typed = match stdin().lock().read(&mut piece) {
            Ok(n) if n > 0 => Typed::Bytes(piece[..n].to_vec()),
            _ => Typed::End,
        };
        let last = typed == Typed::End;
        if into.blocking_send(typed).is_err() || last {
            return;
        }
    }
}
