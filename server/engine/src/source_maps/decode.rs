//! The original places of a stack trace. One source map is in memory at a time: they are large.

use super::place;
use domain::stack::{Frame, Line, fits};
use domain::view::{OriginalView, SourceLineView, SourceMapView, TraceLineView, TraceView};
use sourcemap::{DecodedMap, Token};
use std::collections::BTreeMap;
use std::path::Path;

/// Different files in one trace.
const MOST_MAPS: usize = 20;
/// Of the source, on each side of the place.
const AROUND: u32 = 2;
const LINE_CHARS: usize = 200;

/// What is known of one frame.
type Place = Result<OriginalView, String>;

/// Reads the maps that the frames name from `dir`. Blocks.
pub fn decode(lines: &[Line], maps: &[SourceMapView], dir: &Path) -> TraceView {
    let mut by_map: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut places: BTreeMap<usize, Place> = BTreeMap::new();
    for (at, frame) in frames(lines) {
        match choose(&frame.file, maps) {
            Ok(map) => by_map.entry(&map.digest).or_default().push(at),
            Err(why) => drop(places.insert(at, Err(why))),
        }
    }
    for (n, (digest, of)) in by_map.into_iter().enumerate() {
        let map = match n < MOST_MAPS {
            true => open(dir, digest),
            false => Err(format!(
                "The trace goes through more than {MOST_MAPS} files."
            )),
        };
        for at in of {
            let found = match (&map, &lines[at].frame) {
                (Ok(map), Some(frame)) => look_up(map, frame),
                (Err(why), _) => Err(why.clone()),
                (_, None) => continue,
            };
            places.insert(at, found);
        }
    }
    view(lines, places)
}

fn frames(lines: &[Line]) -> impl Iterator<Item = (usize, &Frame)> {
    let frames = lines.iter().enumerate();
    frames.filter_map(|(at, line)| Some((at, line.frame.as_ref()?)))
}

/// The one whose path fits best; two different ones that fit alike are no answer.
fn choose<'m>(file: &str, maps: &'m [SourceMapView]) -> Result<&'m SourceMapView, String> {
    let best = maps.iter().map(|m| fits(file, &m.path)).max().unwrap_or(0);
    let mut all = maps.iter().filter(|m| fits(file, &m.path) == best);
    let first = all.next().filter(|_| best > 0);
    let first = first.ok_or("This deployment has no source map for that file.")?;
    match all.find(|m| m.digest != first.digest) {
        None => Ok(first),
        Some(other) => Err(format!(
            "Both {} and {} could belong to that file.",
            first.path, other.path
        )),
    }
}

fn open(dir: &Path, digest: &str) -> Result<DecodedMap, String> {
    let bytes = std::fs::read(place(dir, digest))
        .map_err(|_| "The source map of that file is gone; deploy again to have it.".to_owned())?;
    sourcemap::decode_slice(&bytes).map_err(|e| format!("Its source map can't be read: {e}."))
}

/// Lines and columns count from 1 in a trace and from 0 in a map.
fn look_up(map: &DecodedMap, frame: &Frame) -> Place {
    let (line, column) = (frame.line - 1, frame.column - 1);
    let token = map.lookup_token(line, column);
    let token = token.filter(|t| t.get_dst_line() == line && t.has_source());
    let token = token.ok_or("The source map says nothing about that place.")?;
    Ok(OriginalView {
        file: token.get_source().unwrap_or_default().to_owned(),
        line: token.get_src_line() + 1,
        column: token.get_src_col() + 1,
        function: token.get_name().map(str::to_owned),
        source: source(&token),
    })
}

fn source(token: &Token<'_>) -> Vec<SourceLineView> {
    let Some(text) = token.get_source_view() else {
        return vec![];
    };
    let at = token.get_src_line();
    let line = |number: u32| {
        let text = text.get_line(number)?;
        Some(SourceLineView {
            number: number + 1,
            text: text.chars().take(LINE_CHARS).collect(),
        })
    };
    (at.saturating_sub(AROUND)..=at.saturating_add(AROUND))
        .filter_map(line)
        .collect()
}

/// The name at a frame's own place is what it called. So the frame below says how this one's
/// function is called; the last one has only the minified name.
fn view(lines: &[Line], mut places: BTreeMap<usize, Place>) -> TraceView {
    let mut called: Option<String> = None;
    for (at, line) in lines.iter().enumerate().rev() {
        let (Some(frame), Some(Ok(place))) = (&line.frame, places.get_mut(&at)) else {
            // Something between them that nobody here wrote.
            called = None;
            continue;
        };
        let own = frame.function.as_ref().and(called.take());
        called = std::mem::replace(&mut place.function, own.or_else(|| frame.function.clone()));
    }
    let decoded = places.values().filter(|p| p.is_ok()).count();
    let frames = frames(lines).count();
    let line = |(at, line): (usize, &Line)| {
        let place = places.remove(&at);
        let (original, unknown) = match place {
            None => (None, None),
            Some(Ok(place)) => (Some(place), None),
            Some(Err(why)) => (None, Some(why)),
        };
        TraceLineView {
            text: line.text.clone(),
            original,
            unknown,
        }
    };
    TraceView {
        lines: lines.iter().enumerate().map(line).collect(),
        decoded: u32::try_from(decoded).unwrap_or(u32::MAX),
        frames: u32::try_from(frames).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests;
