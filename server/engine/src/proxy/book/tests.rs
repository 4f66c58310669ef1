//! What the only writer of the table takes, refuses and retires.

use super::*;
use domain::route::Target;

fn book() -> Book {
    Book::new(1, Arc::default(), broadcast::channel(8).0)
}

fn route(id: &str, host: &str, upstreams: &[(&str, u16)]) -> Route {
    let upstream = |(id, port): &(&str, u16)| Upstream {
        id: (*id).into(),
        address: ([127, 0, 0, 1], *port).into(),
        sealed: None,
    };
    let upstreams = upstreams.iter().map(upstream).collect();
    Route {
        id: id.into(),
        hosts: vec![host.into()],
        target: Target::Upstreams {
            deployment: "d".into(),
            upstreams,
            health: None,
        },
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> RefusalCode {
    result.expect_err("a refusal").code
}

#[test]
fn generations_fence_a_stale_writer_may_only_fail() {
    let mut book = book();
    assert_eq!(book.put(5, route("r", "a", &[("x", 1)])), Ok(5));
    assert_eq!(
        book.put(5, route("r", "a", &[("x", 1)])),
        Ok(5),
        "the same again"
    );
    assert_eq!(
        code(book.put(5, route("r", "a", &[("y", 2)]))),
        RefusalCode::StaleGeneration
    );
    assert_eq!(
        code(book.put(4, route("r", "a", &[("x", 1)]))),
        RefusalCode::StaleGeneration
    );
    assert_eq!(code(book.drop_route(5, "r")), RefusalCode::StaleGeneration);
    assert_eq!(
        code(book.replace(RouteTable {
            generation: 4,
            routes: vec![],
            ..Default::default()
        })),
        RefusalCode::StaleGeneration
    );
    assert_eq!(
        book.replace(RouteTable {
            generation: 5,
            routes: vec![],
            ..Default::default()
        }),
        Ok(5)
    );
}

#[test]
fn a_host_belongs_to_one_route_and_a_refused_change_changes_nothing() {
    let mut book = book();
    assert_eq!(book.put(1, route("r", "a", &[("x", 1)])), Ok(1));
    let refusal = book
        .put(2, route("s", "a", &[("y", 2)]))
        .expect_err("taken");
    assert_eq!(refusal.code, RefusalCode::HostTaken);
    assert!(
        refusal.sentence.contains("host a belongs to route r"),
        "{}",
        refusal.sentence
    );
    assert_eq!(book.generation(), 1);
    assert_eq!(book.put(2, route("r", "b", &[("x", 1)])), Ok(2));
    assert_eq!(
        book.put(3, route("s", "a", &[("y", 2)])),
        Ok(3),
        "r let go of it"
    );
}

#[test]
fn a_route_that_leads_nowhere_is_refused() {
    let mut book = book();
    assert_eq!(
        code(book.put(1, route("r", "a", &[]))),
        RefusalCode::InvalidRoute
    );
    assert_eq!(
        code(book.put(1, route("r", "a", &[("x", 0)]))),
        RefusalCode::InvalidRoute
    );
    assert_eq!(
        code(book.put(1, route("r", "A", &[("x", 1)]))),
        RefusalCode::InvalidRoute
    );
    let twice = RouteTable {
        generation: 1,
        routes: vec![route("r", "a", &[("x", 1)]), route("r", "b", &[("x", 1)])],
        ..Default::default()
    };
    assert_eq!(code(book.replace(twice)), RefusalCode::InvalidRoute);
}

#[test]
fn p9_an_upstream_that_stays_keeps_its_origin_and_one_that_goes_drains() {
    let mut book = book();
    book.put(1, route("r", "a", &[("x", 1), ("y", 2)]))
        .expect("put");
    let before = book.table.load().get("r").expect("route").origins.clone();
    assert!(before[1].admit());
    book.put(2, route("r", "a", &[("x", 1)])).expect("put");
    let after = book.table.load().get("r").expect("route").origins.clone();
    assert!(Arc::ptr_eq(&before[0], &after[0]));
    let draining: Vec<_> = book
        .upstreams()
        .into_iter()
        .filter(|one| one.draining)
        .collect();
    assert_eq!(
        draining
            .iter()
            .map(|one| (one.id.as_str(), one.in_flight))
            .collect::<Vec<_>>(),
        [("y", 1)]
    );
    before[1].leave();
    assert!(
        book.upstreams().iter().all(|one| one.id == "x"),
        "drained means absent"
    );
}

#[test]
fn routes_of_one_table_that_lead_to_the_same_upstream_share_its_origin() {
    let mut book = book();
    let routes = vec![route("r", "a", &[("x", 1)]), route("s", "b", &[("x", 1)])];
    book.replace(RouteTable {
        generation: 1,
        routes,
        ..Default::default()
    })
    .expect("a table");
    let table = book.table.load_full();
    let origin = |id| &table.get(id).expect("route").origins[0];
    assert!(Arc::ptr_eq(origin("r"), origin("s")));
    assert!(origin("r").admit() && origin("s").admit());
    assert_eq!(book.upstreams()[0].in_flight, 2);
}

#[test]
fn p9_rolling_back_to_a_draining_upstream_reinstates_it() {
    let mut book = book();
    book.put(1, route("r", "a", &[("x", 1)])).expect("put");
    let x = book.table.load().get("r").expect("route").origins[0].clone();
    assert!(x.admit());
    book.put(2, route("r", "a", &[("y", 2)])).expect("put");
    assert!(!x.admit());
    book.put(3, route("r", "a", &[("x", 1)])).expect("put");
    assert!(Arc::ptr_eq(
        &x,
        &book.table.load().get("r").expect("route").origins[0]
    ));
    assert!(x.admit());
}
