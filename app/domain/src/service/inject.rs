//! What a link gives an app: variables by the kind of service, behind a prefix if one was chosen.
//!
//! They and the environment's own variables never share a name. Where they would, linking and
//! deploying are refused: a silent winner is found out about in production.

use super::{Address, Kind};
use crate::config::Change;
use crate::refusal::Refusal;
use std::collections::BTreeMap;

const LONGEST_PREFIX: usize = 24;
/// S3 clients want one, whatever the store makes of it.
const REGION: &str = "us-east-1";

/// `cache` becomes `CACHE`; nothing is no prefix.
pub fn prefix(text: &str) -> Result<String, Refusal> {
    let text = text.trim().trim_end_matches('_').to_ascii_uppercase();
    let fine = text.len() <= LONGEST_PREFIX
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && text.starts_with(|c: char| c.is_ascii_uppercase());
    let ours = text == "SEALDOCK" || text.starts_with("SEALDOCK_");
    match text.is_empty() || (fine && !ours) {
        true => Ok(text),
        false => Err(
            Refusal::invalid("prefix", "That can't begin the names of variables.").way_out(
                format!("Use up to {LONGEST_PREFIX} letters, digits and `_`, beginning with a letter; `SEALDOCK` is ours."),
            ),
        ),
    }
}

/// Names and values.
pub fn variables(kind: Kind, address: &Address, prefix: &str) -> BTreeMap<String, String> {
    let name = |name: &str| match prefix {
        "" => name.to_owned(),
        prefix => format!("{prefix}_{name}"),
    };
    let pairs = match kind {
        Kind::Postgres => postgres(address),
        Kind::Redis => redis(address),
        Kind::S3 => s3(address),
    };
    pairs
        .into_iter()
        .map(|(n, value)| (name(n), value))
        .collect()
}

fn postgres(address: &Address) -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("DATABASE_URL", address.url(Kind::Postgres)),
        ("PGHOST", address.host.clone()),
        ("PGPORT", address.port.to_string()),
        ("PGUSER", address.user.clone()),
        ("PGPASSWORD", address.password.clone()),
        ("PGDATABASE", address.name.clone()),
    ];
    let mode = address.options.iter().find(|(name, _)| name == "sslmode");
    all.extend(mode.map(|(_, mode)| ("PGSSLMODE", mode.clone())));
    all
}

fn redis(address: &Address) -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("REDIS_URL", address.url(Kind::Redis)),
        ("REDIS_HOST", address.host.clone()),
        ("REDIS_PORT", address.port.to_string()),
        ("REDIS_PASSWORD", address.password.clone()),
    ];
    all.extend((!address.user.is_empty()).then(|| ("REDIS_USERNAME", address.user.clone())));
    all
}

fn s3(address: &Address) -> Vec<(&'static str, String)> {
    let bare = Address {
        user: String::new(),
        password: String::new(),
        name: String::new(),
        options: vec![],
        ..address.clone()
    };
    let region = address.options.iter().find(|(name, _)| name == "region");
    let region = region.map_or_else(|| REGION.to_owned(), |(_, region)| region.clone());
    vec![
        ("S3_ENDPOINT", bare.url(Kind::S3)),
        ("S3_BUCKET", address.name.clone()),
        ("S3_ACCESS_KEY_ID", address.user.clone()),
        ("S3_SECRET_ACCESS_KEY", address.password.clone()),
        ("S3_REGION", region),
    ]
}

/// Refuses where two would set the same variable. `own` are the environment's, `links` are the
/// services by name with what each gives.
pub fn clash<'a>(
    own: impl IntoIterator<Item = &'a String>,
    links: &[(String, Vec<String>)],
) -> Result<(), Refusal> {
    let mut by: BTreeMap<&str, &str> = BTreeMap::new();
    for (service, names) in links {
        for name in names {
            if let Some(other) = by.insert(name, service) {
                return Err(no(format!(
                    "The services `{other}` and `{service}` would both set `{name}`."
                )));
            }
        }
    }
    for name in own {
        if let Some(service) = by.get(name.as_str()) {
            return Err(no(format!(
                "The environment sets `{name}` itself, and the service `{service}` would set it too."
            )));
        }
    }
    Ok(())
}

fn no(sentence: String) -> Refusal {
    Refusal::conflict("variable_taken", sentence).way_out(
        "Take the variable out of the configuration, or link the service with a prefix: `CACHE` makes `CACHE_REDIS_URL`.",
    )
}

/// What an update changes about the linked services: names of variables only, never a value.
/// Both sides: service to the names that it gives.
pub fn changes(from: &[(String, Vec<String>)], to: &[(String, Vec<String>)]) -> Vec<Change> {
    let said = |side: &[(String, Vec<String>)]| -> BTreeMap<String, String> {
        side.iter()
            .map(|(name, gives)| (name.clone(), gives.join(", ")))
            .collect()
    };
    let (from, to) = (said(from), said(to));
    let mut names: Vec<&String> = from.keys().chain(to.keys()).collect();
    names.sort();
    names.dedup();
    let differing = names
        .into_iter()
        .filter(|name| from.get(*name) != to.get(*name));
    let change = |name: &String| Change {
        path: format!("services.{name}"),
        from: from.get(name).cloned(),
        to: to.get(name).cloned(),
    };
    differing.map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn check(kind: Kind, url: &str, prefix: &str, expected: Expect) {
        let address = Address::parse(kind, url).expect(url);
        let lines = variables(kind, &address, prefix);
        let lines: Vec<_> = lines.iter().map(|(k, v)| format!("{k}={v}\n")).collect();
        expected.assert_eq(&lines.concat());
    }

    #[test]
    fn p23_what_a_postgres_gives() {
        check(
            Kind::Postgres,
            "postgres://ada:p%40ss@db/app?sslmode=require",
            "",
            expect![[r#"
                DATABASE_URL=postgres://ada:p%40ss@db:5432/app?sslmode=require
                PGDATABASE=app
                PGHOST=db
                PGPASSWORD=p@ss
                PGPORT=5432
                PGSSLMODE=require
                PGUSER=ada
            "#]],
        );
    }

    #[test]
    fn p23_what_a_redis_gives_behind_a_prefix() {
        check(
            Kind::Redis,
            "redis://:secret@cache/1",
            "CACHE",
            expect![[r#"
                CACHE_REDIS_HOST=cache
                CACHE_REDIS_PASSWORD=secret
                CACHE_REDIS_PORT=6379
                CACHE_REDIS_URL=redis://:secret@cache:6379/1
            "#]],
        );
    }

    #[test]
    fn p23_what_an_s3_gives() {
        check(
            Kind::S3,
            "https://KEY:SECRET@s3.example/photos?region=eu-1",
            "",
            expect![[r#"
                S3_ACCESS_KEY_ID=KEY
                S3_BUCKET=photos
                S3_ENDPOINT=https://s3.example:443
                S3_REGION=eu-1
                S3_SECRET_ACCESS_KEY=SECRET
            "#]],
        );
    }

    #[test]
    fn p23_a_prefix_is_written_as_variables_are() {
        assert_eq!(prefix(" cache_ ").as_deref(), Ok("CACHE"));
        assert_eq!(prefix("").as_deref(), Ok(""));
        for bad in ["1A", "A-B", "SEALDOCK", "sealdock_x", "Ä", &"A".repeat(25)] {
            assert!(prefix(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn p23_nobody_wins_silently() {
        let of = |name: &str, gives: &[&str]| {
            (
                name.to_owned(),
                gives.iter().map(|g| (*g).to_owned()).collect::<Vec<_>>(),
            )
        };
        let (db, twin) = (of("db", &["DATABASE_URL"]), of("twin", &["DATABASE_URL"]));
        let taken = ["DATABASE_URL".to_owned()];
        let said = |r: Result<(), Refusal>| r.expect_err("it is refused").sentence;
        assert_eq!(
            said(clash(&taken, std::slice::from_ref(&db))),
            "The environment sets `DATABASE_URL` itself, and the service `db` would set it too."
        );
        assert_eq!(
            said(clash([], &[db.clone(), twin])),
            "The services `db` and `twin` would both set `DATABASE_URL`."
        );
        assert_eq!(clash(&["LOG".to_owned()], &[db]), Ok(()));
    }

    #[test]
    fn p23_a_plan_names_what_is_linked_and_no_value() {
        let before = [("db".to_owned(), vec!["DATABASE_URL".to_owned()])];
        let after = [(
            "cache".to_owned(),
            vec!["REDIS_HOST".to_owned(), "REDIS_URL".to_owned()],
        )];
        let said: Vec<_> = changes(&before, &after)
            .into_iter()
            .map(|c| (c.path, c.from, c.to))
            .collect();
        assert_eq!(
            said,
            [
                (
                    "services.cache".to_owned(),
                    None,
                    Some("REDIS_HOST, REDIS_URL".to_owned())
                ),
                (
                    "services.db".to_owned(),
                    Some("DATABASE_URL".to_owned()),
                    None
                ),
            ]
        );
        assert_eq!(changes(&before, &before), []);
    }

    proptest! {
        #[test]
        fn p23_no_prefix_reaches_a_name_of_ours(text in "[A-Za-z0-9_]{0,26}") {
            let reserved = ["HOST", "PORT"];
            if let Ok(prefix) = prefix(&text) {
                for (kind, url) in [(Kind::Postgres, "postgres://u@h/d"), (Kind::Redis, "redis://h"), (Kind::S3, "http://k:s@h/b")] {
                    let address = Address::parse(kind, url).expect(url);
                    for name in variables(kind, &address, &prefix).keys() {
                        prop_assert!(!reserved.contains(&name.as_str()) && !name.starts_with("SEALDOCK"), "{name}");
                    }
                }
            }
        }
    }
}
