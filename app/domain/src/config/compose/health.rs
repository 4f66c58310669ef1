//! A health check that asks over HTTP becomes a probe; any other is named.

use super::Reader;
use super::service::Draft;
use super::sizes::probe_ms;
use crate::config::node::{Body, Node, join};

pub(in crate::config) const NOT_HTTP: &str = "Only a check that asks over HTTP can be taken over, such as `curl -f http://localhost:8080/health`: Sealdock asks from outside.";
pub(in crate::config) const OWN_PACE: &str = "Sealdock asks at its own pace: after 2 good answers in a row an instance is healthy, within 60 s.";

impl Reader {
    pub(super) fn health(&mut self, node: &Node, path: &str, draft: &mut Draft) {
        for key in self.group(node, path) {
            let path = join(path, &key.name);
            match key.name.as_str() {
                "test" => match self.asked(&key.value, &path) {
                    Some((port, at)) => {
                        draft.health_port = Some(port);
                        draft.config.health.path = Some(at);
                    }
                    None => self.leave_out(key.at, &path, NOT_HTTP),
                },
                "timeout" => {
                    let text = self.text(&key.value, &path);
                    let ms = text.and_then(|t| probe_ms(&t));
                    let wanted = ("a time", "write it like `5s`");
                    let ms = self.or_fault(&key.value, &path, ms, wanted.0, wanted.1);
                    draft.config.health.probe_timeout_ms = ms;
                }
                "disable" => {
                    let sentence = "An app takes traffic once it answers, so it is always asked.";
                    self.leave_out(key.at, &path, sentence);
                }
                _ => self.leave_out(key.at, &path, OWN_PACE),
            }
        }
    }

    /// Port and path of the address that `curl` or `wget` asks on the container itself.
    pub(in crate::config) fn asked(&mut self, node: &Node, path: &str) -> Option<(u16, String)> {
        let line = match &node.body {
            Body::List(items) => {
                let words: Vec<_> = items.iter().filter_map(|i| self.text(i, path)).collect();
                words.join(" ")
            }
            _ => self.text(node, path)?,
        };
        let asks = |word: &str| {
            let name = word.rsplit('/').next().unwrap_or(word);
            matches!(name, "curl" | "wget")
        };
        if !line.split_whitespace().any(asks) {
            return None;
        }
        line.split_whitespace().find_map(address)
    }
}

/// `http://localhost:3000/health` and its like.
fn address(word: &str) -> Option<(u16, String)> {
    let word = word.trim_matches(|c| "'\"".contains(c));
    let rest = word.strip_prefix("http://")?;
    let (host, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()?),
        _ => (host, 80),
    };
    let own = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"].contains(&name);
    own.then(|| (port, path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn p20_an_address_of_the_container_itself_is_a_probe() {
        let is = |port, path: &str| Some((port, path.to_owned()));
        assert_eq!(
            address("http://localhost:3000/health?a=1"),
            is(3000, "/health?a=1")
        );
        assert_eq!(address("'http://127.0.0.1'"), is(80, "/"));
        assert_eq!(address("http://[::1]:8080/x"), is(8080, "/x"));
        assert_eq!(address("http://db:3000/health"), None);
        assert_eq!(address("https://localhost/"), None);
    }
}
