//! What a page knows before it reads anything: who is signed in, the theme, the last refusal.

use crate::parts::log_time::Times;
use crate::parts::theme::Theme;
use domain::access::Caller;
use domain::refusal::Refusal;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    pub caller: Option<Caller>,
    pub theme: Theme,
    pub log_times: Times,
    /// What the last plain form was refused with.
    pub flash: Option<Refusal>,
}

pub fn provide() -> Boot {
    let boot = SharedValue::new(read).into_inner();
    provide_context(boot.clone());
    provide_context(RwSignal::new(boot.theme));
    provide_context(RwSignal::new(boot.log_times));
    boot
}

#[cfg(feature = "ssr")]
fn read() -> Boot {
    use crate::call::{Flash, Signed};
    Boot {
        caller: use_context::<Signed>().unwrap_or_default().0,
        theme: crate::document::theme(),
        log_times: crate::document::log_times(),
        flash: use_context::<Flash>().unwrap_or_default().0,
    }
}

#[cfg(not(feature = "ssr"))]
fn read() -> Boot {
    Boot::default()
}

/// The refusal that a plain form left for this page, shown once.
pub fn flash() -> Option<Refusal> {
    use_context::<Boot>().and_then(|boot| boot.flash)
}

/// Who looks at this page.
pub fn caller() -> Option<Caller> {
    use_context::<Boot>().and_then(|boot| boot.caller)
}
