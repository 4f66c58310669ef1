//! A page is whole even when what it reads becomes ready, on another thread, in the very moment in
//! which it is looked at. Sent as its skeleton, it dies in the browser: nothing there fits.

use ::app::answer::Answer;
use ::app::error::Fault;
use ::app::read::{Read, looks};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use leptos::prelude::*;
use std::time::Duration;

async fn late(ms: u64) -> Result<Answer<u64>, Fault> {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    Answer::of(ms)
}

/// Of a memo that takes its time after it has looked.
async fn page(ms: u64) -> String {
    let app = move || {
        let data = Read::new(move || ms, late);
        view! {
            <Transition fallback=|| "bones">
                {
                    let slow = looks(move || {
                        Memo::new(move |_| {
                            let seen = data.get().and_then(Result::ok);
                            std::thread::sleep(Duration::from_millis(20));
                            seen
                        })
                    });
                    move || slow().get().map(|ms| format!("after {ms} ms"))
                }
            </Transition>
        }
    };
    let request = Request::get("/").body(Body::empty()).unwrap();
    let answer = leptos_axum::render_app_async(app)(request).await;
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(body.into()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn q42_what_becomes_ready_while_it_is_looked_at_is_in_the_page() {
    let _ = any_spawner::Executor::init_tokio();
    for ms in [0, 5, 10, 15, 40] {
        let html = page(ms).await;
        assert!(html.contains(&format!("after {ms} ms")), "{html}");
    }
}
