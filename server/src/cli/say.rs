//! What a command writes: results to standard output, the rest to standard error.

use super::exit::{Exit, Failure};
use clap::ValueEnum;
use serde::Serialize;
use std::io::{IsTerminal, Write};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug)]
pub struct Say {
    output: Output,
}

impl Say {
    pub const fn new(output: Output) -> Self {
        Self { output }
    }

    pub fn is_json(self) -> bool {
        self.output == Output::Json
    }

    /// The result: as JSON exactly what the API answered, as text what `text` makes of it.
    pub fn result<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) {
        let written = match self.output {
            Output::Json => serde_json::to_string_pretty(value).unwrap_or_default() + "\n",
            Output::Text => text(value),
        };
        print(&written);
    }

    /// A result that is a line of text, whatever was asked for.
    pub fn line(self, text: &str) {
        print(&format!("{text}\n"));
    }

    /// What happens meanwhile.
    pub fn note(self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    pub fn failure(self, failure: &Failure) -> Exit {
        let refusal = &failure.refusal;
        match self.output {
            Output::Json => self.note(&serde_json::to_string_pretty(refusal).unwrap_or_default()),
            Output::Text => {
                let place = refusal.place.as_deref().filter(|p| *p != "command line");
                let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
                self.note(&format!("error: {place}{}", refusal.sentence));
                if let Some(way_out) = &refusal.way_out {
                    self.note(&format!("  {way_out}"));
                }
            }
        }
        failure.exit
    }
}

/// A reader that closed the pipe has seen enough.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Somebody is there who sees questions and can answer them.
pub fn is_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Columns as wide as their widest cell; the last one as it is.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|r| r.get(column))
            .map(|c| c.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let text = table(&[
            row(["NAME", "STATUS", "URL"]),
            row(["long-name", "Running", "http://x"]),
        ]);
        assert_eq!(
            text,
            "NAME       STATUS   URL\nlong-name  Running  http://x\n"
        );
    }
}
