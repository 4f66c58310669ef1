//! What a read brings: JSON, parsed where it is shown. So the browser needs one kind of resource
//! instead of one for every type, a good part of its wasm; the server keeps the value beside the
//! text, and parses nothing.

use crate::error::Fault;
use domain::refusal::{Kind, Refusal};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

/// The answer to any read.
#[derive(Clone, Debug)]
pub struct Raw {
    text: Arc<str>,
    /// On the server only.
    value: Option<Arc<dyn Any + Send + Sync>>,
}

/// The answer to a read of one kind.
#[derive(Debug)]
pub struct Answer<T> {
    raw: Raw,
    of: PhantomData<fn() -> T>,
}

impl Raw {
    fn text(text: impl Into<Arc<str>>) -> Self {
        Self {
            text: text.into(),
            value: None,
        }
    }

    pub fn read<T: Clone + DeserializeOwned + 'static>(&self) -> Result<T, Fault> {
        let known = self.value.as_ref().and_then(|v| v.downcast_ref::<T>());
        match known {
            Some(value) => Ok(value.clone()),
            None => serde_json::from_str(&self.text).map_err(|_| Fault(another_version())),
        }
    }
}

/// The server was replaced while the page was open.
pub fn another_version() -> Refusal {
    let sentence = "The server answers in a way that this page does not know.";
    Refusal::new(Kind::Internal, "another_version", sentence)
        .way_out("Reload the page: a newer version of Sealdock runs.")
}

impl PartialEq for Raw {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<T> Answer<T> {
    pub fn raw(self) -> Raw {
        self.raw
    }

    fn of_raw(raw: Raw) -> Self {
        Self {
            raw,
            of: PhantomData,
        }
    }

    /// JSON does not tell a value from one that might have been missing.
    pub fn some(self) -> Answer<Option<T>> {
        Answer::of_raw(Raw::text(self.raw.text))
    }

    /// For a page on which a refusal is an answer too.
    pub fn tried(answer: Result<Self, Fault>) -> Answer<Result<T, Fault>> {
        Answer::of_raw(Raw::text(match answer {
            Ok(answer) => format!("{{\"Ok\":{}}}", answer.raw.text),
            Err(Fault(refusal)) => {
                format!(
                    "{{\"Err\":{}}}",
                    serde_json::to_string(&refusal).unwrap_or_default()
                )
            }
        }))
    }
}

impl<T> Answer<Option<T>> {
    /// Nothing was asked.
    pub fn none() -> Self {
        Self::of_raw(Raw::text("null"))
    }
}

impl<T: Clone + DeserializeOwned + 'static> Answer<T> {
    pub fn read(&self) -> Result<T, Fault> {
        self.raw.read()
    }
}

impl<T: Serialize + Send + Sync + 'static> Answer<T> {
    pub fn of(value: T) -> Result<Self, Fault> {
        let text = serde_json::to_string(&value)
            .map_err(|_| Fault(Refusal::internal("an-answer-that-is-no-json")))?;
        Ok(Self::of_raw(Raw {
            text: text.into(),
            value: Some(Arc::new(value)),
        }))
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.text).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self::text(Box::<str>::from(raw)))
    }
}

impl<T> Serialize for Answer<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Answer<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Raw::deserialize(deserializer).map(Self::of_raw)
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn an_answer_travels_as_the_json_that_it_is() {
        let answer = Answer::of(vec![1, 2]).expect("it is JSON");
        let sent = serde_json::to_string(&answer).expect("it is JSON");
        assert_eq!(sent, "[1,2]");
        let got: Answer<Vec<i32>> = serde_json::from_slice(sent.as_bytes()).expect("it is one");
        assert_eq!(got.read(), Ok(vec![1, 2]));
        assert_eq!(got.some().read(), Ok(Some(vec![1, 2])));
        assert_eq!(Answer::<Option<i32>>::none().read(), Ok(None));
    }

    #[test]
    fn a_refusal_can_be_an_answer() {
        let no = Fault(Refusal::not_found("repository"));
        let tried = Answer::<i32>::tried(Err(no.clone()));
        assert_eq!(tried.read(), Ok(Err(no)));
        let tried = Answer::tried(Answer::of(7));
        assert_eq!(tried.read(), Ok(Ok(7)));
    }

    #[test]
    fn what_another_version_sent_says_so() {
        let answer = Answer::of("text").expect("it is JSON");
        let got: Answer<i32> = Answer::of_raw(Raw::text(answer.raw().text));
        let no = got.read().expect_err("no number");
        assert!(no.to_string().contains("Reload the page"), "{no}");
    }
}
