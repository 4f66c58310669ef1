//! What starts an app: words where that is possible, so that the process itself gets the signal
//! to end; a line for the container's shell where it needs one.

use std::fmt;

/// A command for `CMD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Executed as it is.
    Words(Vec<String>),
    /// For `/bin/sh -c` in the container.
    Line(String),
}

impl Start {
    /// Splits where a shell would do nothing else.
    pub fn read(line: &str) -> Start {
        let line = line.trim();
        match words(line) {
            Some(words) => Start::Words(words),
            None => Start::Line(line.to_owned()),
        }
    }

    /// These words.
    pub fn of(words: &[&str]) -> Start {
        Start::Words(words.iter().map(|word| (*word).to_owned()).collect())
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Start::Words(words) => f.write_str(&words.join(" ")),
            Start::Line(line) => f.write_str(line),
        }
    }
}

/// `None` where a shell would see more than words: quotes, variables, `&&`, `NAME=value first`.
pub(crate) fn words(line: &str) -> Option<Vec<String>> {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_./:=@,+%".contains(c);
    let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let assigns = words.first().is_none_or(|first| first.contains('='));
    // These are the shell's own.
    let inner = [
        "cd", "exec", "export", "source", ".", "set", "if", "test", "ulimit",
    ];
    let built_in = words.first().is_some_and(|w| inner.contains(&w.as_str()));
    (line.chars().all(plain) && !assigns && !built_in).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_need_no_shell_and_everything_else_does() {
        assert_eq!(
            Start::read(" node  --enable-source-maps dist/main.js "),
            Start::of(&["node", "--enable-source-maps", "dist/main.js"])
        );
        for line in [
            "NODE_ENV=production node a.js",
            "node a.js && node b.js",
            "node \"a b.js\"",
            "node $FILE",
            "cd web",
            "node *.js",
            "node a.js; rm",
            "node a~",
        ] {
            assert_eq!(Start::read(line), Start::Line(line.into()));
        }
    }
}
