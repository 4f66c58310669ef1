//! Signing in and out, as a browser does it.

use crate::support::client::{Server, request};
use axum::body::Body;
use axum::http::header;
use server::app::Reach;
use server::limits::Limits;

async fn me(server: &Server, cookie: &str) -> u16 {
    let builder = request("GET", "/v2/me").header(header::COOKIE, cookie);
    server
        .send(builder.body(Body::empty()).unwrap())
        .await
        .status
        .as_u16()
}

#[tokio::test]
async fn x10_a_session_begins_rotates_and_ends() {
    let server = Server::start().await;
    let first = server.sign_in("viewer").await;
    assert_eq!(me(&server, &first).await, 200);
    let said = server
        .form(
            "/session",
            &first,
            "email=owner@example.com&password=correct+horse",
        )
        .await;
    let second = said.cookie();
    assert_ne!(first, second);
    assert_eq!(
        (me(&server, &first).await, me(&server, &second).await),
        (401, 200)
    );
    let said = server.form("/session/end", &second, "").await;
    assert_eq!(
        (said.status.as_u16(), said.header("location")),
        (303, "/sign-in")
    );
    assert_eq!(me(&server, &second).await, 401);
}

#[tokio::test]
async fn x10_the_cookie_is_out_of_reach() {
    let reach = Reach {
        behind_tls: true,
        public_url: None,
    };
    let server = Server::with(Limits::default(), reach).await;
    let said = server
        .form(
            "/session",
            "",
            "email=owner@example.com&password=correct+horse",
        )
        .await;
    let cookie = said.header("set-cookie");
    assert!(cookie.starts_with("__Host-sealdock="), "{cookie}");
    for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let seconds: i64 = cookie
        .split("Max-Age=")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1_209_500..=1_209_600).contains(&seconds), "{cookie}");
}

#[tokio::test]
async fn a_wrong_password_leads_back_with_a_message_for_one_page() {
    let server = Server::start().await;
    let said = server
        .form("/session", "", "email=owner@example.com&password=wrong")
        .await;
    assert_eq!(
        (said.status.as_u16(), said.header("location")),
        (303, "/sign-in")
    );
    assert!(said.cookie().len() > 20);
    assert_eq!(me(&server, &said.cookie()).await, 401);
}

#[tokio::test]
async fn x14_guessing_one_account_is_slowed_down_from_everywhere() {
    let limits = Limits {
        attempts_per_account: 2,
        ..Limits::default()
    };
    let server = Server::with(limits, Reach::default()).await;
    let attempt = async |fields: &str| {
        let builder = request("POST", "/session")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        server
            .send(builder.body(Body::from(fields.to_owned())).unwrap())
            .await
            .status
            .as_u16()
    };
    let wrong = "email=owner@example.com&password=x";
    assert_eq!(
        [
            attempt(wrong).await,
            attempt(wrong).await,
            attempt(wrong).await
        ],
        [422, 422, 429]
    );
    assert_eq!(
        attempt("email=OWNER@example.com&password=correct+horse").await,
        429
    );
    assert_eq!(
        attempt("email=viewer@example.com&password=correct+horse").await,
        303
    );
}

#[tokio::test]
async fn x14_another_site_can_not_write_with_our_cookie() {
    let server = Server::start().await;
    let cookie = server.sign_in("owner").await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("x-none", ""),
    ] {
        for path in ["/session/end", "/v2/tokens", "/uploads"] {
            let builder = request("POST", path)
                .header(header::COOKIE, &cookie)
                .header(name, value);
            let said = server.send(builder.body(Body::empty()).unwrap()).await;
            assert_eq!(
                (said.status.as_u16(), &said.json()["code"]),
                (403, &"foreign_origin".into()),
                "{path} {name}"
            );
        }
    }
    assert_eq!(me(&server, &cookie).await, 200);
}

#[tokio::test]
async fn x10_a_removed_members_session_is_over() {
    let server = Server::start().await;
    let cookie = server.sign_in("developer").await;
    server.product.remove("developer");
    assert_eq!(me(&server, &cookie).await, 401);
}

#[tokio::test]
async fn x10_set_up_and_join_sign_in() {
    let server = Server::start().await;
    let fields = "token=first&email=a@b.c&password=long+enough&organization=Acme";
    let said = server.form("/setup", "", fields).await;
    assert_eq!(
        (said.header("location"), me(&server, &said.cookie()).await),
        ("/", 200)
    );
    let said = server
        .form("/join", "", "token=first&password=long+enough")
        .await;
    assert_eq!(
        (said.header("location"), me(&server, &said.cookie()).await),
        ("/", 200)
    );
    let said = server
        .form("/join", "", "token=wrong&password=long+enough")
        .await;
    assert_eq!(
        (said.header("location"), me(&server, &said.cookie()).await),
        ("/join", 401)
    );
}
