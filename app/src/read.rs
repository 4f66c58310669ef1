//! A resource of one kind underneath, typed where it is used.

#[cfg(feature = "ssr")]
mod once;

use crate::answer::{Answer, Raw};
use crate::error::Fault;
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;

pub struct Read<T> {
    raw: Raws,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Read<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Read<T> {}

type Raws = Resource<Result<Raw, Fault>>;
type Loading = Pin<Box<dyn Future<Output = Result<Raw, Fault>> + Send>>;
type KeyOf<K> = Box<dyn Fn() -> K + Send + Sync>;
type Load<K> = Box<dyn Fn(K) -> Loading + Send + Sync>;

impl<T: 'static> Read<T> {
    /// Loads again whenever the key becomes another. The key and the place in the code say all that
    /// is asked for: two of them that are equal, on one page, are one read.
    #[track_caller]
    pub fn new<K, Fut>(
        key: impl Fn() -> K + Send + Sync + 'static,
        load: impl Fn(K) -> Fut + Send + Sync + 'static,
    ) -> Self
    where
        K: Clone + PartialEq + Send + Sync + 'static,
        Fut: Future<Output = Result<Answer<T>, Fault>> + Send + 'static,
    {
        let load = move |key| -> Loading {
            let answer = load(key);
            Box::pin(async move { answer.await.map(Answer::raw) })
        };
        Self {
            raw: resource(Location::caller(), Box::new(key), Box::new(load)),
            of: PhantomData,
        }
    }

    pub fn raw(self) -> Raws {
        self.raw
    }

    pub fn get(self) -> Option<Result<T, Fault>>
    where
        T: Clone + DeserializeOwned,
    {
        self.raw
            .get()
            .map(|answer| answer.and_then(|raw| raw.read()))
    }
}

#[cfg(feature = "ssr")]
fn resource<K>(place: &'static Location<'static>, key: KeyOf<K>, load: Load<K>) -> Raws
where
    K: Clone + PartialEq + Send + Sync + 'static,
{
    once::once(place, key(), || ArcResource::new(key, load)).into()
}

#[cfg(not(feature = "ssr"))]
fn resource<K>(_: &'static Location<'static>, key: KeyOf<K>, load: Load<K>) -> Raws
where
    K: Clone + PartialEq + Send + Sync + 'static,
{
    Resource::new(key, load)
}

/// Memos of what a page reads, for a closure of its view. In the browser they are made once. On the
/// server they are made at each look: there an answer comes on another thread, and a memo that is
/// being computed in that moment would keep what it saw, nothing (`reactive_graph` 0.2 marks it
/// clean at its end, whatever it was told meanwhile). The page would be sent as its skeleton.
pub fn looks<M: Copy>(make: impl Fn() -> M) -> impl Fn() -> M {
    let once = (!cfg!(feature = "ssr")).then(&make);
    move || once.unwrap_or_else(&make)
}
