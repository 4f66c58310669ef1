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
    let mut look = Look::default();
    let mut plain = String::new();
    let mut chars = last_written(text).chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ESC => {
                let sequence = escape_sequence(&mut chars);
                if let Some(codes) = sequence {
                    flush(&mut out, &mut plain, look);
                    look = look.after(&codes);
                }
            }
            '\t' => plain.push(c),
            c if c.is_control() => {}
            c => plain.push(c),
        }
    }
    flush(&mut out, &mut plain, look);
    out
}

/// The numbers of a colour sequence; every other sequence is swallowed.
fn escape_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Vec<u16>> {
    match chars.next()? {
        '[' => {
            let mut body = String::new();
            for c in chars.by_ref() {
                if ('\u{40}'..='\u{7e}').contains(&c) {
                    return (c == 'm').then(|| codes(&body));
                }
                body.push(c);
            }
            None
        }
        ']' => {
            // an operating system command, such as a hyperlink: up to BEL or ESC \
            while let Some(c) = chars.next() {
                if c == '\u{7}' || (c == ESC && chars.next_if_eq(&'\\').is_some()) {
                    break;
                }
            }
            None
        }
        _ => None,
    }
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

fn flush(out: &mut String, plain: &mut String, look: Look) {
    if plain.is_empty() {
        return;
    }
    let classes = look.classes();
    if classes.is_empty() {
        linked(out, plain);
    } else {
        let _ = write!(out, "<span class=\"{}\">", classes.trim_end());
        linked(out, plain);
        out.push_str("</span>");
    }
    plain.clear();
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
        out.push_str("<a rel=\"noopener noreferrer nofollow\" target=\"_blank\" href=\"");
        escape(out, url);
        out.push_str("\">");
        escape(out, url);
        out.push_str("</a>");
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
            to_html("\u{1b}[2K\u{1b}]8;;http://evil\u{7}text\u{1b}]8;;\u{7}"),
            "text"
        );
        assert_eq!(to_html("a\u{8}\u{0}b"), "ab");
    }
}
