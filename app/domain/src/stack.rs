//! What a browser or Node wrote about an error, line by line: which lines are frames, and where
//! each says that it was. Three shapes are known: V8 (`at f (url:1:2)`), Firefox (`f@url:1:2`) and
//! Safari (the same, and a bare place for a function without a name).

use crate::refusal::Refusal;

/// Of a pasted text.
pub const MOST_BYTES: usize = 50_000;
/// Of one text; an endless recursion says the same a thousand times.
pub const MOST_FRAMES: usize = 200;

/// One line of the text, which is a frame or is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// As it was pasted.
    pub text: String,
    /// `None`: the error's message, or a frame without a place.
    pub frame: Option<Frame>,
}

/// A place in a file that a visitor or a server ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// As it is called after minifying; `None` for one without a name.
    pub function: Option<String>,
    /// An address or a path.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

/// The lines of a stack trace, or why it can't be one.
pub fn read(text: &str) -> Result<Vec<Line>, Refusal> {
    if text.len() > MOST_BYTES {
        return Err(too_much(format!("{} kB", MOST_BYTES / 1000)));
    }
    let line = |text: &str| Line {
        text: text.trim_end().to_owned(),
        frame: frame(text),
    };
    let lines: Vec<_> = text.trim_end().lines().map(line).collect();
    match lines.iter().filter(|l| l.frame.is_some()).count() {
        0 => Err(nothing()),
        n if n > MOST_FRAMES => Err(too_much(format!("{MOST_FRAMES} frames"))),
        _ => Ok(lines),
    }
}

fn too_much(limit: String) -> Refusal {
    Refusal::invalid(
        "text",
        format!("The stack trace has more than {limit}, which is the most."),
    )
    .way_out("Leave out the lines at its end.")
}

fn nothing() -> Refusal {
    Refusal::invalid("text", "No line of this text is a frame of a stack trace.")
        .way_out("Paste what the browser's console shows below the error: lines such as `at f (https://app.example/main.js:1:234)` or `f@https://app.example/main.js:1:234`.")
}

/// What one line says, if it is a frame with a place.
pub fn frame(line: &str) -> Option<Frame> {
    let line = line.trim();
    match line.strip_prefix("at ") {
        Some(rest) => v8(rest),
        None => gecko(line),
    }
}

/// `f (place)`, `async f (place)`, `new F (place)`, `Object.f [as g] (place)`, or a bare place.
fn v8(rest: &str) -> Option<Frame> {
    let Some((function, at)) = rest.strip_suffix(')').and_then(|r| r.rsplit_once(" (")) else {
        return place(rest.strip_prefix("async ").unwrap_or(rest), None);
    };
    let function = function.strip_prefix("async ").unwrap_or(function);
    place(at, Some(function))
}

/// `f@place`, `async*f@place`, `f/<@place`, `@place`, or a bare place with an address.
fn gecko(line: &str) -> Option<Frame> {
    let begins = |at: &str| at.starts_with('/') || has_scheme(at);
    let parted = line
        .match_indices('@')
        .map(|(at, _)| (&line[..at], &line[at + 1..]))
        .find(|(_, at)| begins(at));
    match parted {
        Some((function, at)) => {
            let function = function.rsplit('*').next().unwrap_or(function);
            place(at, Some(function.trim_end_matches("/<")))
        }
        None if has_scheme(line) => place(line, None),
        None => None,
    }
}

/// `https://…`, `file:///…`, `webpack-internal:///…`
fn has_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '+';
        !scheme.is_empty() && scheme.chars().all(plain)
    })
}

fn place(text: &str, function: Option<&str>) -> Option<Frame> {
    let (rest, column) = text.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    let (line, column) = (number(line)?, number(column)?);
    let is_file = !file.is_empty() && !file.contains(char::is_whitespace);
    let function = function.map(str::trim).filter(|f| !f.is_empty());
    is_file.then(|| Frame {
        function: function.map(str::to_owned),
        file: file.to_owned(),
        line,
        column,
    })
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|n| *n > 0)
}

/// How well a source map at `map` fits a frame of `file`: how many parts of both paths are the same,
/// counted from the end. Zero: it is another file's.
pub fn fits(file: &str, map: &str) -> usize {
    let Some(map) = map.strip_suffix(".map") else {
        return 0;
    };
    let parts = |path: &'_ str| -> Vec<String> {
        let parts = path.rsplit('/').filter(|p| !p.is_empty());
        parts.map(str::to_owned).collect()
    };
    let (file, map) = (parts(path(file)), parts(map));
    file.iter().zip(&map).take_while(|(a, b)| a == b).count()
}

/// Without scheme, host, query and fragment.
fn path(file: &str) -> &str {
    let file = file.split(['?', '#']).next().unwrap_or(file);
    match file.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => file,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(text: &str, expected: Expect) {
        let said = |line: Line| match line.frame {
            None => format!("- {}", line.text),
            Some(f) => format!(
                "{} | {} | {}:{}",
                f.function.as_deref().unwrap_or("?"),
                f.file,
                f.line,
                f.column
            ),
        };
        let lines: Vec<_> = read(text).unwrap().into_iter().map(said).collect();
        expected.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn p11_frames_of_v8_are_read() {
        check(
            "TypeError: Cannot read properties of undefined (reading 'x')
    at t (https://app.example/assets/index-Dk3.js:1:20)
    at Object.n [as run] (https://app.example/assets/index-Dk3.js?v=2:2:45)
    at new A (file:///app/dist/server.js:10:3)
    at async Promise.all (index 0)
    at async o (/app/dist/server.js:4:7)
    at https://app.example:8443/assets/index-Dk3.js:1:60
    at async https://app.example/a.js:3:1
    at Array.map (<anonymous>)
    at eval (eval at f (https://app.example/a.js:1:2), <anonymous>:1:1)
",
            expect![[r#"
                - TypeError: Cannot read properties of undefined (reading 'x')
                t | https://app.example/assets/index-Dk3.js | 1:20
                Object.n [as run] | https://app.example/assets/index-Dk3.js?v=2 | 2:45
                new A | file:///app/dist/server.js | 10:3
                -     at async Promise.all (index 0)
                o | /app/dist/server.js | 4:7
                ? | https://app.example:8443/assets/index-Dk3.js | 1:60
                ? | https://app.example/a.js | 3:1
                -     at Array.map (<anonymous>)
                -     at eval (eval at f (https://app.example/a.js:1:2), <anonymous>:1:1)"#]],
        );
    }

    #[test]
    fn p11_frames_of_firefox_and_safari_are_read() {
        check(
            "t@https://app.example/npm/vue@3/index.js:1:20
n/<@https://app.example/assets/a.js:1:45
async*o@https://app.example/assets/a.js:1:60
@https://app.example/assets/a.js:2:1
https://app.example/assets/a.js:7:9
global code@https://app.example/assets/a.js:8:2
[native code]
mail me@example.com:1:2",
            expect![[r#"
                t | https://app.example/npm/vue@3/index.js | 1:20
                n | https://app.example/assets/a.js | 1:45
                o | https://app.example/assets/a.js | 1:60
                ? | https://app.example/assets/a.js | 2:1
                ? | https://app.example/assets/a.js | 7:9
                global code | https://app.example/assets/a.js | 8:2
                - [native code]
                - mail me@example.com:1:2"#]],
        );
    }

    #[test]
    fn p11_a_text_without_frames_or_with_too_many_is_refused() {
        assert!(read("hello").is_err() && read("").is_err());
        assert!(read("at a.js:0:1").is_err() && read("at a.js:1:x").is_err());
        assert!(read(&"x".repeat(MOST_BYTES + 1)).is_err());
        let many = "at a (b:1:2)\n".repeat(MOST_FRAMES);
        assert_eq!(read(&many).unwrap().len(), MOST_FRAMES);
        assert!(read(&format!("{many}at a (b:1:2)")).is_err());
    }

    #[test]
    fn p11_a_map_belongs_to_the_file_whose_path_ends_as_its_own() {
        let url = "https://app.example/assets/index-Dk3.js?v=2";
        assert_eq!(fits(url, "assets/index-Dk3.js.map"), 2);
        assert_eq!(fits(url, "srv/www/assets/index-Dk3.js.map"), 2);
        assert_eq!(fits(url, "other/index-Dk3.js.map"), 1);
        assert_eq!(fits(url, "assets/index.js.map"), 0);
        assert_eq!(fits(url, "assets/index-Dk3.js"), 0);
        assert_eq!(fits("file:///app/dist/a.js", "app/dist/a.js.map"), 3);
        assert_eq!(fits("https://app.example", "app.example.map"), 0);
    }
}
