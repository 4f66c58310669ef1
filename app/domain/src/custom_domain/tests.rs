//! What is refused, what is proved, and what is done next.

use super::*;
use crate::time::Time;
use std::net::IpAddr;

fn name(text: &str) -> DomainName {
    DomainName::parse(text, "apps.example.net").unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn seen(txt: &[&str], cname: Option<&str>, addresses: &[&str]) -> Seen {
    Seen {
        txt: Ok(txt.iter().map(|t| (*t).to_owned()).collect()),
        cname: Ok(cname.map(str::to_owned)),
        addresses: Ok(addresses.iter().map(|a| ip(a)).collect()),
    }
}

#[test]
fn i15_only_names_that_can_be_looked_up_and_are_not_ours_are_domains() {
    for good in [
        "shop.example.com",
        "*.example.com",
        "xn--bcher-kva.example",
        "a-1.b.co",
    ] {
        assert_eq!(name(good).as_str(), good);
    }
    for bad in [
        "",
        ".",
        "com",
        "*",
        "*.",
        "*.com",
        "a..b",
        "-a.com",
        "a-.com",
        "a_b.com",
        "A.com",
        "a.com.",
        "*.*.com",
        "b.*.com",
        "10.0.0.1",
        "1.2",
        "localhost",
        "x.localhost",
        "nas.local",
        "bücher.example",
        "a b.com",
        "a.com/b",
        "a.com:443",
        "apps.example.net",
        "web.apps.example.net",
        "*.apps.example.net",
    ] {
        let refused = DomainName::parse(bad, "apps.example.net").expect_err(bad);
        assert_eq!(refused.place.as_deref(), Some("name"), "{bad}");
        assert!(refused.way_out.is_some(), "{bad}");
    }
    assert!(DomainName::parse(&format!("{}.com", "a".repeat(64)), "x.y").is_err());
    assert!(DomainName::parse(&format!("{}com", "abcdefg.".repeat(30)), "x.y").is_err());
    assert!(DomainName::parse("myapps.example.net", "apps.example.net").is_ok());
}

#[test]
fn i15_a_domain_is_proved_by_its_token_or_by_a_cname_to_an_own_environment() {
    let judged = |seen: &Seen| {
        let hosts = ["web.apps.example.net".to_owned()];
        judge(
            &name("shop.example.com"),
            ("tok", false),
            &hosts,
            &[ip("192.0.2.1")],
            seen,
        )
    };
    let fine = judged(&seen(&["other", "tok"], None, &["192.0.2.1"]));
    assert_eq!(
        (fine.proof, fine.points_here, fine.problem),
        (Some(Proof::Txt), Some(true), None)
    );
    let cname = judged(&seen(&[], Some("web.apps.example.net"), &["192.0.2.1"]));
    assert_eq!(cname.proof, Some(Proof::Cname));
    let foreign = judged(&seen(&[], Some("other.apps.example.net"), &["192.0.2.1"]));
    assert_eq!(foreign.proof, None, "another tenant's host proves nothing");
    let none = judged(&seen(&[], None, &["192.0.2.1"]));
    let sentence = "There is no TXT record at _sealdock.shop.example.com yet. Set it to `tok`.";
    assert_eq!(none.problem.as_deref(), Some(sentence));
    let later = judge(
        &name("shop.example.com"),
        ("tok", true),
        &[],
        &[ip("192.0.2.1")],
        &seen(&[], None, &["192.0.2.1"]),
    );
    assert_eq!(
        (later.is_proved, later.problem),
        (true, None),
        "a record that went takes nothing away"
    );
    let wrong = judged(&seen(&["old"], None, &["192.0.2.1"]));
    let sentence = "The TXT record at _sealdock.shop.example.com is `old`, and not `tok`.";
    assert_eq!(wrong.problem.as_deref(), Some(sentence));
}

#[test]
fn i15_a_domain_that_points_elsewhere_is_told_so_with_both_addresses() {
    let judged = |ours: &[IpAddr], at: &[&str]| {
        judge(
            &name("shop.example.com"),
            ("tok", false),
            &[],
            ours,
            &seen(&["tok"], None, at),
        )
    };
    let here = [ip("192.0.2.1"), ip("2001:db8::1")];
    let away = judged(&here, &["203.0.113.9"]);
    assert_eq!(away.points_here, Some(false));
    let sentence =
        "shop.example.com points to 203.0.113.9, and this server is at 192.0.2.1, 2001:db8::1.";
    assert_eq!(away.problem.as_deref(), Some(sentence));
    assert_eq!(
        judged(&here, &["192.0.2.1", "203.0.113.9"]).points_here,
        Some(false)
    );
    assert_eq!(judged(&here, &["2001:db8::1"]).points_here, Some(true));
    assert_eq!(
        judged(&[], &["203.0.113.9"]).points_here,
        None,
        "nobody knows where we are"
    );
    let nowhere = judged(&here, &[]).problem.unwrap();
    assert!(
        nowhere.starts_with("shop.example.com points nowhere yet."),
        "{nowhere}"
    );
}

fn need() -> Need {
    Need {
        is_proved: true,
        is_used: true,
        points_here: Some(true),
        is_wildcard: false,
        source: CertificateSource::Acme,
        renew_at: None,
        order: None,
        look_at: Time(1_000_000),
        has_tls: true,
        has_acme: true,
        has_hook: false,
    }
}

type Changed = fn(&mut Need);

#[test]
fn i15_a_certificate_is_asked_for_once_everything_is_there_and_not_before() {
    let at = Time(1000);
    let rest = Step::Rest(Time(1_000_000));
    assert_eq!(next(&need(), at), Step::Ask(Way::Http));
    let cases: [(Changed, Step); 9] = [
        (|n| n.look_at = Time(1000), Step::Look),
        (|n| n.is_proved = false, rest),
        (|n| n.is_used = false, rest),
        (|n| n.points_here = Some(false), rest),
        (|n| n.points_here = None, Step::Ask(Way::Http)),
        (|n| n.source = CertificateSource::Own, rest),
        (|n| n.has_tls = false, rest),
        (|n| n.is_wildcard = true, rest),
        (
            |n| (n.is_wildcard, n.has_hook, n.points_here) = (true, true, Some(false)),
            Step::Ask(Way::Dns),
        ),
    ];
    for (index, (change, expected)) in cases.into_iter().enumerate() {
        let mut need = need();
        change(&mut need);
        assert_eq!(next(&need, at), expected, "case {index}");
    }
}

#[test]
fn i15_what_is_under_way_goes_on_and_a_failure_waits() {
    let order = |begun_at, due_at| Need {
        order: Some(Order {
            begun_at,
            due_at: Time(due_at),
        }),
        renew_at: Some(Time(500)),
        ..need()
    };
    assert_eq!(next(&order(Some(Time(1)), 900), Time(1000)), Step::Advance);
    assert_eq!(
        next(&order(Some(Time(1)), 1100), Time(1000)),
        Step::Rest(Time(1100))
    );
    assert_eq!(next(&order(None, 1100), Time(1000)), Step::Rest(Time(1100)));
    assert_eq!(next(&order(None, 900), Time(1000)), Step::Ask(Way::Http));
    let fresh = Need {
        renew_at: Some(Time(2000)),
        ..need()
    };
    assert_eq!(next(&fresh, Time(1000)), Step::Rest(Time(2000)));
}

#[test]
fn i15_renewal_is_at_two_thirds_of_life_and_not_all_at_once() {
    let (from, to) = (Time(0), Time(90 * 86_400_000));
    let day = |salt: &str| renew_at(from, to, salt).0 as f64 / 86_400_000.0;
    let days: Vec<_> = (0..50).map(|n| day(&format!("dom_{n}"))).collect();
    assert!(days.iter().all(|d| (55.5..=60.0).contains(d)), "{days:?}");
    let (first, last) = (
        days.iter().cloned().fold(f64::MAX, f64::min),
        days.iter().cloned().fold(0.0, f64::max),
    );
    assert!(last - first > 3.0, "spread over {} days", last - first);
    assert_eq!(day("a"), day("a"));
    assert_eq!(
        renew_at(Time(5), Time(1), "a"),
        Time(5),
        "one that never was valid"
    );
}

#[test]
fn i15_failures_wait_longer_each_time_and_an_hour_when_asked_too_often() {
    let minutes: Vec<_> = (1..=12)
        .map(|tries| pause_ms(tries, false) / 60_000)
        .collect();
    assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 720, 720]);
    assert_eq!(pause_ms(1, true), 3_600_000);
    assert_eq!(pause_ms(u32::MAX, true), 12 * 3_600_000);
}

#[test]
fn hsts_without_the_redirect_is_refused() {
    assert!(check_hsts(0, false).is_ok() && check_hsts(300, true).is_ok());
    assert_eq!(
        check_hsts(300, false).unwrap_err().place.as_deref(),
        Some("hsts_s")
    );
    assert!(check_hsts(MOST_HSTS_S + 1, true).is_err());
}
