//! Sending a file ahead: plain multipart, streamed by the browser.

use super::icon::{Icon, icon};
use leptos::prelude::*;

/// `next`: where to go on with `?upload=` when the file is here.
pub fn upload_form(next: &str) -> AnyView {
    view! {
        <form method="post" action="/uploads" enctype="multipart/form-data" class="fields">
            <input type="hidden" name="next" value=next.to_owned()/>
            <div class="field">
                <label for="file">"File"</label>
                <input class="input file" id="file" name="file" type="file" required accept=".zip,.tar.gz,.tgz,.tar" aria-describedby="file-hint"/>
                <p class="hint" id="file-hint">"A static site: a zip or tar.gz with an index.html at its root. Or an image, as "<code>"docker save app -o app.tar"</code>" writes it. At most 2 GiB."</p>
            </div>
            <div class="form-foot"><button class="btn btn-primary">{icon(Icon::ArrowUpRight)}"Send the file"</button></div>
        </form>
    }
    .into_any()
}
