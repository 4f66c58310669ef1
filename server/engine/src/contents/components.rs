//! A package and its version, and the set of them.

use std::collections::BTreeMap;

/// More than these are no longer read.
const MOST: usize = 100_000;
const LONGEST: usize = 512;

/// One package of one version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Component {
    /// The purl's type: `deb`, `apk`, `npm`, `cargo`, `pypi`.
    pub kind: &'static str,
    /// The purl's namespace: a distribution's name, an npm scope.
    pub namespace: Option<String>,
    pub name: String,
    pub version: String,
    /// Of the purl: `distro=debian-13`.
    pub qualifiers: Vec<(&'static str, String)>,
}

impl Component {
    /// `pkg:deb/debian/zlib@1.3?distro=debian-13`
    pub fn purl(&self) -> String {
        let namespace = self.namespace.as_ref().map(|n| format!("{}/", escape(n)));
        let qualifiers: Vec<_> = self
            .qualifiers
            .iter()
            .map(|(name, value)| format!("{name}={}", escape(value)))
            .collect();
        let qualifiers = match qualifiers.is_empty() {
            true => String::new(),
            false => format!("?{}", qualifiers.join("&")),
        };
        format!(
            "pkg:{}/{}{}@{}{qualifiers}",
            self.kind,
            namespace.unwrap_or_default(),
            escape(&self.name),
            escape(&self.version)
        )
    }
}

fn escape(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:".contains(&b);
    text.bytes()
        .map(|b| match plain(b) {
            true => (b as char).to_string(),
            false => format!("%{b:02X}"),
        })
        .collect()
}

/// Each component once, with the file that named it first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    pub components: BTreeMap<Component, String>,
    /// There was more than could be read.
    pub cut: bool,
}

impl Inventory {
    /// What has no name or no version is nothing that could be looked up.
    pub fn add(&mut self, component: Component, path: &str) {
        let fine = |text: &str| !text.is_empty() && text.len() <= LONGEST;
        if !fine(&component.name) || !fine(&component.version) {
            return;
        }
        if self.components.len() >= MOST {
            self.cut = true;
            return;
        }
        self.components
            .entry(component)
            .or_insert_with(|| path.to_owned());
    }
}
