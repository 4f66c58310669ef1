//! From bytes to nodes: the strict part of YAML that a configuration needs.
//!
//! Refused are the parts by which one file means two things to two readers (duplicate keys,
//! several documents, tags) or by which a short file becomes a long one (anchors and aliases; where
//! a file of somebody else's format needs those, what they stand for counts as if it was written out).

use super::complaint::{self, *};
use super::error::{Fault, Faults, Position};
use super::node::{Body, Entry, Node, join};
use super::text;
use saphyr_parser::{Event, Parser, ScanError, Span, StrInput};
use std::collections::BTreeMap;

const MAX_DEPTH: usize = 16;
const MAX_NODES: usize = 10_000;

/// The file's root, or nothing when it says nothing or cannot be read any further.
pub(super) fn read(bytes: &[u8], faults: &mut Faults) -> Option<Node> {
    document(bytes, faults, None)
}

/// The same for a file that may repeat itself by anchors and aliases.
pub(super) fn read_with_aliases(bytes: &[u8], faults: &mut Faults) -> Option<Node> {
    document(bytes, faults, Some(BTreeMap::new()))
}

fn document(bytes: &[u8], faults: &mut Faults, anchors: Option<Anchors>) -> Option<Node> {
    let text = text::of(bytes)
        .map_err(|(at, fault)| faults.add(at, "", fault))
        .ok()?;
    let events = Parser::new_from_str(text);
    Builder {
        events,
        faults,
        nodes: 0,
        anchors,
    }
    .document()
    .ok()
    .flatten()
}

/// Reading cannot go on; the reason is among the faults.
struct Stop;

type Spanned<'t> = (Event<'t>, Span);

/// What each anchor stands for.
type Anchors = BTreeMap<usize, Node>;

struct Builder<'t, 'f> {
    events: Parser<'t, StrInput<'t>>,
    faults: &'f mut Faults,
    nodes: usize,
    /// `None`: they are refused.
    anchors: Option<Anchors>,
}

impl<'t> Builder<'t, '_> {
    fn document(&mut self) -> Result<Option<Node>, Stop> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root.filter(|node: &Node| !node.is_blank())),
                Event::DocumentStart(_) if root.is_some() => {
                    return Err(self.stop(position(&span), "", SECOND_DOCUMENT));
                }
                Event::StreamStart
                | Event::DocumentStart(_)
                | Event::DocumentEnd
                | Event::Nothing => {}
                event => root = Some(self.node((event, span), "", 0)?),
            }
        }
    }

    fn next(&mut self) -> Result<Spanned<'t>, Stop> {
        match self.events.next_event() {
            Some(Ok(spanned)) => Ok(spanned),
            Some(Err(error)) => Err(self.not_yaml(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, (event, span): Spanned<'t>, path: &str, depth: usize) -> Result<Node, Stop> {
        let at = position(&span);
        self.spend(at, path, depth)?;
        let (anchor, body) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == saphyr_parser::ScalarStyle::Plain;
                let body = Body::Scalar {
                    text: text.into_owned(),
                    plain,
                };
                let body = self.unadorned(at, path, anchor, tag.is_some(), body);
                (anchor, body)
            }
            Event::SequenceStart(anchor, tag) => {
                let body = self.list(path, depth)?;
                let body = self.unadorned(at, path, anchor, tag.is_some(), body);
                (anchor, body)
            }
            Event::MappingStart(anchor, tag) => {
                let body = self.map(path, depth)?;
                let body = self.unadorned(at, path, anchor, tag.is_some(), body);
                (anchor, body)
            }
            Event::Alias(anchor) => (0, self.alias(at, path, depth, anchor)?),
            _ => (0, self.refuse(at, path, ALIAS)),
        };
        let node = Node { at, body };
        if let Some(anchors) = self.anchors.as_mut().filter(|_| anchor != 0) {
            anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// What the anchor stands for, paid for as if it stood here. One that is not complete yet, since
    /// the alias is inside of it, stands for nothing.
    fn alias(
        &mut self,
        at: Position,
        path: &str,
        depth: usize,
        anchor: usize,
    ) -> Result<Body, Stop> {
        let known = self.anchors.as_ref().and_then(|all| all.get(&anchor));
        let Some(known) = known.cloned() else {
            return Ok(self.refuse(at, path, ALIAS));
        };
        let (nodes, height) = known.extent();
        self.nodes += nodes;
        self.spend(at, path, depth + height)?;
        Ok(known.body)
    }

    fn list(&mut self, path: &str, depth: usize) -> Result<Body, Stop> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Body::List(items)),
                spanned => {
                    let path = format!("{path}[{}]", items.len());
                    items.push(self.node(spanned, &path, depth + 1)?);
                }
            }
        }
    }

    fn map(&mut self, path: &str, depth: usize) -> Result<Body, Stop> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen = BTreeMap::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Body::Map(entries)),
                spanned => self.node(spanned, path, depth + 1)?,
            };
            let name = self.name(&key, path);
            let path = join(path, name.as_deref().unwrap_or("?"));
            let spanned = self.next()?;
            let mut value = self.node(spanned, &path, depth + 1)?;
            let Some(name) = name else { continue };
            if value.is_blank() {
                value.at = key.at; // where nothing stands there is no place to point at
            }
            match seen.insert(name.clone(), key.at.line) {
                None => entries.push(Entry {
                    at: key.at,
                    name,
                    value,
                }),
                Some(line) => self
                    .faults
                    .add(key.at, &path, complaint::twice(&path, line)),
            }
        }
    }

    fn name(&mut self, key: &Node, path: &str) -> Option<String> {
        match &key.body {
            Body::Scalar { text, .. } => return Some(text.clone()),
            Body::Refused => {}
            _ => drop(self.refuse(key.at, path, COMPLEX_NAME)),
        }
        None
    }

    fn unadorned(
        &mut self,
        at: Position,
        path: &str,
        anchor: usize,
        tagged: bool,
        body: Body,
    ) -> Body {
        match tagged {
            _ if anchor != 0 && self.anchors.is_none() => self.refuse(at, path, ANCHOR),
            true => self.refuse(at, path, TAG),
            false => body,
        }
    }

    fn refuse(&mut self, at: Position, path: &str, (problem, way_out): Complaint) -> Body {
        self.faults.add(at, path, Fault::new(problem, way_out));
        Body::Refused
    }

    fn spend(&mut self, at: Position, path: &str, depth: usize) -> Result<(), Stop> {
        self.nodes += 1;
        match () {
            () if depth > MAX_DEPTH => Err(self.stop(at, path, TOO_DEEP)),
            () if self.nodes > MAX_NODES => Err(self.stop(at, path, TOO_MANY)),
            () => Ok(()),
        }
    }

    fn not_yaml(&mut self, error: &ScanError) -> Stop {
        let mark = error.marker();
        let at = Position {
            line: number(mark.line()),
            column: number(mark.col() + 1),
        };
        self.faults.add(at, "", complaint::of_scanner(error.info()));
        Stop
    }

    fn stop(&mut self, at: Position, path: &str, complaint: Complaint) -> Stop {
        self.refuse(at, path, complaint);
        Stop
    }
}

fn position(span: &Span) -> Position {
    Position {
        line: number(span.start.line()),
        column: number(span.start.col() + 1),
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
