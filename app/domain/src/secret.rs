//! Secrets of an organization (I-14): what one may be, which of them a deployment is given, and
//! values that nothing prints. How they are kept is the engine's business.

use crate::api::NewSecret;
use crate::config::{self, Config};
use crate::refusal::Refusal;
use crate::view::SecretUse;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroize;

/// Of one value: half of what a single variable may hold on Linux.
pub const MAX_VALUE_BYTES: usize = 64 * 1024;
/// Of one organization.
pub const MOST: u32 = 500;
/// Of everything that one instance is given: far below what a process can be started with.
pub const MAX_TOGETHER_BYTES: u64 = 256 * 1024;

/// A value. It prints as nothing, and its memory is wiped when it is dropped.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    /// The value itself: for who seals it, hides it in a log, or gives it to its process.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText")
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Values by name, on the way from where they are kept to the process that needs them. They are
/// part of no row, event, snapshot or answer.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(Arc<BTreeMap<String, SecretText>>);

impl Secrets {
    /// Of these.
    pub fn new(values: BTreeMap<String, String>) -> Self {
        values.into_iter().map(|(n, v)| (n, v.into())).collect()
    }

    /// One value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(SecretText::reveal)
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.reveal()))
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of these names, or the first name that has no value.
    pub fn only(&self, names: &[String]) -> Result<Secrets, String> {
        let one = |name: &String| match self.0.get(name) {
            Some(value) => Ok((name.clone(), value.clone())),
            None => Err(name.clone()),
        };
        names.iter().map(one).collect()
    }
}

impl FromIterator<(String, SecretText)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (String, SecretText)>>(values: I) -> Self {
        Self(Arc::new(values.into_iter().collect()))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What may be kept: a name that a variable can have, and a value that a variable can hold. No
/// sentence in here quotes the value.
pub fn check(new: &NewSecret) -> Result<(), Refusal> {
    config::own_variable(&new.name)?;
    let value = new.value.reveal();
    let no = |sentence: &str, way_out: &str| {
        Err(Refusal::invalid("value", sentence).way_out(way_out.to_owned()))
    };
    match value {
        "" => no("The value is empty.", "Give it one, or delete the secret."),
        _ if value.len() > MAX_VALUE_BYTES => no(
            "The value is longer than 64 KiB.",
            "Keep large files in a store, and the key that opens it here.",
        ),
        _ if value.contains('\0') => no(
            "The value contains a NUL, which no variable can hold.",
            "Keep it as text: encode it with base64.",
        ),
        _ => Ok(()),
    }
}

/// The names that a deployment of this configuration is given; `builds`: its image is made anew.
pub fn named(config: &Config, builds: bool) -> BTreeSet<String> {
    let build = config.build.secrets.iter().filter(|_| builds);
    config.secrets.iter().chain(build).cloned().collect()
}

/// Before anything starts: every name has a value, and a process can be started with them.
/// `sizes` is of all that exist.
pub fn known(config: &Config, builds: bool, sizes: &BTreeMap<String, u64>) -> Result<(), Refusal> {
    let missing: Vec<_> = named(config, builds)
        .into_iter()
        .filter(|name| !sizes.contains_key(name))
        .collect();
    if let Some(first) = missing.first() {
        return Err(no_such(&missing, first));
    }
    let together: u64 = config.secrets.iter().filter_map(|n| sizes.get(n)).sum();
    match together > MAX_TOGETHER_BYTES {
        false => Ok(()),
        true => Err(Refusal::invalid(
            "secrets",
            format!(
                "The secrets that it names hold {} KiB together; a process is given 256 KiB at most.",
                together.div_ceil(1024)
            ),
        )
        .way_out("Name fewer of them, or keep the large ones in a store.")),
    }
}

fn no_such(missing: &[String], first: &str) -> Refusal {
    let sentence = match missing {
        [one] => format!("There is no secret `{one}` in this organization."),
        many => format!(
            "There are no secrets `{}` in this organization.",
            many.join("`, `")
        ),
    };
    Refusal {
        code: "no_secret".into(),
        ..Refusal::invalid("secrets", sentence)
    }
    .way_out(format!(
        "Create it under Settings → Secrets or with `sealdock secret set {first}`, or take the name out of the configuration."
    ))
}

/// Why it can't be deleted.
pub fn bound(name: &str, users: &[SecretUse]) -> Refusal {
    let places: Vec<_> = users.iter().map(SecretUse::title).collect();
    Refusal::conflict(
        "secret_bound",
        format!(
            "`{name}` can't be deleted: it is used by {}.",
            places.join(", ")
        ),
    )
    .way_out("Take the name out of the configuration there and deploy that, then delete it.")
}

/// For a plan: values are read anew, also where everything else is as it was before.
pub fn note_again(names: &BTreeSet<String>) -> Option<String> {
    (!names.is_empty()).then(|| {
        format!(
            "It gets today's values of the secrets that it names: {}.",
            listed(names)
        )
    })
}

/// For a plan: what the running instances do not have yet.
pub fn note_changed(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| {
        format!(
            "Secrets changed since, and are read anew: {}.",
            listed(names)
        )
    })
}

fn listed<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<_> = names.into_iter().map(|n| format!("`{n}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn new(name: &str, value: &str) -> NewSecret {
        NewSecret {
            name: name.into(),
            value: value.to_owned().into(),
        }
    }

    fn said(result: Result<(), Refusal>, expected: Expect) {
        let said = result.map_or_else(
            |no| format!("{} {}: {no}", no.code, no.place.clone().unwrap_or_default()),
            |()| "fine".to_owned(),
        );
        expected.assert_eq(&said);
    }

    #[test]
    fn i14_what_a_secret_may_be() {
        said(check(&new("DB_PASSWORD", "hunter2 ü\n")), expect!["fine"]);
        let longest = "a".repeat(MAX_VALUE_BYTES);
        said(check(&new("A", &longest)), expect!["fine"]);
        said(
            check(&new("A", &(longest + "a"))),
            expect![
                "invalid value: The value is longer than 64 KiB. Keep large files in a store, and the key that opens it here."
            ],
        );
        said(
            check(&new("A", "")),
            expect!["invalid value: The value is empty. Give it one, or delete the secret."],
        );
        said(
            check(&new("A", "a\0b")),
            expect![
                "invalid value: The value contains a NUL, which no variable can hold. Keep it as text: encode it with base64."
            ],
        );
        said(
            check(&new("1A", "x")),
            expect![
                "invalid name: `1A` is not a name for a variable; use letters, digits and `_`, and do not start with a digit."
            ],
        );
        said(
            check(&new("PORT", "x")),
            expect![
                "invalid name: `PORT` is reserved: Sealdock sets it to the port to listen on; remove it, and set the field `port` instead."
            ],
        );
    }

    #[test]
    fn i14_no_refusal_and_no_debug_shows_the_value() {
        let long = new("A", &("hunter2".to_owned() + &"a".repeat(MAX_VALUE_BYTES)));
        for wrong in [long, new("B", "hunter2\0"), new("PORT", "hunter2")] {
            let no = check(&wrong).expect_err("it is refused");
            assert!(!format!("{no:?} {wrong:?}").contains("hunter2"));
        }
        let values = Secrets::new([("A".to_owned(), "hunter2".to_owned())].into());
        assert_eq!(format!("{values:?}"), r#"{"A"}"#);
    }

    fn config() -> Config {
        let mut config = Config {
            secrets: vec!["B".into(), "A".into()],
            ..Config::default()
        };
        config.build.secrets = vec!["NPM".into(), "A".into()];
        config
    }

    fn sizes(all: &[(&str, u64)]) -> BTreeMap<String, u64> {
        all.iter().map(|(n, s)| ((*n).to_owned(), *s)).collect()
    }

    #[test]
    fn i14_names_without_a_value_are_refused_before_anything_starts() {
        let all = sizes(&[("A", 1), ("B", 1), ("NPM", 1)]);
        said(known(&config(), true, &all), expect!["fine"]);
        said(
            known(&config(), false, &sizes(&[("A", 1), ("B", 1)])),
            expect!["fine"],
        );
        said(
            known(&config(), true, &sizes(&[("A", 1), ("B", 1)])),
            expect![
                "no_secret secrets: There is no secret `NPM` in this organization. Create it under Settings → Secrets or with `sealdock secret set NPM`, or take the name out of the configuration."
            ],
        );
        said(
            known(&config(), true, &sizes(&[])),
            expect![
                "no_secret secrets: There are no secrets `A`, `B`, `NPM` in this organization. Create it under Settings → Secrets or with `sealdock secret set A`, or take the name out of the configuration."
            ],
        );
        said(
            known(
                &config(),
                true,
                &sizes(&[("A", 200 << 10), ("B", 57 << 10), ("NPM", 1)]),
            ),
            expect![
                "invalid secrets: The secrets that it names hold 257 KiB together; a process is given 256 KiB at most. Name fewer of them, or keep the large ones in a store."
            ],
        );
    }

    #[test]
    fn i14_values_are_given_by_name_or_not_at_all() {
        let values = Secrets::new(
            [("A", "1"), ("B", "2")]
                .map(|(n, v)| (n.into(), v.into()))
                .into(),
        );
        let one = values.only(&["B".into()]).expect("it is there");
        assert_eq!(one.iter().collect::<Vec<_>>(), [("B", "2")]);
        assert_eq!(values.only(&["B".into(), "C".into()]), Err("C".into()));
    }
}
