//! From bytes to nodes: the strict part of YAML that a configuration needs.
//!
//! Refused are the parts by which one file means two things to two readers (duplicate keys,
//! several documents, tags) or by which a short file becomes a long one (anchors and aliases).

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
    let text = text::of(bytes)
        .map_err(|(at, fault)| faults.add(at, "", fault))
        .ok()?;
    let events = Parser::new_from_str(text);
    Builder {
        events,
        faults,
        nodes: 0,
    }
    .document()
    .ok()
    .flatten()
}

/// Reading cannot go on; the reason is among the faults.
struct Stop;

type Spanned<'t> = (Event<'t>, Span);

struct Builder<'t, 'f> {
    events: Parser<'t, StrInput<'t>>,
    faults: &'f mut Faults,
    nodes: usize,
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
        let body = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == saphyr_parser::ScalarStyle::Plain;
                let body = Body::Scalar {
                    text: text.into_owned(),
                    plain,
                };
                self.unadorned(at, path, anchor, tag.is_some(), body)
            }
            Event::SequenceStart(anchor, tag) => {
                let body = self.list(path, depth)?;
                self.unadorned(at, path, anchor, tag.is_some(), body)
            }
            Event::MappingStart(anchor, tag) => {
                let body = self.map(path, depth)?;
                self.unadorned(at, path, anchor, tag.is_some(), body)
            }
            _ => self.refuse(at, path, ALIAS),
        };
        Ok(Node { at, body })
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
        match (anchor, tagged) {
            (0, false) => body,
            (0, true) => self.refuse(at, path, TAG),
            _ => self.refuse(at, path, ANCHOR),
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
