//! What stands between the world and the container there; here the data plane does.

use super::known;
use crate::config::ConfigPatch;
use crate::config::cell::whole_number;
use crate::config::check;
use crate::config::foreign::Reader;
use crate::config::node::{Body, Entry, Node, join};

const EVERYTHING: &str = "/*";

impl Reader {
    pub(super) fn shim(&mut self, node: &Node, patch: &mut ConfigPatch) {
        let keys = self.group(node, "shim");
        self.required(node.at, "shim", keys, &["upstream-port"]);
        for key in keys {
            self.of_shim(key, &join("shim", &key.name), patch);
        }
    }

    fn of_shim(&mut self, key: &Entry, path: &str, patch: &mut ConfigPatch) {
        let value = &key.value;
        match key.name.as_str() {
            "upstream-port" => {
                let port = whole_number(value).and_then(|port| u16::try_from(port).ok());
                let port = port.filter(|port| *port > 0);
                patch.port = self.or_fault(value, path, port, "a port", "write 1 to 65535");
            }
            // There is one container, and no other to mean.
            "upstream-container" => drop(self.text(value, path)),
            "paths" => self.paths(value, path),
            "authenticated" => {
                let no =
                    matches!(&value.body, Body::Scalar { text, plain: true } if text == "false");
                self.for_all(key, path, no);
            }
            "authenticated-endpoints" => {
                let none = matches!(&value.body, Body::List(items) if items.is_empty());
                self.for_all(key, path, none);
            }
            _ => self.aside(key, path, &known::SHIM),
        }
    }

    /// Every path of an app is reached here: what is closed there must not be open.
    fn paths(&mut self, node: &Node, path: &str) {
        let mut all = vec![];
        for item in self.list(node, path) {
            all.extend(self.ruled(item, path, check::url_path));
        }
        let open = all.is_empty() || all.iter().any(|path| path == EVERYTHING);
        if !open {
            let problem =
                format!("`{path}` closes paths, and every path of an app is reached here");
            let way_out = "let the app itself refuse the others, and write `paths: [/*]`";
            self.fault(node.at, path, problem, way_out);
        }
    }

    fn for_all(&mut self, key: &Entry, path: &str, is_so: bool) {
        if !is_so {
            let problem = format!("`{path}` asks for keys that nobody looks at here");
            let way_out = "let the app itself ask who calls it, and remove this";
            self.fault(key.at, path, problem, way_out);
        }
    }
}
