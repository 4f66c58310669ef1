//! What the measured command line says.

pub struct CommandLine {
    pub root: String,
    pub salt: String,
    pub blocks: u64,
    pub config: String,
    pub debug: bool,
}

pub fn parse(line: &str) -> Result<CommandLine, String> {
    let find = |name: &str| {
        let mut all = line
            .split_whitespace()
            .filter_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        match (all.next(), all.next()) {
            (Some(value), None) => Ok(value),
            (None, _) => Err(format!("the command line has no {name}")),
            (Some(_), Some(_)) => Err(format!("the command line has {name} twice")),
        }
    };
    Ok(CommandLine {
        root: hex_of_32(find("tee.root")?)?,
        salt: hex_of_32(find("tee.salt")?)?,
        blocks: find("tee.blocks")?
            .parse()
            .map_err(|_| "tee.blocks is no number".to_owned())?,
        config: hex_of_32(find("tee.config")?)?,
        debug: find("tee.debug").is_ok_and(|value| value == "1"),
    })
}

fn hex_of_32(text: &str) -> Result<String, String> {
    let is_hex = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_hex
        .then(|| text.to_owned())
        .ok_or_else(|| format!("{text} is not 32 bytes in hex"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_said_twice_is_refused() {
        let (root, config) = ("a".repeat(64), "b".repeat(64));
        let line =
            format!("quiet tee.root={root} tee.salt={root} tee.blocks=7 tee.config={config}");
        let read = parse(&line).expect("it is whole");
        assert_eq!((read.blocks, read.config, read.debug), (7, config, false));
        assert!(parse(&format!("{line} tee.debug=1")).is_ok_and(|read| read.debug));
        assert!(parse(&format!("{line} tee.root={root}")).is_err());
        assert!(parse("quiet").is_err());
    }
}
