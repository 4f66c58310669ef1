//! What builds a service: a directory of the repository that the file belongs to.

use super::Reader;
use super::service::Draft;
use crate::config::check;
use crate::config::node::{Body, Node, join};

const WHOLE: &str = "The image's last stage is built, with Sealdock's own cache.";

impl Reader {
    pub(super) fn build(&mut self, node: &Node, path: &str, draft: &mut Draft) {
        draft.is_built = true;
        if !matches!(node.body, Body::Map(_)) {
            return self.context(node, path, draft);
        }
        for key in self.group(node, path) {
            let path = join(path, &key.name);
            let build = &mut draft.config.build;
            match key.name.as_str() {
                "context" => self.context(&key.value, &path, draft),
                "dockerfile" => {
                    let file = self.text(&key.value, &path);
                    let file = file.map(|f| f.trim_start_matches("./").to_owned());
                    build.dockerfile = file;
                }
                "args" => {
                    let args = self.pairs(&key.value, &path);
                    build.args = args.into_iter().map(|(_, n, v)| (n, Some(v))).collect();
                }
                _ => self.leave_out(key.at, &path, WHOLE),
            }
        }
    }

    /// Relative to the file, which lies at the root of the repository.
    fn context(&mut self, node: &Node, path: &str, draft: &mut Draft) {
        let Some(text) = self.text(node, path) else {
            return;
        };
        let inside = text.trim_start_matches("./").trim_end_matches('/');
        let is_address = text.contains("://") || text.contains('@');
        if is_address || text.starts_with('~') || leads_out(inside) {
            let problem = format!("`{path}` leads out of the repository");
            let way_out = "name a directory of the repository, as `./api`";
            return self.fault(node.at, path, problem, way_out);
        }
        draft.config.build.root = Some(match inside {
            "" => ".".to_owned(),
            inside => inside.to_owned(),
        });
    }
}

fn leads_out(path: &str) -> bool {
    !path.is_empty() && check::file(path).is_err()
}
