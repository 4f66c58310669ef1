//! Terminals of debug environments (I-10): who may, where, how many, for how long.

use super::{Control, broken, found};
use crate::driver::DriverError;
use crate::driver::terminal::{NewTerminal, Opened, Said};
use crate::store::environment::Environment;
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{Hears, Reply, Terminal, Terminals, Types};
use domain::can;
use domain::deployment::Deployment;
use domain::id::{EnvironmentId, InstanceId, WEB};
use domain::refusal::Refusal;
use domain::terminal::{
    Ended, Heard, IDLE_S, LONGEST_S, MOST_BYTES, MOST_OPEN, OpenTerminal, Typed,
};
use domain::view::TerminalView;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, sleep_until};

/// The runtime's own time to begin a command.
const PATIENCE: Duration = Duration::from_secs(30);
const IDLE: Duration = Duration::from_secs(IDLE_S);
const LONGEST: Duration = Duration::from_secs(LONGEST_S);

#[async_trait]
impl Terminals for Control {
    async fn terminal(&self, caller: &Caller, id: &EnvironmentId) -> Reply<TerminalView> {
        caller.may(Action::Exec)?;
        let row = found(self.store.environment(&caller.org, id).await, "environment")?;
        let active = self.serving_there(caller, &row).await?;
        let title = title(&row);
        let refused = can::exec(row.debug, &title, active.as_ref()).err();
        let refused = match (refused, &active) {
            (None, Some(active)) => self.opens_none(active).await?,
            (refused, _) => refused,
        };
        let (refused, way_out) = refused.map_or((None, None), |no| (Some(no.sentence), no.way_out));
        Ok(TerminalView {
            refused,
            way_out,
            deployment: active.as_ref().map(|a| a.id.clone()),
            instances: active.map_or(0, |a| a.config.replicas),
            title,
            project: row.project,
            project_name: row.project_name,
            environment_name: row.name,
        })
    }

    async fn open_terminal(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
        wanted: OpenTerminal,
    ) -> Reply<Terminal> {
        caller.may(Action::Exec)?;
        let row = found(self.store.environment(&caller.org, id).await, "environment")?;
        let active = self.serving_there(caller, &row).await?;
        can::exec(row.debug, &title(&row), active.as_ref())?;
        let active = active.ok_or_else(|| Refusal::not_found("deployment"))?;
        let (argv, instance) = (wanted.words()?, instance(&active, &wanted)?);
        let room = self.terminals.clone().try_acquire_owned();
        let room = room.map_err(|_| too_many())?;
        let (deployment, program) = (&active, argv[0].as_str());
        let told = self.store.terminal_opened(
            caller,
            &row,
            deployment,
            instance.replica + 1,
            program,
            self.now(),
        );
        told.await.map_err(broken)?;
        let new = NewTerminal {
            instance: &instance,
            argv: &argv,
            screen: wanted.screen(),
        };
        let opened = self.begin(&active, new).await?;
        Ok(halves(opened, room, (IDLE, LONGEST)))
    }
}

impl Control {
    async fn serving_there(&self, caller: &Caller, row: &Environment) -> Reply<Option<Deployment>> {
        match &row.active {
            Some(id) => self.store.deployment(&caller.org, id).await.map_err(broken),
            None => Ok(None),
        }
    }

    /// Not every kind of runtime has terminals.
    async fn opens_none(&self, active: &Deployment) -> Reply<Option<Refusal>> {
        let place = self.runtimes.of(&active.runtime).await.map_err(broken)?;
        Ok(place.driver.terminals().is_none().then(no_terminals))
    }

    async fn begin(&self, active: &Deployment, new: NewTerminal<'_>) -> Reply<Opened> {
        let place = self.runtimes.of(&active.runtime).await.map_err(broken)?;
        let terminals = place.driver.terminals().ok_or_else(no_terminals)?;
        let opened = tokio::time::timeout(PATIENCE, terminals.open(new)).await;
        let opened = opened.map_err(|_| silent())?;
        opened.map_err(|error| match error {
            DriverError::Refused(sentence) => Refusal::conflict("no_terminal", sentence),
            DriverError::Unreachable(sentence) => {
                Refusal::unavailable("runtime_unreachable", sentence)
            }
        })
    }
}

fn title(row: &Environment) -> String {
    format!("{} / {}", row.project_name, row.name)
}

fn instance(active: &Deployment, wanted: &OpenTerminal) -> Reply<InstanceId> {
    let (number, all) = (wanted.instance.unwrap_or(1), active.config.replicas);
    match (1..=all).contains(&number) {
        true => Ok(InstanceId::of(&active.id, WEB, number - 1)),
        false => Err(Refusal::invalid(
            "instance",
            format!("#{} has no instance {number}.", active.number),
        )
        .way_out(format!("They are counted from 1 to {all}."))),
    }
}

fn no_terminals() -> Refusal {
    Refusal::conflict(
        "no_terminal",
        "This runtime opens no terminal in its instances.",
    )
    .way_out("Use an environment on a Docker runtime.")
}

fn silent() -> Refusal {
    let sentence = format!(
        "The runtime did not begin the command within {} s.",
        PATIENCE.as_secs()
    );
    Refusal::unavailable("runtime_unreachable", sentence).way_out("Try again in a moment.")
}

fn too_many() -> Refusal {
    Refusal::unavailable(
        "too_many_terminals",
        format!("{MOST_OPEN} terminals are open, which is the most at once."),
    )
    .way_out("Close one, then try again.")
}

/// When it ends for want of anybody who uses it: both halves put it off.
#[derive(Clone)]
struct Idle {
    at: Arc<Mutex<Instant>>,
    limit: Duration,
}

impl Idle {
    fn begin(limit: Duration) -> Self {
        Self {
            at: Arc::new(Mutex::new(Instant::now() + limit)),
            limit,
        }
    }

    fn put_off(&self) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + self.limit;
    }

    fn at(&self) -> Instant {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Dropping it ends the command, which the driver sees by its closed ends.
struct Screen {
    said: mpsc::Receiver<Said>,
    idle: Idle,
    ends_at: Instant,
    bytes: u64,
    _room: OwnedSemaphorePermit,
}

struct Keys {
    typed: mpsc::Sender<Typed>,
    idle: Idle,
}

fn halves(opened: Opened, room: OwnedSemaphorePermit, limits: (Duration, Duration)) -> Terminal {
    let (idle, longest) = limits;
    let idle = Idle::begin(idle);
    let screen = Screen {
        said: opened.said,
        idle: idle.clone(),
        ends_at: Instant::now() + longest,
        bytes: 0,
        _room: room,
    };
    let typed = opened.typed;
    Terminal {
        screen: Box::new(screen),
        keys: Box::new(Keys { typed, idle }),
    }
}

impl Screen {
    fn heard(&mut self, said: Option<Said>) -> Heard {
        match said {
            Some(Said::Bytes(bytes)) => {
                self.idle.put_off();
                self.bytes += bytes.len() as u64;
                match self.bytes > MOST_BYTES {
                    true => ended(
                        None,
                        format!("It printed more than {} MiB.", MOST_BYTES >> 20),
                    ),
                    false => Heard::Bytes(bytes),
                }
            }
            Some(Said::Ended(Some(code))) => {
                ended(Some(code), format!("The command ended with code {code}."))
            }
            Some(Said::Ended(None)) | None => ended(
                None,
                "The command was ended, or its instance is gone.".into(),
            ),
        }
    }

    fn over(&self) -> Option<String> {
        let now = Instant::now();
        if now >= self.ends_at {
            return Some(format!("It was open for {} hours.", LONGEST_S / 3600));
        }
        let idle = now >= self.idle.at();
        idle.then(|| format!("Nothing happened in it for {} minutes.", IDLE_S / 60))
    }
}

fn ended(code: Option<i64>, sentence: String) -> Heard {
    Heard::Ended(Ended { code, sentence })
}

#[async_trait]
impl Hears for Screen {
    async fn hear(&mut self) -> Heard {
        loop {
            if let Some(sentence) = self.over() {
                return ended(None, sentence);
            }
            tokio::select! {
                said = self.said.recv() => return self.heard(said),
                () = sleep_until(self.idle.at().min(self.ends_at)) => {}
            }
        }
    }
}

#[async_trait]
impl Types for Keys {
    async fn type_in(&mut self, typed: Typed) -> bool {
        self.idle.put_off();
        self.typed.send(typed).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Semaphore;

    const SHORT: Duration = Duration::from_millis(200);

    fn terminal(
        limits: (Duration, Duration),
    ) -> (Terminal, mpsc::Sender<Said>, mpsc::Receiver<Typed>) {
        let (typed, keys) = mpsc::channel(4);
        let (says, said) = mpsc::channel(4);
        let room = Arc::new(Semaphore::new(1)).try_acquire_owned();
        let opened = Opened { typed, said };
        (halves(opened, room.expect("room"), limits), says, keys)
    }

    fn why(heard: Heard) -> String {
        match heard {
            Heard::Ended(ended) => ended.sentence,
            Heard::Bytes(bytes) => format!("{} bytes", bytes.len()),
        }
    }

    #[tokio::test]
    async fn i10_a_terminal_in_which_nothing_happens_ends() {
        let (mut terminal, _says, _keys) = terminal((SHORT, LONGEST));
        let began = Instant::now();
        let last = why(terminal.screen.hear().await);
        assert_eq!(last, "Nothing happened in it for 15 minutes.");
        assert!(began.elapsed() >= SHORT);
    }

    #[tokio::test]
    async fn i10_typing_keeps_it_open_but_not_for_ever() {
        let (terminal, _says, mut read) = terminal((SHORT, 4 * SHORT));
        let Terminal {
            mut screen,
            mut keys,
        } = terminal;
        let began = Instant::now();
        let type_on = async {
            loop {
                assert!(keys.type_in(Typed::Bytes(b"x".to_vec())).await);
                assert!(read.recv().await.is_some());
                tokio::time::sleep(SHORT / 10).await;
            }
        };
        let last = tokio::select! {
            last = screen.hear() => why(last),
            () = type_on => String::new(),
        };
        assert_eq!(last, "It was open for 8 hours.");
        assert!(began.elapsed() >= 4 * SHORT);
    }

    #[tokio::test]
    async fn i10_what_it_prints_is_limited() {
        let (mut terminal, says, _keys) = terminal((IDLE, LONGEST));
        let piece = vec![b'x'; 40 << 20];
        for _ in 0..2 {
            says.send(Said::Bytes(piece.clone())).await.expect("room");
        }
        assert_eq!(
            why(terminal.screen.hear().await),
            format!("{} bytes", 40 << 20)
        );
        assert_eq!(
            why(terminal.screen.hear().await),
            "It printed more than 64 MiB."
        );
    }

    #[tokio::test]
    async fn i10_it_ends_with_its_instance() {
        let (mut terminal, says, _keys) = terminal((IDLE, LONGEST));
        drop(says);
        assert!(why(terminal.screen.hear().await).contains("its instance is gone"));
    }
}
