//! The sample's static site, as the archive that a person would upload.

use super::SampleError;
use std::io::{Cursor, Write};
use zip::write::{SimpleFileOptions, ZipWriter};

const FILES: [(&str, &str); 4] = [
    ("index.html", include_str!("../../sample/site/index.html")),
    ("about.html", include_str!("../../sample/site/about.html")),
    (
        "assets/site.css",
        include_str!("../../sample/site/assets/site.css"),
    ),
    (
        "assets/mark.svg",
        include_str!("../../sample/site/assets/mark.svg"),
    ),
];

/// The same bytes every time: no clock in it.
pub fn site_zip() -> Result<Vec<u8>, SampleError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    for (name, content) in FILES {
        archive.start_file(name, options)?;
        archive
            .write_all(content.as_bytes())
            .map_err(zip::result::ZipError::Io)?;
    }
    Ok(archive.finish()?.into_inner())
}
