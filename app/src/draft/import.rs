//! The form of an import.

use super::env::env;
use super::new_project::revision;
use super::{Read, said};
use domain::api::ComposeFile;
use domain::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A `compose.yaml` as it was pasted, and what it does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportDraft {
    pub file: String,
    pub name: Option<String>,
    pub url: Option<String>,
    /// `tag:v1.2.0`, `branch:main`, `commit:3f2a91c`; empty is the default branch.
    pub revision: Option<String>,
    /// `NAME=value` on each line.
    pub values: Option<String>,
    /// Names with spaces or commas between them.
    pub services: Option<String>,
}

impl ImportDraft {
    pub fn compose(&self) -> Read<ComposeFile> {
        if self.file.is_empty() {
            return Err(Refusal::invalid("file", "There is nothing to import yet.")
                .way_out("Choose a compose.yaml, or paste one."));
        }
        if self.file.contains(['\0', char::REPLACEMENT_CHARACTER]) {
            return Err(Refusal::invalid("file", "That file is not text.")
                .way_out("Choose a compose.yaml that is UTF-8."));
        }
        let names = self.services.as_deref().unwrap_or_default();
        let names = names
            .split([',', ' ', '\r', '\n'])
            .filter(|n| !n.is_empty());
        Ok(ComposeFile {
            file: self.file.clone(),
            name: said(&self.name).map(str::to_owned),
            url: said(&self.url).map(str::to_owned),
            revision: revision(said(&self.revision)),
            values: env(self.values.as_deref().unwrap_or_default())?,
            services: names.map(str::to_owned).collect(),
            runtime: None,
        })
    }

    /// Name and value of each field that is filled.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let fields = [
            ("name", &self.name),
            ("url", &self.url),
            ("revision", &self.revision),
            ("values", &self.values),
            ("services", &self.services),
        ];
        let filled = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.clone()?)));
        std::iter::once(("file", self.file.clone()))
            .chain(filled)
            .collect()
    }

    /// What was posted to the page. A file that was chosen goes before what was pasted.
    pub fn posted(form: &HashMap<String, String>) -> Option<Self> {
        let field = |name: &str| form.get(name).cloned();
        let chosen = field("upload").filter(|text| !text.is_empty());
        Some(Self {
            file: chosen.or_else(|| field("file"))?,
            name: field("name"),
            url: field("url"),
            revision: field("revision"),
            values: field("values"),
            services: field("services"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::source::Revision;

    #[test]
    fn p20_a_form_is_what_it_says() {
        let text = |t: &str| Some(t.to_owned());
        let draft = ImportDraft {
            file: "services: {}".into(),
            name: text(" shop "),
            url: text(""),
            revision: text("tag:v1"),
            values: text("A=1\nB=x=y"),
            services: text("web, api\r\n"),
        };
        let asked = draft.compose().unwrap();
        assert_eq!((asked.name.as_deref(), asked.url), (Some("shop"), None));
        assert_eq!(asked.revision, Revision::Tag("v1".into()));
        assert_eq!(asked.values["B"], "x=y");
        assert_eq!(asked.services, ["web", "api"]);
        let form: HashMap<_, _> = draft
            .pairs()
            .into_iter()
            .map(|(n, v)| (n.to_owned(), v))
            .collect();
        assert_eq!(ImportDraft::posted(&form), Some(draft));
    }

    #[test]
    fn p20_a_chosen_file_goes_before_what_was_pasted() {
        let draft = |upload: &str, file: &str| {
            let form = [("upload", upload), ("file", file)];
            let form = form.map(|(n, v)| (n.to_owned(), v.to_owned()));
            ImportDraft::posted(&HashMap::from(form)).unwrap()
        };
        assert_eq!(draft("a: 1", "b: 2").file, "a: 1");
        assert_eq!(draft("", "b: 2").file, "b: 2");
        let no = |draft: ImportDraft| draft.compose().unwrap_err().sentence;
        assert_eq!(no(draft("", "")), "There is nothing to import yet.");
        assert_eq!(no(draft("\u{1}\u{fffd}ELF", "")), "That file is not text.");
    }
}
