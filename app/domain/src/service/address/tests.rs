//! What is read, what is refused, and that nothing of it leaks.

use super::*;
use proptest::prelude::*;

fn parse(kind: Kind, text: &str) -> Address {
    Address::parse(kind, text).unwrap_or_else(|no| panic!("{text}: {no}"))
}

fn why(kind: Kind, text: &str) -> String {
    Address::parse(kind, text).expect_err(text).sentence
}

#[test]
fn p23_each_kind_of_url_is_read_with_its_defaults() {
    let db = parse(
        Kind::Postgres,
        "postgresql://ada:p%40ss@DB.example:6000/shop?sslmode=require",
    );
    assert_eq!(
        (
            db.host.as_str(),
            db.port,
            db.user.as_str(),
            db.password.as_str(),
            db.name.as_str()
        ),
        ("db.example", 6000, "ada", "p@ss", "shop")
    );
    assert_eq!(
        db.url(Kind::Postgres),
        "postgres://ada:p%40ss@db.example:6000/shop?sslmode=require"
    );
    assert_eq!(parse(Kind::Postgres, "postgres://ada@[::1]/a").port, 5432);
    let cache = parse(Kind::Redis, "rediss://:secret@cache/2");
    assert_eq!(
        (cache.tls, cache.port, cache.name.as_str()),
        (true, 6379, "2")
    );
    assert_eq!(cache.url(Kind::Redis), "rediss://:secret@cache:6379/2");
    assert_eq!(
        parse(Kind::Redis, "redis://cache").url(Kind::Redis),
        "redis://cache:6379"
    );
    let store = parse(Kind::S3, "https://KEY:SECRET@s3.example/photos?region=eu-1");
    assert_eq!((store.port, store.name.as_str()), (443, "photos"));
}

#[test]
fn p23_what_is_wrong_is_named_and_never_repeated() {
    let all = [
        (Kind::Postgres, "", "It is empty"),
        (Kind::Postgres, "db:5432/app", "no `://`"),
        (
            Kind::Postgres,
            "mysql://ada:hunter22@db/app",
            "does not begin as",
        ),
        (
            Kind::Redis,
            "postgres://hunter22@db/app",
            "does not begin as",
        ),
        (Kind::Postgres, "postgres://ada:hunter22@/app", "no host"),
        (
            Kind::Postgres,
            "postgres://ada:hunter22@db:70000/app",
            "port",
        ),
        (Kind::Postgres, "postgres://ada:hunter22@db:0/app", "port"),
        (Kind::Postgres, "postgres://ada:hunter22@db:+80/app", "port"),
        (Kind::Postgres, "postgres://db/app", "lacks the user"),
        (
            Kind::Postgres,
            "postgres://ada:hunter22@db",
            "lacks the database",
        ),
        (
            Kind::Postgres,
            "postgres://ada:hunter22%zz@db/app",
            "two hexadecimal digits",
        ),
        (
            Kind::Postgres,
            "postgres://ada:hunter22%0a@db/app",
            "two hexadecimal digits",
        ),
        (
            Kind::Postgres,
            "postgres://ada:hunter22@db/app?host=evil",
            "follows its `?`",
        ),
        (Kind::Postgres, "postgres://ada:hunter22@db/app#x", "`%23`"),
        (Kind::Postgres, "postgres://ada:hunter 22@db/app", "spaces"),
        (
            Kind::Redis,
            "redis://:hunter22@cache/users",
            "number of a database",
        ),
        (Kind::Redis, "redis://:hunter22@[::1/0", "no `]`"),
        (Kind::S3, "https://s3.example/photos", "lacks the key"),
        (
            Kind::S3,
            "https://KEY:hunter22@s3.example",
            "lacks one bucket",
        ),
    ];
    for (kind, text, said) in all {
        let sentence = why(kind, text);
        assert!(sentence.contains(said), "{text}: {sentence}");
        assert!(!sentence.contains("hunter22"), "{sentence}");
    }
}

#[test]
fn p23_what_is_shown_holds_no_credentials() {
    for (kind, text, shown) in [
        (
            Kind::Postgres,
            "postgres://ada:hunter22@db/app?sslmode=require",
            "postgres://db:5432/app",
        ),
        (
            Kind::Redis,
            "redis://u:hunter22@cache/1",
            "redis://cache:6379/1",
        ),
        (
            Kind::S3,
            "https://KEY:hunter22@s3.example/photos",
            "https://s3.example:443/photos",
        ),
    ] {
        let address = parse(kind, text);
        assert_eq!(address.shown(kind), shown);
        let said = format!("{address:?}");
        assert!(
            !said.contains("hunter22") && !said.contains("ada"),
            "{said}"
        );
        assert!(address.secrets(kind).contains(&"hunter22".to_owned()));
    }
}

#[test]
fn p23_a_container_s_own_loopback_is_known() {
    for (host, is) in [
        ("127.0.0.1", true),
        ("localhost", true),
        ("[::1]", true),
        ("172.17.0.1", false),
        ("db", false),
    ] {
        let address = parse(Kind::Redis, &format!("redis://{host}"));
        assert_eq!(address.is_loopback(), is, "{host}");
    }
}

proptest! {
    #[test]
    fn p23_what_was_read_reads_back_as_the_same(
        user in "[ -~ä]{1,12}", password in "[ -~ä]{0,24}", name in "[ -~]{1,12}",
        host in "[a-z][a-z0-9]{0,8}(\\.[a-z]{1,5}){0,2}", port in 1_u16..,
    ) {
        let address = Address { tls: false, host, port, user, password, name, options: vec![] };
        let url = address.url(Kind::Postgres);
        prop_assert_eq!(Address::parse(Kind::Postgres, &url), Ok(address));
    }

    #[test]
    fn p23_no_text_makes_it_panic(text in "\\PC{0,60}", url in "(postgres|redis|https)://[a-z:@/%\\[\\]?#=0-9]{0,40}") {
        for kind in Kind::ALL {
            let _ = Address::parse(kind, &text);
            let _ = Address::parse(kind, &url);
        }
    }
}
