//! From a file, a static site or a saved image: send it, then name it.

use super::query;
use crate::answer::Answer;
use crate::format;
use crate::parts::icon::{Icon, icon};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::new_form::{name_from, new_form};
use crate::parts::page_head::page_head;
use crate::parts::upload_form::upload_form;
use crate::paths;
use crate::read::Read;
use crate::server_fns::projects::upload;
use domain::view::UploadView;
use leptos::either::Either;
use leptos::prelude::*;

#[component]
pub fn NewBundle() -> impl IntoView {
    let id = query("upload");
    let data = Read::new(
        move || id.get(),
        |id| async move {
            match id {
                None => Ok(Answer::none()),
                Some(id) => upload(id).await.map(Answer::some),
            }
        },
    );
    let crumbs = vec![
        (paths::PROJECTS.into(), "Projects".into()),
        (paths::NEW_PROJECT.into(), "New project".into()),
    ];
    view! {
        {page_head(crumbs, "Deploy a file", ())}
        <div class="form-card">
            {loaded(data, Skeleton::Lines(5), |file| move || match file.get() {
                None => Either::Left(upload_form("/projects/new/bundle")),
                Some(file) => Either::Right(second(file)),
            })}
        </div>
    }
}

fn second(file: UploadView) -> AnyView {
    let own = view! {
        <p class="all-well">{icon(Icon::CircleCheck)}<b>{file.name.clone()}</b>" is here: "{format::bytes(file.size_bytes)}", "<code>{format::digest(&file.digest)}</code></p>
        <input type="hidden" name="new[upload]" value=file.id.to_string()/>
    };
    new_form(own, name_from(&file.name), false)
}
