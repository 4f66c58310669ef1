//! What builds a repository, and how a person says which.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A way from a repository to what runs (P-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// `build.image` in the file: nothing is built.
    Image,
    /// The repository's own.
    Dockerfile,
    /// `next.config.*`.
    Nextjs,
    /// `vite.config.*`; what it leaves is served as static files.
    Vite,
    /// `package.json` with a start script.
    Node,
    /// `requirements.txt` or `pyproject.toml`.
    Python,
    /// `go.mod`.
    Go,
    /// `Cargo.toml`.
    Rust,
    /// `index.html`: nothing is built.
    Static,
}

impl Preset {
    /// In the order in which they are looked for.
    pub const ALL: [Preset; 9] = [
        Preset::Image,
        Preset::Dockerfile,
        Preset::Nextjs,
        Preset::Vite,
        Preset::Node,
        Preset::Python,
        Preset::Go,
        Preset::Rust,
        Preset::Static,
    ];

    /// As the file says it.
    pub const fn word(self) -> &'static str {
        match self {
            Preset::Image => "image",
            Preset::Dockerfile => "dockerfile",
            Preset::Nextjs => "nextjs",
            Preset::Vite => "vite",
            Preset::Node => "node",
            Preset::Python => "python",
            Preset::Go => "go",
            Preset::Rust => "rust",
            Preset::Static => "static",
        }
    }

    /// As a person calls it.
    pub const fn title(self) -> &'static str {
        match self {
            Preset::Image => "Image",
            Preset::Dockerfile => "Dockerfile",
            Preset::Nextjs => "Next.js",
            Preset::Vite => "Vite",
            Preset::Node => "Node.js",
            Preset::Python => "Python",
            Preset::Go => "Go",
            Preset::Rust => "Rust",
            Preset::Static => "Static files",
        }
    }
}

/// Which preset is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PresetChoice {
    /// What the files say.
    #[default]
    Auto,
    /// This one, whatever else is there.
    Is(Preset),
}

/// All that `build.preset` may say.
pub(super) const CHOICES: [&str; 10] = [
    "auto",
    Preset::Image.word(),
    Preset::Dockerfile.word(),
    Preset::Nextjs.word(),
    Preset::Vite.word(),
    Preset::Node.word(),
    Preset::Python.word(),
    Preset::Go.word(),
    Preset::Rust.word(),
    Preset::Static.word(),
];

/// A word that names no preset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no preset")]
pub struct NotAPreset(String);

impl FromStr for PresetChoice {
    type Err = NotAPreset;

    fn from_str(word: &str) -> Result<PresetChoice, NotAPreset> {
        let named = Preset::ALL.into_iter().find(|p| p.word() == word);
        match (word, named) {
            ("auto", _) => Ok(PresetChoice::Auto),
            (_, Some(preset)) => Ok(PresetChoice::Is(preset)),
            _ => Err(NotAPreset(word.to_owned())),
        }
    }
}

impl fmt::Display for PresetChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PresetChoice::Auto => "auto",
            PresetChoice::Is(preset) => preset.word(),
        })
    }
}

impl TryFrom<String> for PresetChoice {
    type Error = NotAPreset;

    fn try_from(word: String) -> Result<PresetChoice, NotAPreset> {
        word.parse()
    }
}

impl From<PresetChoice> for String {
    fn from(choice: PresetChoice) -> String {
        choice.to_string()
    }
}
