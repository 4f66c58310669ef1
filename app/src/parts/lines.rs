//! Lines of a log as HTML: the same on the server and in the browser, in chunks that the browser
//! may skip while they are off screen.

use super::ansi;
use super::log_time::Times;
use domain::build_log::{self, Part};
use domain::log_level::Level;
use domain::time::Time;
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

/// How lines are shown: what they are called, their times, and which one a search is at.
#[derive(Clone, Copy, Debug)]
pub struct Dress {
    pub anchor: Anchor,
    pub times: Times,
    /// In a browser.
    pub now: Option<Time>,
    pub found: Option<u64>,
}

impl Dress {
    /// As the server writes them.
    pub const fn plain(anchor: Anchor, found: Option<u64>) -> Dress {
        Dress {
            anchor,
            times: Times::Utc,
            now: None,
            found,
        }
    }
}

pub fn line(line: &LogLine, dress: Dress) -> String {
    let mut out = String::with_capacity(line.text.len() + 128);
    let Anchor(anchor) = dress.anchor;
    let class = match line.stream {
        Stream::Out => "ln",
        Stream::Err => "ln ln-err",
        Stream::Note => "ln ln-note",
    };
    let level = match line.level {
        Level::Error => " ln-error",
        Level::Warning => " ln-warning",
        Level::Info | Level::Debug => "",
    };
    let found = match dress.found == Some(line.seq) {
        true => " found",
        false => "",
    };
    let (seq, at, time) = (line.seq, line.at.0, dress.times.text(line.at, dress.now));
    let (of_step, step, text) = step(&line.text);
    let _ = write!(
        out,
        "<span class=\"{class}{level}{of_step}{found}\" id=\"{anchor}L{seq}\"{step}><a class=\"no\" href=\"#{anchor}L{seq}\" tabindex=\"-1\">{seq}</a>"
    );
    // The spaces and the line's end are for whoever sees no style: the log is a `<pre>` then.
    let _ = writeln!(
        out,
        " <span class=\"at\" data-t=\"{at}\">{time}</span> <span class=\"tx\">{}</span></span>",
        ansi::to_html(text)
    );
    out
}

/// As it is copied: without colours, and without what says whose it is.
pub fn plain(line: &LogLine) -> String {
    ansi::plain(step(&line.text).2)
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
pub fn chunks(lines: &[LogLine], dress: Dress) -> Vec<(u64, String)> {
    let mut chunks: Vec<(u64, String)> = vec![];
    for l in lines {
        let number = chunk_of(l.seq);
        match chunks.last_mut() {
            Some((last, html)) if *last == number => html.push_str(&line(l, dress)),
            _ => chunks.push((number, line(l, dress))),
        }
    }
    chunks
}

pub fn html(lines: &[LogLine], dress: Dress) -> String {
    chunks(lines, dress)
        .into_iter()
        .map(|(number, html)| chunk(number, &html))
        .collect()
}

pub fn chunk(number: u64, inner: &str) -> String {
    format!("<pre class=\"chunk\" data-chunk=\"{number}\">{inner}</pre>")
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

    const PLAIN: Dress = Dress::plain(MAIN, None);

    fn at(seq: u64) -> LogLine {
        LogLine {
            seq,
            at: Time(0),
            stream: Stream::Err,
            level: Level::Warning,
            text: "<b>".into(),
        }
    }

    #[test]
    fn a_line_has_its_number_its_time_and_its_stream() {
        assert_eq!(
            line(&at(7), PLAIN),
            "<span class=\"ln ln-err ln-warning\" id=\"L7\"><a class=\"no\" href=\"#L7\" tabindex=\"-1\">7</a> \
             <span class=\"at\" data-t=\"0\">01-01 00:00:00.000Z</span> <span class=\"tx\">&lt;b&gt;</span></span>\n"
        );
        assert!(line(&at(7), Dress::plain(MAIN, Some(7))).contains(" found\" id=\"L7\""));
        assert!(!line(&at(7), Dress::plain(MAIN, Some(8))).contains("found"));
    }

    #[test]
    fn p21_a_line_of_a_step_says_whose_it_is() {
        let of = |text: &str| {
            let text = text.to_owned();
            line(
                &LogLine {
                    text,
                    stream: Stream::Out,
                    level: Level::Info,
                    ..at(7)
                },
                PLAIN,
            )
        };
        assert!(of("#4 [2/3] RUN make").contains("class=\"ln ln-step\" id=\"L7\" data-step=\"4\""));
        assert!(of("#4 | gcc").ends_with("<span class=\"tx\">gcc</span></span>\n"));
        assert!(of("#4 DONE 1.0s").contains("ln-end"));
        let copied = LogLine {
            text: "#4 | \u{1b}[1mgcc\u{1b}[0m -c".into(),
            ..at(7)
        };
        assert_eq!(plain(&copied), "gcc -c");
    }

    #[test]
    fn chunks_hold_a_hundred_lines() {
        let lines: Vec<_> = (95..=205).map(at).collect();
        let sizes: Vec<_> = chunks(&lines, PLAIN)
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
