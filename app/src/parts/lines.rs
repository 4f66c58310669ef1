//! Lines of a log as HTML: the same on the server and in the browser, in chunks that the browser
//! may skip while they are off screen.

use super::ansi;
use crate::format;
use domain::build_log::{self, Part};
use domain::view::{LogLine, Stream};
use std::fmt::Write;

/// Lines of one chunk.
pub const CHUNK: u64 = 100;

pub const fn chunk_of(seq: u64) -> u64 {
    seq.saturating_sub(1) / CHUNK
}

/// What the lines of one log are called in the page and its address: `L120`, or `before-L120` where
/// a second log stands beside the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor(pub &'static str);

impl Anchor {
    /// The address of a line.
    pub fn link(self, seq: u64) -> String {
        format!("#{}L{seq}", self.0)
    }
}

pub const MAIN: Anchor = Anchor("");
pub const BEFORE: Anchor = Anchor("before-");

pub fn line(line: &LogLine, Anchor(anchor): Anchor) -> String {
    let mut out = String::with_capacity(line.text.len() + 96);
    let class = match line.stream {
        Stream::Out => "ln",
        Stream::Err => "ln ln-err",
        Stream::Note => "ln ln-note",
    };
    let (seq, time) = (line.seq, format::clock(line.at));
    let (of_step, step, text) = step(&line.text);
    let _ = write!(
        out,
        "<div class=\"{class}{of_step}\" id=\"{anchor}L{seq}\"{step}><a class=\"no\" href=\"#{anchor}L{seq}\" tabindex=\"-1\">{seq}</a>"
    );
    let _ = write!(
        out,
        "<span class=\"at\">{time}</span><span class=\"tx\">{}</span></div>",
        ansi::to_html(text)
    );
    out
}

/// Whose line it is: a class, an attribute to fold it by, and the text without what they say.
fn step(text: &str) -> (&'static str, String, &str) {
    let Some((number, part)) = build_log::read(text) else {
        return ("", String::new(), text);
    };
    let (class, text) = match part {
        Part::Begin(name) => (" ln-step", name),
        Part::Output(said) => (" ln-of", said),
        Part::Done(_) | Part::Cached | Part::Failed(_) => (" ln-end", text),
    };
    (class, format!(" data-step=\"{number}\""), text)
}

/// Consecutive lines, grouped into chunks: (number of the chunk, HTML of its lines).
pub fn chunks(lines: &[LogLine], anchor: Anchor) -> Vec<(u64, String)> {
    let mut chunks: Vec<(u64, String)> = vec![];
    for l in lines {
        let number = chunk_of(l.seq);
        match chunks.last_mut() {
            Some((last, html)) if *last == number => html.push_str(&line(l, anchor)),
            _ => chunks.push((number, line(l, anchor))),
        }
    }
    chunks
}

pub fn html(lines: &[LogLine], anchor: Anchor) -> String {
    chunks(lines, anchor)
        .into_iter()
        .map(|(number, html)| chunk(number, &html))
        .collect()
}

/// Where lines between two parts are not in the page.
pub fn gap(lines: u64) -> String {
    format!(
        "<p class=\"log-gap\">{} lines between are not shown. Search, or open the raw log.</p>",
        format::count(lines)
    )
}

pub fn chunk(number: u64, inner: &str) -> String {
    format!("<div class=\"chunk\" data-chunk=\"{number}\">{inner}</div>")
}

/// `L120` or `L120-L140` of an address: the first and the last line it names of this log.
pub fn range(hash: &str, Anchor(anchor): Anchor) -> Option<(u64, u64)> {
    let hash = hash.trim_start_matches('#').strip_prefix(anchor)?;
    let (first, last) = hash.split_once('-').unwrap_or((hash, hash));
    let number = |text: &str| text.strip_prefix('L')?.parse::<u64>().ok();
    let (first, last) = (number(first)?, number(last)?);
    Some((first.min(last), first.max(last)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Time;

    fn at(seq: u64) -> LogLine {
        LogLine {
            seq,
            at: Time(0),
            stream: Stream::Err,
            text: "<b>".into(),
        }
    }

    #[test]
    fn a_line_has_its_number_its_time_and_its_stream() {
        assert_eq!(
            line(&at(7), MAIN),
            "<div class=\"ln ln-err\" id=\"L7\"><a class=\"no\" href=\"#L7\" tabindex=\"-1\">7</a>\
             <span class=\"at\">00:00:00</span><span class=\"tx\">&lt;b&gt;</span></div>"
        );
    }

    #[test]
    fn p21_a_line_of_a_step_says_whose_it_is() {
        let of = |text: &str| {
            let text = text.to_owned();
            line(
                &LogLine {
                    text,
                    stream: Stream::Out,
                    ..at(7)
                },
                MAIN,
            )
        };
        assert!(of("#4 [2/3] RUN make").contains("class=\"ln ln-step\" id=\"L7\" data-step=\"4\""));
        assert!(of("#4 | gcc").ends_with("<span class=\"tx\">gcc</span></div>"));
        assert!(of("#4 DONE 1.0s").contains("ln-end"));
    }

    #[test]
    fn chunks_hold_a_hundred_lines() {
        let lines: Vec<_> = (95..=205).map(at).collect();
        let sizes: Vec<_> = chunks(&lines, MAIN)
            .iter()
            .map(|(n, html)| (*n, html.matches("class=\"ln").count()))
            .collect();
        assert_eq!(sizes, [(0, 6), (1, 100), (2, 5)]);
    }

    #[test]
    fn an_address_names_lines() {
        assert_eq!(range("#L120-L140", MAIN), Some((120, 140)));
        assert_eq!(range("L7", MAIN), Some((7, 7)));
        assert_eq!(range("#main", MAIN), None);
        assert_eq!(range("#before-L7-L9", BEFORE), Some((7, 9)));
        assert_eq!(range("#before-L7", MAIN), None);
        assert_eq!(range("#L7", BEFORE), None);
    }
}
