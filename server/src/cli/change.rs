//! Changes of the configuration, as flags say them.

use super::exit::{Failure, Got};
use clap::Args;
use domain::config::ConfigPatch;

#[derive(Args, Default)]
pub struct ChangeFlags {
    /// Set an environment variable; may be said more than once.
    #[arg(long = "env", value_name = "KEY=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// How many instances.
    #[arg(long, value_name = "N")]
    pub replicas: Option<u32>,
    /// Where the application listens.
    #[arg(long)]
    pub port: Option<u16>,
}

pub fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("it is written KEY=VALUE")?;
    if key.is_empty() {
        Err("the name before `=` is missing".into())
    } else {
        Ok((key.to_owned(), value.to_owned()))
    }
}

impl ChangeFlags {
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.replicas.is_none() && self.port.is_none()
    }

    /// Lays the flags over what was set before.
    pub fn lay_over(&self, patch: &mut ConfigPatch) {
        let set = self
            .set
            .iter()
            .map(|(key, value)| (key.clone(), Some(value.clone())));
        patch.env.extend(set);
        patch.replicas = self.replicas.or(patch.replicas);
        patch.port = self.port.or(patch.port);
    }
}

/// Takes a variable away: what was set here is forgotten, what the file sets is removed.
pub fn unset(
    patch: &mut ConfigPatch,
    names: &[String],
    set_by_file: impl Fn(&str) -> bool,
) -> Got<()> {
    for name in names {
        let was_set = patch.env.remove(name).is_some();
        if set_by_file(name) {
            patch.env.insert(name.clone(), None);
        } else if !was_set {
            return Err(Failure::usage(format!(
                "`{name}` is not set, so it can't be unset."
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_laid_over_what_was_set() {
        let mut patch = ConfigPatch {
            replicas: Some(2),
            ..ConfigPatch::default()
        };
        patch.env.insert("A".into(), Some("1".into()));
        let flags = ChangeFlags {
            set: vec![("B".into(), "2=3".into())],
            replicas: None,
            port: Some(80),
        };
        flags.lay_over(&mut patch);
        assert_eq!(
            (patch.env.len(), patch.replicas, patch.port),
            (2, Some(2), Some(80))
        );
        assert_eq!(pair("B=2=3"), Ok(("B".into(), "2=3".into())));
        assert!(pair("B").is_err() && pair("=x").is_err());
    }

    #[test]
    fn unset_tells_ours_from_the_files() {
        let mut patch = ConfigPatch::default();
        patch.env.insert("OURS".into(), Some("1".into()));
        unset(&mut patch, &["OURS".into(), "FILES".into()], |name| {
            name == "FILES"
        })
        .unwrap();
        assert_eq!(
            patch.env.into_iter().collect::<Vec<_>>(),
            [("FILES".to_owned(), None)]
        );
        assert!(unset(&mut ConfigPatch::default(), &["NONE".into()], |_| false).is_err());
    }
}
