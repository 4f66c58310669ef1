//! What an answer of the server has read so far. The parts of a page are built more than once
//! before it is sent: to learn what they wait for, and again when that is there. Of the reads that
//! they make, the browser is given the first one's answer and the page shows the last one's; here
//! they are one.

use crate::answer::Raw;
use crate::error::Fault;
use leptos::prelude::*;
use std::any::Any;
use std::iter::successors;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

type Kept = ArcResource<Result<Raw, Fault>>;

#[derive(Clone, Default)]
struct Reads(Arc<Mutex<Vec<(Place, Key, Kept)>>>);

/// Where in the code it is made.
type Place = &'static Location<'static>;
type Key = Box<dyn Any + Send + Sync>;

/// The read of this place and key; `begin` makes the first.
pub fn once<K: PartialEq + Send + Sync + 'static>(
    place: Place,
    key: K,
    begin: impl FnOnce() -> Kept,
) -> Kept {
    let Some(answer) = successors(Owner::current(), Owner::parent).last() else {
        return begin();
    };
    // A part that was built to see what it waits for is gone before its read has ended, and who
    // asks with it: a read belongs to the answer.
    answer.with(|| {
        let reads = use_context::<Reads>().unwrap_or_else(|| {
            let reads = Reads::default();
            provide_context(reads.clone());
            reads
        });
        let mut reads = reads.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |(at, known, _): &&(Place, Key, Kept)| {
            *at == place && known.downcast_ref() == Some(&key)
        };
        if let Some((_, _, kept)) = reads.iter().find(same) {
            return kept.clone();
        }
        let kept = begin();
        reads.push((place, Box::new(key), kept.clone()));
        kept
    })
}
