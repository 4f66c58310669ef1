//! Names that become host names: parsed at the edge, so that what is inside is right.

use crate::refusal::Refusal;

/// A DNS label holds 63; `<environment>-<project>` has to fit.
const LONGEST: usize = 40;

/// `web`, `api-2`: lower case, digits and hyphens, begins with a letter.
pub fn project(text: &str) -> Result<String, Refusal> {
    label("name", text)
}

/// `production`, `staging`.
pub fn environment(text: &str) -> Result<String, Refusal> {
    let name = label("environment", text)?;
    match name.len() > 20 {
        true => Err(Refusal::invalid(
            "environment",
            "The environment's name is longer than 20 letters.",
        )
        .way_out("Choose a shorter one.")),
        false => Ok(name),
    }
}

fn label(place: &str, text: &str) -> Result<String, Refusal> {
    let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let shape = text.len() <= LONGEST
        && text.bytes().all(fine)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-');
    if shape {
        return Ok(text.to_owned());
    }
    let shown: String = text.chars().take(LONGEST).collect();
    Err(Refusal::invalid(
        place,
        format!("`{shown}` can't be a {place}: it becomes part of a host name."),
    )
    .way_out(format!(
        "Use 1 to {LONGEST} lower-case letters, digits and hyphens, beginning with a letter."
    )))
}

/// The hosts of an environment, the one to show first. Production also answers at the bare name.
pub fn hosts(project: &str, environment: &str, base_domain: &str) -> Vec<String> {
    let long = format!("{environment}-{project}.{base_domain}");
    match environment {
        "production" => vec![format!("{project}.{base_domain}"), long],
        _ => vec![long],
    }
}

/// Where what is held at ready is shown: nobody guesses it, and its end says whose it is.
pub fn held_host(secret: u128, project: &str, environment: &str, base_domain: &str) -> String {
    // A label holds 63; 80 bits are the secret's.
    let whose = format!("{environment}-{project}");
    let whose = whose[..whose.len().min(42)].trim_end_matches('-');
    format!("{:020x}-{whose}.{base_domain}", secret & ((1 << 80) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_host_can_have_is_refused_with_the_way_out() {
        for bad in [
            "",
            "Web",
            "-a",
            "a-",
            "a_b",
            "1a",
            "ä",
            "a.b",
            &"a".repeat(41),
        ] {
            assert!(project(bad).is_err_and(|r| r.way_out.is_some()), "{bad}");
        }
        assert_eq!(project("web-2").as_deref(), Ok("web-2"));
    }

    #[test]
    fn i8_a_held_versions_host_is_a_label_with_80_secret_bits() {
        let host = held_host(u128::MAX, "web", "production", "localhost");
        assert_eq!(host, "ffffffffffffffffffff-production-web.localhost");
        let long = held_host(7, &"p".repeat(40), &"e".repeat(20), "localhost");
        let label = long.strip_suffix(".localhost").unwrap();
        assert!(label.len() == 63 && label.starts_with("00000000000000000007-e"));
        let cut = held_host(
            7,
            &format!("{}-x", "p".repeat(21)),
            &"e".repeat(20),
            "localhost",
        );
        assert!(
            cut.ends_with("p.localhost") || cut.ends_with("x.localhost"),
            "{cut}"
        );
    }

    #[test]
    fn production_answers_at_the_bare_name_too() {
        assert_eq!(
            hosts("web", "production", "localhost"),
            ["web.localhost", "production-web.localhost"]
        );
        assert_eq!(
            hosts("web", "staging", "localhost"),
            ["staging-web.localhost"]
        );
    }
}
