//! `.dockerignore`, as the `docker` command reads it: the last pattern that matches a path or
//! one of its parents decides, `!` takes back, `**` spans directories.
//!
//! It differs from `.gitignore`: every pattern is anchored at the root, which is why no
//! library for the latter is used here.

/// The patterns of one file, in their order.
#[derive(Clone, Debug, Default)]
pub struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    /// One entry per path segment.
    pattern: Vec<Vec<char>>,
    keeps: bool,
}

impl Ignore {
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self {
            rules: text.lines().filter_map(Rule::parse).collect(),
        }
    }

    /// `path` is relative and separated by `/`.
    pub fn excludes(&self, path: &str) -> bool {
        let segments: Vec<Vec<char>> = path
            .split('/')
            .map(|segment| segment.chars().collect())
            .collect();
        let last = self.rules.iter().rev().find(|rule| rule.matches(&segments));
        last.is_some_and(|rule| !rule.keeps)
    }

    /// Without a rule that takes back, nothing inside an excluded directory is sent.
    pub fn takes_back(&self) -> bool {
        self.rules.iter().any(|rule| rule.keeps)
    }
}

impl Rule {
    fn parse(line: &str) -> Option<Self> {
        if line.starts_with('#') {
            return None;
        }
        let line = line.trim();
        let (keeps, pattern) = line
            .strip_prefix('!')
            .map_or((false, line), |rest| (true, rest.trim_start()));
        let pattern = cleaned(pattern);
        (!pattern.is_empty()).then_some(Self { pattern, keeps })
    }

    /// A rule for a directory is a rule for all that is in it.
    fn matches(&self, path: &[Vec<char>]) -> bool {
        (1..=path.len()).any(|depth| path_matches(&self.pattern, &path[..depth]))
    }
}

/// `./a//b/../c/` is `a/c`.
fn cleaned(pattern: &str) -> Vec<Vec<char>> {
    let mut clean: Vec<Vec<char>> = Vec::new();
    for segment in pattern.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(clean.pop()),
            other => clean.push(other.chars().collect()),
        }
    }
    clean
}

fn path_matches(pattern: &[Vec<char>], path: &[Vec<char>]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, rest) => rest.is_none(),
        // At the end it means what is inside, not the directory itself.
        (Some((first, [])), name) if *first == ['*', '*'] => name.is_some(),
        (Some((first, rest)), _) if *first == ['*', '*'] => {
            (0..=path.len()).any(|skip| path_matches(rest, &path[skip..]))
        }
        (Some((first, rest)), Some((name, names))) => {
            segment_matches(first, name) && path_matches(rest, names)
        }
        (Some(_), None) => false,
    }
}

fn segment_matches(pattern: &[char], name: &[char]) -> bool {
    match (pattern, name) {
        ([], rest) => rest.is_empty(),
        (['*', rest @ ..], _) => (0..=name.len()).any(|skip| segment_matches(rest, &name[skip..])),
        (['?', rest @ ..], [_, names @ ..]) => segment_matches(rest, names),
        (['[', rest @ ..], [c, names @ ..]) => match class(rest, *c) {
            Some((is_in, after)) => is_in && segment_matches(after, names),
            None => false,
        },
        (['\\', c, rest @ ..], [d, names @ ..]) | ([c, rest @ ..], [d, names @ ..]) => {
            c == d && segment_matches(rest, names)
        }
        (_, []) => false,
    }
}

/// `a-z]rest` or `^a-z]rest`: whether `c` is in it, and `rest`. `None` when it never ends.
fn class(pattern: &[char], c: char) -> Option<(bool, &[char])> {
    let (negated, pattern) = pattern
        .strip_prefix(&['^'])
        .map_or((false, pattern), |rest| (true, rest));
    let end = pattern.iter().skip(1).position(|p| *p == ']')? + 1;
    Some((
        in_ranges(&pattern[..end], c) != negated,
        &pattern[end + 1..],
    ))
}

fn in_ranges(ranges: &[char], c: char) -> bool {
    match ranges {
        [low, '-', high, rest @ ..] => (*low <= c && c <= *high) || in_ranges(rest, c),
        [one, rest @ ..] => *one == c || in_ranges(rest, c),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(patterns: &str, excluded: &[&str], sent: &[&str]) {
        let ignore = Ignore::parse(patterns);
        excluded
            .iter()
            .for_each(|path| assert!(ignore.excludes(path), "{path} should be excluded"));
        sent.iter()
            .for_each(|path| assert!(!ignore.excludes(path), "{path} should be sent"));
    }

    #[test]
    fn a_pattern_is_anchored_at_the_root_and_covers_what_is_inside() {
        check(
            "target\n/dist/",
            &["target", "target/debug/x", "dist", "dist/a"],
            &["src/target", "targets", "a/dist"],
        );
    }

    #[test]
    fn stars_stay_within_a_segment_and_double_stars_do_not() {
        check(
            "*.log\n*/*.tmp",
            &["a.log", "b/c.tmp"],
            &["b/a.log", "c.tmp", "b/c/d.tmp"],
        );
        check("**/*.log", &["a.log", "b/c/a.log"], &["a.logs"]);
        check(
            "docs/**/*.png\nlib/**",
            &["docs/a.png", "docs/b/c/a.png", "lib/x/y"],
            &["a.png", "lib"],
        );
    }

    #[test]
    fn the_last_match_decides() {
        check("*.md\n!README.md", &["a.md"], &["README.md"]);
        check(
            "*.md\n!README*.md\nREADME-secret.md",
            &["a.md", "README-secret.md"],
            &["README.md"],
        );
        check("!README.md\n*.md", &["README.md"], &[]);
        check(
            "*\n!src",
            &["Cargo.toml", "docs/a"],
            &["src", "src/main.rs"],
        );
    }

    #[test]
    fn classes_questions_and_escapes() {
        check(
            "te?t\n[a-c].txt\n[^x]y\n\\*star",
            &["test", "b.txt", "zy", "*star"],
            &["tet", "d.txt", "xy", "nostar"],
        );
        check("[open", &[], &["[open", "o"]);
    }

    #[test]
    fn comments_blanks_and_dots_are_cleaned_away() {
        check(
            "# target\n\n  ./a//b/../c/ \n.",
            &["a/c"],
            &["# target", "a", "a/b"],
        );
    }
}
