//! A line of a log as safe HTML: colours as classes (the content security policy forbids inline
//! styles), links made plain, everything else escaped.

use std::fmt::Write;

/// How text looks from here on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Look {
    fg: Option<u8>,
    bg: Option<u8>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

const ESC: char = '\u{1b}';

/// What remains after progress bars that overwrote themselves with `\r`.
fn last_written(text: &str) -> &str {
    let text = text.trim_end_matches(['\r', '\n']);
    text.rsplit('\r').next().unwrap_or(text)
}

pub fn to_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut look, mut link) = (Look::default(), None);
    let mut plain = String::new();
    for piece in Pieces::of(text) {
        match piece {
            Piece::Char(c) => plain.push(c),
            Piece::Look(codes) => {
                flush(&mut out, &mut plain, look, link.as_deref());
                look = look.after(&codes);
            }
            Piece::Link(to) => {
                flush(&mut out, &mut plain, look, link.as_deref());
                link = to;
            }
        }
    }
    flush(&mut out, &mut plain, look, link.as_deref());
    out
}

/// What a person would read.
pub fn plain(text: &str) -> String {
    let chars = Pieces::of(text).filter_map(|piece| match piece {
        Piece::Char(c) => Some(c),
        Piece::Look(_) | Piece::Link(_) => None,
    });
    chars.collect()
}

enum Piece {
    Char(char),
    Look(Vec<u16>),
    /// What follows is a link to there, or to nowhere any more.
    Link(Option<String>),
}

/// What a terminal would make of a line; sequences that mean neither a look nor a link are swallowed.
struct Pieces<'t>(std::iter::Peekable<std::str::Chars<'t>>);

impl<'t> Pieces<'t> {
    fn of(text: &'t str) -> Self {
        Self(last_written(text).chars().peekable())
    }

    fn sequence(&mut self) -> Option<Piece> {
        match self.0.next()? {
            '[' => {
                let mut body = String::new();
                for c in self.0.by_ref() {
                    if ('\u{40}'..='\u{7e}').contains(&c) {
                        return (c == 'm').then(|| Piece::Look(codes(&body)));
                    }
                    body.push(c);
                }
                None
            }
            ']' => link(&self.command()),
            _ => None,
        }
    }

    /// An operating system's command, such as a hyperlink: up to BEL or ESC \\.
    fn command(&mut self) -> String {
        let mut body = String::new();
        while let Some(c) = self.0.next() {
            if c == '\u{7}' || (c == ESC && self.0.next_if_eq(&'\\').is_some()) {
                break;
            }
            body.push(c);
        }
        body
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        loop {
            match self.0.next()? {
                ESC => {
                    if let Some(piece) = self.sequence() {
                        return Some(piece);
                    }
                }
                c if c == '\t' || !c.is_control() => return Some(Piece::Char(c)),
                _ => {}
            }
        }
    }
}

/// `8;parameters;address`. Only the web may be linked to.
fn link(command: &str) -> Option<Piece> {
    let (_, to) = command.strip_prefix("8;")?.split_once(';')?;
    let web = ["https://", "http://"]
        .into_iter()
        .any(|s| to.starts_with(s));
    let plain = !to.chars().any(|c| c.is_whitespace() || c.is_control());
    Some(Piece::Link((web && plain).then(|| to.to_owned())))
}

fn codes(body: &str) -> Vec<u16> {
    body.split([';', ':'])
        .map(|n| n.parse().unwrap_or(0))
        .collect()
}

impl Look {
    fn after(mut self, codes: &[u16]) -> Look {
        let mut rest = codes;
        while let [code, more @ ..] = rest {
            rest = more;
            match code {
                0 => self = Look::default(),
                1 => self.bold = true,
                2 => self.dim = true,
                3 => self.italic = true,
                4 => self.underline = true,
                22 => (self.bold, self.dim) = (false, false),
                23 => self.italic = false,
                24 => self.underline = false,
                30..=37 => self.fg = Some((code - 30) as u8),
                90..=97 => self.fg = Some((code - 90 + 8) as u8),
                40..=47 => self.bg = Some((code - 40) as u8),
                100..=107 => self.bg = Some((code - 100 + 8) as u8),
                38 => (self.fg, rest) = extended(rest),
                48 => (self.bg, rest) = extended(rest),
                39 => self.fg = None,
                49 => self.bg = None,
                _ => {}
            }
        }
        self
    }

    fn classes(self) -> String {
        let mut classes = String::new();
        if let Some(n) = self.fg {
            let _ = write!(classes, "f{n} ");
        }
        if let Some(n) = self.bg {
            let _ = write!(classes, "b{n} ");
        }
        let flags = [
            (self.bold, "sb "),
            (self.dim, "sd "),
            (self.italic, "si "),
            (self.underline, "su "),
        ];
        flags
            .into_iter()
            .filter(|(on, _)| *on)
            .for_each(|(_, class)| classes.push_str(class));
        classes
    }
}

/// `5;n` is one of 256; `2;r;g;b` becomes the nearest of them.
fn extended(rest: &[u16]) -> (Option<u8>, &[u16]) {
    match rest {
        [5, n, more @ ..] => (u8::try_from(*n).ok(), more),
        [2, r, g, b, more @ ..] => (Some(nearest([*r, *g, *b])), more),
        _ => (None, &[]),
    }
}

const STEPS: [i32; 6] = [0, 95, 135, 175, 215, 255];

fn nearest(rgb: [u16; 3]) -> u8 {
    let [r, g, b] = rgb.map(|c| i32::from(c.min(255)));
    if (r - g).abs() < 10 && (g - b).abs() < 10 && (8..=242).contains(&r) {
        return (232 + (r - 8) / 10).min(255) as u8;
    }
    let step = |c: i32| {
        (0..6)
            .min_by_key(|i| (STEPS[*i as usize] - c).abs())
            .unwrap_or(0)
    };
    (16 + 36 * step(r) + 6 * step(g) + step(b)) as u8
}

fn flush(out: &mut String, plain: &mut String, look: Look, link: Option<&str>) {
    if plain.is_empty() {
        return;
    }
    let classes = look.classes();
    let styled = !classes.is_empty();
    if styled {
        let _ = write!(out, "<span class=\"{}\">", classes.trim_end());
    }
    match link {
        // An address that shows another one leads to the one that it shows.
        Some(to) if link_at(plain).is_none() => anchor(out, to, plain),
        _ => linked(out, plain),
    }
    if styled {
        out.push_str("</span>");
    }
    plain.clear();
}

/// It says where it leads to, and tells that place nothing.
fn anchor(out: &mut String, to: &str, text: &str) {
    out.push_str("<a rel=\"noopener noreferrer nofollow\" target=\"_blank\" href=\"");
    escape(out, to);
    if to != text {
        out.push_str("\" title=\"");
        escape(out, to);
    }
    out.push_str("\">");
    escape(out, text);
    out.push_str("</a>");
}

/// Escapes, and makes web addresses links.
fn linked(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = link_at(rest) {
        let (before, from) = rest.split_at(at);
        let end = from
            .find(|c: char| c.is_whitespace() || "\"'<>`|\\^{}".contains(c))
            .unwrap_or(from.len());
        let url = from[..end].trim_end_matches(['.', ',', ')', ']', ';', ':', '!']);
        escape(out, before);
        anchor(out, url, url);
        rest = &from[url.len()..];
    }
    escape(out, rest);
}

fn link_at(text: &str) -> Option<usize> {
    let at = |scheme: &str| text.find(scheme).filter(|i| text.len() > i + scheme.len());
    at("https://").into_iter().chain(at("http://")).min()
}

pub fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_classes() {
        assert_eq!(
            to_html("\u{1b}[1;31merror\u{1b}[0m: no"),
            "<span class=\"f1 sb\">error</span>: no"
        );
        assert_eq!(
            to_html("\u{1b}[38;5;208mx"),
            "<span class=\"f208\">x</span>"
        );
        assert_eq!(
            to_html("\u{1b}[38;2;255;0;0mx"),
            "<span class=\"f196\">x</span>"
        );
        assert_eq!(
            to_html("\u{1b}[48;2;128;128;128mx\u{1b}[49my"),
            "<span class=\"b244\">x</span>y"
        );
    }

    #[test]
    fn nothing_in_a_line_is_markup() {
        assert_eq!(
            to_html("<img src=x onerror=\"a\">'&"),
            "&lt;img src=x onerror=&quot;a&quot;&gt;&#39;&amp;"
        );
        assert_eq!(to_html("\u{1b}[\u{1b}[31mx"), "31mx".to_owned());
    }

    #[test]
    fn addresses_are_links_and_cannot_break_out() {
        let html = to_html("see http://a.example/x?a=1&b=2.");
        assert!(
            html.contains("href=\"http://a.example/x?a=1&amp;b=2\">"),
            "{html}"
        );
        assert!(html.ends_with("</a>."));
        assert!(!to_html("http://a\"onclick=\"x").contains("\"onclick"));
        assert_eq!(to_html("http://"), "http://");
    }

    #[test]
    fn progress_and_other_sequences_fold() {
        assert_eq!(to_html("10%\r50%\r100%\r\n"), "100%");
        assert_eq!(
            to_html("\u{1b}[2K\u{1b}]0;a title\u{7}text\u{1b}]8"),
            "text"
        );
        assert_eq!(to_html("a\u{8}\u{0}b"), "ab");
    }

    #[test]
    fn p21_a_terminals_link_leads_to_the_web_and_says_where() {
        let shown = |to: &str, text: &str| {
            to_html(&format!("\u{1b}]8;;{to}\u{1b}\\{text}\u{1b}]8;;\u{7} more"))
        };
        assert_eq!(
            shown("https://a.example/?a&b", "docs"),
            "<a rel=\"noopener noreferrer nofollow\" target=\"_blank\" href=\"https://a.example/?a&amp;b\" \
             title=\"https://a.example/?a&amp;b\">docs</a> more"
        );
        for evil in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/sign-out",
            "https://a b",
        ] {
            assert_eq!(shown(evil, "docs"), "docs more", "{evil}");
        }
        let html = shown("https://evil.example", "https://bank.example");
        assert!(
            html.contains("href=\"https://bank.example\"") && !html.contains("evil"),
            "{html}"
        );
        assert!(!shown("https://a.example/\"onclick=\"x", "docs").contains("\"onclick"));
    }

    #[test]
    fn p21_what_is_copied_has_no_colours() {
        assert_eq!(
            plain("10%\r\u{1b}[31ma\u{1b}]8;;http://b\u{7}b\u{1b}]8;;\u{7}\tc"),
            "ab\tc"
        );
    }
}
