//! A link to another state of the same page: the place that is being read stays where it is.

use leptos::web_sys::MouseEvent;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// For the `on:click` of a plain link to `path`.
pub fn stay(path: impl Fn() -> String + 'static) -> impl Fn(MouseEvent) {
    let navigate = use_navigate();
    move |event| {
        let other_tab = event.meta_key()
            || event.ctrl_key()
            || event.shift_key()
            || event.alt_key()
            || event.button() != 0;
        if !other_tab {
            event.prevent_default();
            navigate(
                &path(),
                NavigateOptions {
                    scroll: false,
                    ..Default::default()
                },
            );
        }
    }
}
