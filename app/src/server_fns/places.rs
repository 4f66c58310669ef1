//! Places where instances run.

use crate::answer::Answer;
use crate::error::Fault;
use domain::view::{DiskView, RuntimeView};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[cfg(feature = "ssr")]
use crate::call;

#[server(prefix = "/fn", endpoint = "runtimes", input = GetUrl)]
pub async fn runtimes() -> Result<Answer<Vec<RuntimeView>>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.runtimes(&caller).await)
}

#[server(prefix = "/fn", endpoint = "disk", input = GetUrl)]
pub async fn disk() -> Result<Answer<DiskView>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.disk(&caller).await)
}
