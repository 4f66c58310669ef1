//! The few facts that are read out of files in other languages, line by line. Whatever is written
//! in an unusual way is not found, and then the person says it in `sealdock.yml`.

/// The line `web: …` of a Procfile.
pub(super) fn web_line(procfile: &str) -> Option<&str> {
    let line = procfile
        .lines()
        .find_map(|line| line.strip_prefix("web:"))?;
    let line = line.trim();
    let fine = !line.is_empty() && !line.chars().any(char::is_control);
    fine.then_some(line)
}

/// The text in quotes behind `name:`, as in `outDir: 'build'`.
pub(super) fn quoted_after<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let (before, rest) = line.split_once(name)?;
        let rest = rest.trim_start().strip_prefix(':')?.trim_start();
        let quote = rest.chars().next().filter(|c| "'\"`".contains(*c))?;
        let (value, _) = rest[1..].split_once(quote)?;
        let is_name = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        (is_name && !before.contains("//")).then_some(value)
    })
}

/// A value of a TOML file, by the header of its table: `("[package]", "name", "app")`.
pub(super) struct Entry<'t> {
    pub table: &'t str,
    pub name: &'t str,
    pub value: &'t str,
}

/// Tables and one-line values; quotes around a value are left out.
pub(super) fn toml(text: &str) -> impl Iterator<Item = Entry<'_>> {
    let mut table = "";
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if line.starts_with('[') {
            table = line.split('#').next().unwrap_or(line).trim();
            return Some(Entry {
                table,
                name: "",
                value: "",
            });
        }
        let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
        Some(Entry {
            table,
            name: name.trim(),
            value: unquoted(value.trim()),
        })
    })
}

fn unquoted(value: &str) -> &str {
    let quote = value.chars().next().filter(|c| "'\"".contains(*c));
    let inside = quote.and_then(|q| value[1..].split_once(q));
    inside.map_or(value, |(inside, _)| inside)
}

/// A name that may stand in a command as it is.
pub(super) fn is_word(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_found_where_it_is_set_and_not_where_it_is_mentioned() {
        let text = "// outDir: 'no'\nexport default { build: { myoutDir: 'no', x: 1,\n outDir : \"build/web\" } }";
        assert_eq!(quoted_after(text, "outDir"), Some("build/web"));
        assert_eq!(quoted_after("outDir: path.join('a')", "outDir"), None);
    }

    #[test]
    fn a_procfile_has_its_line() {
        assert_eq!(
            web_line("worker: x\nweb:  gunicorn app:app \n"),
            Some("gunicorn app:app")
        );
        assert_eq!(web_line("web:\n"), None);
    }

    #[test]
    fn tables_and_values_are_told_apart() {
        let text = "[package] # it\nname = \"a\" # b\n# name = \"c\"\n[[bin]]\nname='d'\n";
        let all: Vec<_> = toml(text)
            .map(|e| format!("{} {} {}", e.table, e.name, e.value))
            .collect();
        assert_eq!(
            all,
            [
                "[package]  ",
                "[package] name a",
                "[[bin]]  ",
                "[[bin]] name d"
            ]
        );
    }
}
