//! Ports: the first that a service listens on is the app's; no port of the machine is opened.

use super::Reader;
use super::service::Draft;
use crate::config::node::{Body, Entry, Node, join};

const NOT_PUBLISHED: &str =
    "No port of the machine is opened: the app is reached by its host name, through the proxy.";
const ONE_PORT: &str = "An app is asked at one port; this one is not reached from outside.";

impl Reader {
    pub(super) fn ports(&mut self, node: &Node, path: &str, draft: &mut Draft) {
        for (at, item) in self.list(node, path).iter().enumerate() {
            let path = format!("{path}[{at}]");
            match &item.body {
                Body::Map(keys) => self.long_port(keys, &path, draft),
                _ => self.short_port(item, &path, draft),
            }
        }
    }

    pub(super) fn expose(&mut self, node: &Node, path: &str, draft: &mut Draft) {
        for (at, item) in self.list(node, path).iter().enumerate() {
            self.short_port(item, &format!("{path}[{at}]"), draft);
        }
    }

    /// `80`, `8080:80`, `127.0.0.1:8080:80`, with `/tcp` or not.
    fn short_port(&mut self, item: &Node, path: &str, draft: &mut Draft) {
        let Some(text) = self.text(item, path) else {
            return;
        };
        let (ports, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
        if protocol != "tcp" {
            return self.leave_out(item.at, path, "Only HTTP over TCP is forwarded to an app.");
        }
        let (published, target) = match ports.rsplit_once(':') {
            Some((_, target)) => (true, target),
            None => (false, ports),
        };
        let Some(target) = target.parse().ok().filter(|p| *p > 0) else {
            return self.leave_out(item.at, path, ONE_PORT);
        };
        if published {
            self.leave_out(item.at, path, NOT_PUBLISHED);
        }
        self.take_port(item, path, target, draft);
    }

    fn long_port(&mut self, keys: &[Entry], path: &str, draft: &mut Draft) {
        for key in keys {
            let inside = join(path, &key.name);
            match key.name.as_str() {
                "target" => {
                    let text = self.text(&key.value, &inside);
                    let port = text.and_then(|t| t.parse().ok()).filter(|p| *p > 0);
                    let wanted = ("a port", "write it like `8080`");
                    let port = self.or_fault(&key.value, &inside, port, wanted.0, wanted.1);
                    port.into_iter()
                        .for_each(|p| self.take_port(&key.value, path, p, draft));
                }
                "published" | "host_ip" | "mode" => self.leave_out(key.at, &inside, NOT_PUBLISHED),
                "protocol" if mentions_tcp(&key.value) => {}
                _ => self.leave_out(
                    key.at,
                    &inside,
                    "Only HTTP over TCP is forwarded to an app.",
                ),
            }
        }
    }

    fn take_port(&mut self, item: &Node, path: &str, port: u16, draft: &mut Draft) {
        match draft.config.port {
            None => draft.config.port = Some(port),
            Some(first) if first == port => {}
            Some(_) => self.leave_out(item.at, path, ONE_PORT),
        }
    }
}

fn mentions_tcp(node: &Node) -> bool {
    matches!(&node.body, Body::Scalar { text, .. } if text == "tcp")
}
