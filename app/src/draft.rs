//! What a person filled in, as text, and what it means. Nothing is sent before it reads back.

mod choice;
mod env;
mod fields;
mod import;
mod new_project;
mod number;

pub use choice::Choice;
pub use env::{env, env_text};
pub use fields::Fields;
pub use import::ImportDraft;
pub use new_project::NewDraft;
pub use number::number;

use domain::refusal::Refusal;
use domain::source::Wanted;

type Read<T> = Result<T, Refusal>;

fn bundle(upload: &str) -> Read<Wanted> {
    let wrong =
        |_| Refusal::invalid("upload", "That file is not here.").way_out("Choose it again.");
    Ok(Wanted::Bundle {
        upload: upload.parse().map_err(wrong)?,
    })
}

fn said(field: &Option<String>) -> Option<&str> {
    field.as_deref().map(str::trim).filter(|f| !f.is_empty())
}
