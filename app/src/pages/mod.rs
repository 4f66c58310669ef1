//! One route a file.

mod credentials;
mod crons;
mod delete_environment;
mod delete_project;
mod delete_service;
mod deployment;
mod deployments;
mod disk;
mod domains;
mod edit_config;
mod events;
mod git_push;
mod import;
mod join;
mod members;
mod new_bundle;
mod new_git;
mod new_image;
mod new_project;
mod new_service;
mod overview;
mod project;
mod projects;
mod restore;
mod runtimes;
mod secrets;
mod service;
mod services;
mod settings;
mod setup;
mod sign_in;
mod stack_trace;
mod stop;
mod terminal;
mod tokens;
mod traffic;
mod update;
mod versions;

pub use credentials::Credentials;
pub use crons::Crons;
pub use delete_environment::DeleteEnvironment;
pub use delete_project::DeleteProject;
pub use delete_service::DeleteService;
pub use deployment::Deployment;
pub use deployments::Deployments;
pub use disk::Disk;
pub use domains::Domains;
pub use edit_config::EditConfig;
pub use events::Events;
pub use git_push::GitPush;
pub use import::ImportCompose;
pub use join::Join;
pub use members::Members;
pub use new_bundle::NewBundle;
pub use new_git::NewGit;
pub use new_image::NewImage;
pub use new_project::NewProject;
pub use new_service::NewService;
pub use overview::Overview;
pub use project::Project;
pub use projects::Projects;
pub use restore::Restore;
pub use runtimes::Runtimes;
pub use secrets::Secrets;
pub use service::Service;
pub use services::Services;
pub use settings::Settings;
pub use setup::Setup;
pub use sign_in::SignIn;
pub use stack_trace::StackTrace;
pub use stop::Stop;
pub use terminal::Terminal;
pub use tokens::Tokens;
pub use traffic::Traffic;
pub use update::{Asked, Update};
pub use versions::Versions;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// A part of the path, `/deployments/:id`.
fn param(name: &'static str) -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|p| p.get(name).unwrap_or_default()))
}

/// A value of the query string; `None` when it is absent or empty.
pub fn query(name: &'static str) -> Memo<Option<String>> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|q| q.get(name).filter(|v| !v.is_empty())))
}
