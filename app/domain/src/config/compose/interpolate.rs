//! `${NAME}` and its forms, as Compose knows them.

use super::{Reader, Values};
use crate::config::error::Position;
use crate::config::units::brief;

/// One piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t str),
    /// The name, and what stands behind it inside of the braces.
    Variable(&'t str, &'t str),
    Broken(&'t str),
}

impl Reader {
    pub(super) fn interpolated(
        &mut self,
        at: Position,
        path: &str,
        text: String,
        values: &Values,
    ) -> String {
        if !text.contains('$') {
            return text;
        }
        let mut out = String::new();
        for piece in pieces(&text) {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Variable(name, rest) => {
                    out.push_str(&self.value(at, path, name, rest, values));
                }
                Piece::Broken(text) => self.fault(
                    at,
                    path,
                    format!("`${}` is no variable", brief(text)),
                    "write `${NAME}`, `${NAME:-default}`, or `$$` for a dollar sign",
                ),
            }
        }
        out
    }

    /// By the operator behind the name; a colon makes an empty value count as none.
    fn value(
        &mut self,
        at: Position,
        path: &str,
        name: &str,
        rest: &str,
        values: &Values,
    ) -> String {
        let (colon, rest) = match rest.strip_prefix(':') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let value = values.get(name).filter(|v| !(colon && v.is_empty()));
        let operand = rest.get(1..).unwrap_or_default();
        match (rest.chars().next(), value) {
            (Some('+'), Some(_)) => operand.to_owned(),
            (Some('+'), None) => String::new(),
            (_, Some(value)) => value.clone(),
            (Some('-'), None) => operand.to_owned(),
            (Some('?'), None) => {
                let why = match operand {
                    "" => format!("`{name}` has no value"),
                    why => format!("`{name}` has no value: {}", brief(why)),
                };
                self.fault(at, path, why, "give it one among the variables");
                String::new()
            }
            (_, None) => {
                let sentence = format!(
                    "`${{{name}}}` has no value here, so it is empty. Give it one among the variables."
                );
                self.leave_out(at, path, sentence);
                String::new()
            }
        }
    }
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut all, mut rest) = (vec![], text);
    while let Some(dollar) = rest.find('$') {
        all.push(Piece::Text(&rest[..dollar]));
        let behind = &rest[dollar + 1..];
        let (piece, length) = piece(behind);
        all.push(piece);
        rest = &behind[length..];
    }
    all.push(Piece::Text(rest));
    all
}

/// What stands behind a dollar sign, and how long it is.
fn piece(behind: &str) -> (Piece<'_>, usize) {
    if behind.starts_with('$') {
        return (Piece::Text("$"), 1);
    }
    let Some(inside) = behind.strip_prefix('{') else {
        let length = name(behind);
        return match length {
            0 => (Piece::Broken(""), 0),
            n => (Piece::Variable(&behind[..n], ""), n),
        };
    };
    let Some(end) = inside.find('}') else {
        return (Piece::Broken(behind), behind.len());
    };
    let (inside, length) = (&inside[..end], end + 2);
    let (name, rest) = inside.split_at(name(inside));
    let operator = rest.strip_prefix(':').unwrap_or(rest).chars().next();
    let known = rest.is_empty() || operator.is_some_and(|c| "-?+".contains(c));
    // A variable inside of a default is the one form that is not known here.
    match known && !name.is_empty() && !rest.contains('$') {
        true => (Piece::Variable(name, rest), length),
        false => (Piece::Broken(&behind[..length]), length),
    }
}

/// How long the name at the beginning is.
fn name(text: &str) -> usize {
    let fits = |(at, c): (usize, char)| {
        c == '_' || c.is_ascii_alphabetic() || (at > 0 && c.is_ascii_digit())
    };
    text.char_indices()
        .find(|one| !fits(*one))
        .map_or(text.len(), |(at, _)| at)
}
