//! What a deployment's source maps say about an error.

use serde::{Deserialize, Serialize};

/// A source map that a deployment's artifact had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SourceMapView {
    /// In the artifact, without a leading slash.
    pub path: String,
    /// SHA-256, in hexadecimal digits.
    pub digest: String,
    /// Of the map itself.
    pub size_bytes: u64,
}

/// A stack trace, line by line as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TraceView {
    /// Of the text.
    pub lines: Vec<TraceLineView>,
    /// Frames whose original place is known.
    pub decoded: u32,
    /// Frames at all.
    pub frames: u32,
}

/// One line of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TraceLineView {
    /// As it was sent.
    pub text: String,
    /// Where that was before it was built.
    pub original: Option<OriginalView>,
    /// For a frame: why that is not known.
    pub unknown: Option<String>,
}

/// A place in a file that a person wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OriginalView {
    /// As the source map calls it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
    /// What the one that called it calls it; else what the minified file does.
    pub function: Option<String>,
    /// The lines around it, where the source map carries its sources.
    pub source: Vec<SourceLineView>,
}

/// A line of that file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SourceLineView {
    /// From 1.
    pub number: u32,
    /// Cut where it is very long.
    pub text: String,
}
