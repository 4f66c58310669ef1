//! Where versions come from: Git repositories, uploaded bundles.

pub mod bundle;
pub mod git;
pub mod image_archive;
