//! What just happened, at most four at a time. Errors stay until they are dismissed.

use super::dynamic::each;
use super::icon::{Icon, icon};
use leptos::prelude::*;
use std::time::Duration;

const MOST: usize = 4;
const STAYS: Duration = Duration::from_secs(6);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Toast {
    number: u64,
    failed: bool,
    text: String,
}

#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    count: StoredValue<u64>,
    /// A pointer is over them: nothing leaves.
    held: RwSignal<bool>,
}

pub fn provide() {
    provide_context(Toasts {
        shown: RwSignal::new(vec![]),
        count: StoredValue::new(0),
        held: RwSignal::new(false),
    });
}

pub fn use_toasts() -> Toasts {
    expect_context()
}

impl Toasts {
    pub fn say(self, text: impl Into<String>) {
        let number = self.push(false, text.into());
        set_timeout(move || self.expire(number), STAYS);
    }

    pub fn fail(self, text: impl Into<String>) {
        self.push(true, text.into());
    }

    fn push(self, failed: bool, text: String) -> u64 {
        let number = self.count.get_value() + 1;
        self.count.set_value(number);
        self.shown.update(|shown| {
            shown.push(Toast {
                number,
                failed,
                text,
            });
            let over = shown.len().saturating_sub(MOST);
            shown.drain(..over);
        });
        number
    }

    fn expire(self, number: u64) {
        if self.held.get_untracked() {
            set_timeout(move || self.expire(number), STAYS);
        } else {
            self.dismiss(number);
        }
    }

    fn dismiss(self, number: u64) {
        self.shown
            .update(|shown| shown.retain(|toast| toast.number != number));
    }
}

#[component]
pub fn ToastList() -> AnyView {
    let toasts = use_toasts();
    view! {
        <div
            class="toasts"
            role="status"
            aria-label="What just happened"
            on:pointerenter=move |_| toasts.held.set(true)
            on:pointerleave=move |_| toasts.held.set(false)
        >
            <ol>
                {each(toasts.shown, |toast| toast.number.to_string(), move |toast| shown(toasts, toast.get_untracked()))}
            </ol>
        </div>
    }
    .into_any()
}

fn shown(toasts: Toasts, toast: Toast) -> AnyView {
    view! {
        <li class="toast" class:toast-failed=toast.failed>
            {icon(if toast.failed { Icon::CircleAlert } else { Icon::CircleCheck })}
            <p>{toast.text}</p>
            <button type="button" class="btn-icon" aria-label="Dismiss" on:click=move |_| toasts.dismiss(toast.number)>
                {icon(Icon::X)}
            </button>
        </li>
    }
    .into_any()
}
