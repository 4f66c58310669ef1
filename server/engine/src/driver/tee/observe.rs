//! What is concluded from the folders, from QEMU's sockets, and from who was verified.

use super::room::{Folder, Record, Started};
use super::{Room, failed, lines, qmp};
use crate::driver::{DriverError, Scope};
use domain::instance::{Observed, State};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

const LAST_LINES: usize = 20;
/// The agent's own last word on the console.
const EXIT: &str = "tee: exit ";

pub async fn observe(room: &Room, scope: Scope<'_>) -> Result<Vec<Observed>, DriverError> {
    let mut seen = vec![];
    for (folder, record) in room.folders.all().map_err(|e| failed(&e))? {
        let is_wanted = match scope {
            Scope::Everything => true,
            Scope::Environment(environment) => record.environment == *environment,
        };
        if is_wanted {
            seen.extend(look(room, &folder, record).await.map_err(|e| failed(&e))?);
        }
    }
    Ok(seen)
}

/// `None`: it went while we looked.
async fn look(room: &Room, folder: &Folder, record: Record) -> io::Result<Option<Observed>> {
    let started = folder.started()?;
    let Known {
        is_leaving,
        is_being_made,
        is_watched,
        lacks_secrets,
        open,
    } = known(room, folder, &record);
    let state = match open {
        _ if is_leaving => State::Leaving,
        _ if started.is_none() || is_being_made => State::Starting,
        // Its watch has not said yet why it ended.
        None if is_watched => State::Starting,
        _ if !qmp::runs(folder.path()).await? => exited(folder)?,
        Some(_) => State::Running,
        // It runs, and nobody may reach it.
        None => State::Starting,
    };
    let open = open.filter(|_| matches!(state, State::Running | State::Leaving));
    let inside = |started: &Started| SocketAddr::from((Ipv4Addr::LOCALHOST, started.port));
    Ok(folder.path().exists().then(|| Observed {
        address: open,
        sealed: open.and(started.as_ref().map(inside)),
        // Whoever sees that nobody has started it brings its secrets.
        started_at: started.filter(|_| !lacks_secrets).map(|started| started.at),
        id: record.id,
        environment: record.environment,
        state,
    }))
}

struct Known {
    is_leaving: bool,
    is_being_made: bool,
    is_watched: bool,
    /// It waits for them, and nobody here knows them any more.
    lacks_secrets: bool,
    open: Option<SocketAddr>,
}

fn known(room: &Room, folder: &Folder, record: &Record) -> Known {
    let machines = room.machines();
    let waits = record.secrets && !folder.has_secrets();
    Known {
        is_leaving: machines.leaving.contains(&record.id),
        is_being_made: machines.making.contains(&record.id),
        is_watched: machines.is_watched(&record.id),
        lacks_secrets: waits && machines.secrets(&record.id).is_none(),
        open: machines.open.get(&record.id).map(|forward| forward.address),
    }
}

/// QEMU ends with 0 whatever happened inside, so only the agent's word counts as a code.
fn exited(folder: &Folder) -> io::Result<State> {
    let mut all = lines::all(folder)?;
    let code = all
        .iter()
        .rev()
        .find_map(|line| line.strip_prefix(EXIT)?.trim().parse().ok());
    all.extend(folder.refused());
    Ok(State::Exited {
        code: code.unwrap_or(1),
        out_of_memory: false,
        lines: all.split_off(all.len().saturating_sub(LAST_LINES)),
    })
}
