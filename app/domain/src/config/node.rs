//! A YAML value with its place in the file: all that `sealdock.yml` may consist of.

use super::error::Position;
use super::units::brief;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub at: Position,
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    /// The text exactly as written: `1.10` stays `1.10`. `plain` means without quotes.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Something that was already reported, so that nobody complains twice.
    Refused,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub at: Position,
    pub name: String,
    pub value: Node,
}

impl Node {
    /// A value that comes from no file.
    pub fn nowhere(body: Body) -> Node {
        Node {
            at: Position::NOWHERE,
            body,
        }
    }

    pub fn plain(text: impl Into<String>) -> Node {
        Node::nowhere(Body::Scalar {
            text: text.into(),
            plain: true,
        })
    }

    pub fn quoted(text: impl Into<String>) -> Node {
        Node::nowhere(Body::Scalar {
            text: text.into(),
            plain: false,
        })
    }

    /// How many nodes it consists of, and how many levels it is high.
    pub fn extent(&self) -> (usize, usize) {
        let children: Vec<&Node> = match &self.body {
            Body::List(items) => items.iter().collect(),
            Body::Map(entries) => entries.iter().map(|e| &e.value).collect(),
            _ => return (1, 0),
        };
        let below = children.into_iter().map(Node::extent);
        let (nodes, height) = below.fold((0, 0), |(n, h), (m, k)| (n + m, h.max(k)));
        (nodes + 1, height + 1)
    }

    /// Nothing was written after the colon.
    pub fn is_blank(&self) -> bool {
        matches!(&self.body, Body::Scalar { text, plain: true } if text.is_empty())
    }

    /// `null` in so many letters.
    pub fn is_null(&self) -> bool {
        matches!(&self.body, Body::Scalar { text, plain: true } if text == "null" || text == "~")
    }

    /// What it is, in words, for "must be …, not …".
    pub fn noun(&self) -> String {
        match &self.body {
            Body::Scalar { plain: false, .. } => "text in quotes".to_owned(),
            Body::Scalar { .. } if self.is_blank() => "empty".to_owned(),
            Body::Scalar { text, .. } => format!("`{}`", brief(text)),
            Body::List(_) => "a list".to_owned(),
            Body::Map(_) => "a group of fields".to_owned(),
            Body::Refused => "this".to_owned(),
        }
    }
}

/// `health` and `path` make `health.path`; the root adds nothing.
pub(super) fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() {
        name.to_owned()
    } else {
        format!("{parent}.{name}")
    }
}
