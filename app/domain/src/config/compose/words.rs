//! A command on one line, taken apart as Compose does it: by spaces, quotes and backslashes. No
//! shell is there, so `&&` and `|` are words like any other.

/// `None`: a quote does not end.
pub(super) fn words(line: &str) -> Option<Vec<String>> {
    let (mut all, mut word, mut quote) = (vec![], None::<String>, None);
    let mut letters = line.chars();
    while let Some(c) = letters.next() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some('\''), c) => word.get_or_insert_default().push(c),
            (_, '\\') => word.get_or_insert_default().extend(letters.next()),
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => all.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    all.extend(word);
    quote.is_none().then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p20_a_line_becomes_words_without_a_shell() {
        let check = |line: &str, wanted: &[&str]| {
            let found = words(line);
            assert_eq!(
                found.as_deref(),
                Some(&wanted.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>()[..]),
                "{line}"
            );
        };
        check("npm run start", &["npm", "run", "start"]);
        check("sh -c 'a b' \"c \\\" d\"", &["sh", "-c", "a b", "c \" d"]);
        check("a '' b\\ c && d", &["a", "", "b c", "&&", "d"]);
        check("  ", &[]);
        assert_eq!(words("a 'b"), None);
    }
}
