//! A page is whole even when what it reads becomes ready, on another thread, in the very moment in
//! which it is looked at, and what it is made of is what is sent along. Where the two differ, it
//! dies in the browser: nothing there fits.

use ::app::answer::Answer;
use ::app::error::Fault;
use ::app::parts::loaded::{Skeleton, loaded};
use ::app::read::{Read, looks};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use leptos::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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
    sent(app).await
}

async fn sent<V: IntoView + 'static>(
    app: impl Fn() -> V + Clone + Send + Sync + 'static,
) -> String {
    let request = Request::get("/").body(Body::empty()).unwrap();
    let context = || provide_context(Asker("ada"));
    let answer = leptos_axum::render_app_async_with_context(context, app)(request).await;
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(body.into()).unwrap()
}

/// Who asks; each part of a read asks for it, as server functions do.
#[derive(Clone)]
struct Asker(&'static str);

async fn two_parts(read: Arc<AtomicUsize>) -> Result<Answer<String>, Fault> {
    let n = read.fetch_add(1, Ordering::SeqCst) + 1;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let asker = use_context::<Asker>().map_or("nobody", |asker| asker.0);
    Answer::of(format!("read {n} of {asker}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn q42_what_becomes_ready_while_it_is_looked_at_is_in_the_page() {
    let _ = any_spawner::Executor::init_tokio();
    for ms in [0, 5, 10, 15, 40] {
        let html = page(ms).await;
        assert!(html.contains(&format!("after {ms} ms")), "{html}");
    }
}

/// Parts of a page are built before it is known whether all that they need is there, then again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn q42_what_a_part_reads_is_read_once_and_is_what_the_page_shows() {
    let _ = any_spawner::Executor::init_tokio();
    for ms in [0, 5, 10, 15, 40] {
        let read = Arc::new(AtomicUsize::new(0));
        let counted = read.clone();
        let app = move || {
            let counted = counted.clone();
            let outer = Read::new(move || ms, late);
            loaded(outer, Skeleton::Lines(1), move |_| {
                let counted = counted.clone();
                let inner = Read::new(|| (), move |()| two_parts(counted.clone()));
                loaded(inner, Skeleton::Lines(1), |said| move || said.get())
            })
        };
        let html = sent(app).await;
        assert_eq!(read.load(Ordering::SeqCst), 1, "{html}");
        assert_eq!(
            html.matches("read 1 of ada").count(),
            2,
            "shown and sent along: {html}"
        );
    }
}
