//! Who an image's program runs as: a number, or a name that the image itself explains.

use super::merge::{Kind, Tree};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

const MOST: u64 = 1 << 20;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
    pub home: String,
}

/// `""`, `1000`, `1000:1000`, `node`, `node:staff`.
pub fn find(said: &str, tree: &Tree) -> io::Result<User> {
    let (passwd, group) = (read(tree, "etc/passwd")?, read(tree, "etc/group")?);
    let (who, of) = said.split_once(':').unwrap_or((said, ""));
    let who = if who.is_empty() { "0" } else { who };
    let entry = passwd
        .iter()
        .find(|e| e[0] == who || e.get(2).is_some_and(|uid| uid == who));
    let field = |at: usize| entry.and_then(|e| e.get(at)).map(String::as_str);
    let unknown = || io::Error::other(format!("the image knows no user {said}"));
    let uid = who
        .parse()
        .ok()
        .or_else(|| field(2)?.parse().ok())
        .ok_or_else(unknown)?;
    let named = group
        .iter()
        .find(|e| e[0] == of)
        .and_then(|e| e.get(2)?.parse().ok());
    let gid = match of {
        "" => field(3).unwrap_or("0").parse().ok(),
        of => of.parse().ok().or(named),
    };
    let home = field(5).filter(|home| !home.is_empty());
    Ok(User {
        uid,
        gid: gid.ok_or_else(unknown)?,
        home: home.unwrap_or("/").to_owned(),
    })
}

fn read(tree: &Tree, path: &str) -> io::Result<Vec<Vec<String>>> {
    let Some(Kind::File(part)) = tree.get(Path::new(path)).map(|node| &node.kind) else {
        return Ok(vec![]);
    };
    let bytes = part.clone().bytes(MOST)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(text
        .lines()
        .map(|line| line.split(':').map(str::to_owned).collect())
        .collect())
}
