//! Lines of a Dockerfile that mean exactly what they say.

use crate::detect::Start;
use serde_json::json;

const SHELL: &str = "/bin/sh";

/// A step. A person's command that is more than words goes to the container's shell as one argument.
pub(super) fn run(line: &str) -> String {
    match is_tame(line) {
        true => own(line.trim()),
        false => format!("RUN {}", json!([SHELL, "-c", line])),
    }
}

/// A step of our own, as one reads it best.
pub(super) fn own(line: &str) -> String {
    format!("RUN {line}")
}

/// Words, options and `&&`: nothing here means something else to a Dockerfile than to a shell.
fn is_tame(line: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_./:=@,+%&".contains(c);
    line.starts_with(|c: char| c.is_ascii_alphanumeric() || "./".contains(c))
        && line.chars().all(plain)
}

/// The names are from our own lists.
pub(super) fn copy(names: &[String]) -> String {
    format!("COPY {} ./", names.join(" "))
}

/// Always in its exec form.
pub(super) fn cmd(start: &Start) -> String {
    let words = match start {
        Start::Words(words) => json!(words),
        Start::Line(line) => json!([SHELL, "-c", line]),
    };
    format!("CMD {words}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p6_no_command_is_read_as_anything_but_a_command() {
        assert_eq!(
            run("npm ci && npm run build"),
            "RUN npm ci && npm run build"
        );
        for tricky in [
            "--network=host id",
            "cat <<EOF",
            "make \\",
            "[\"id\"]",
            "echo \"a\" > $HOME/b",
            "# nothing",
        ] {
            assert_eq!(
                run(tricky),
                format!("RUN {}", json!(["/bin/sh", "-c", tricky]))
            );
        }
    }
}
