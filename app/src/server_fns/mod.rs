//! How pages reach the product: thin, each with an address of its own below `/fn`, and each in
//! the list that the authorization test walks.

pub mod accounts;
pub mod credentials;
pub mod crons;
pub mod deployments;
pub mod domains;
pub mod hooks;
pub mod imports;
pub mod places;
pub mod projects;
pub mod reviews;
pub mod secrets;
pub mod services;
pub mod stack;
pub mod terminals;
pub mod updates;

use domain::access::Action;

/// Where they live.
pub const PREFIX: &str = "/fn";

/// Every server function and what it takes. None is reachable without a session.
pub const ALL: &[(&str, Action)] = &[
    ("/fn/overview", Action::Read),
    ("/fn/moving", Action::Read),
    ("/fn/projects", Action::Read),
    ("/fn/project", Action::Read),
    ("/fn/events", Action::Read),
    ("/fn/repository", Action::CreateProject),
    ("/fn/upload", Action::CreateProject),
    ("/fn/create-environment", Action::CreateProject),
    ("/fn/create-project", Action::CreateProject),
    ("/fn/create-sample", Action::CreateProject),
    ("/fn/import", Action::CreateProject),
    ("/fn/delete-plan", Action::Delete),
    ("/fn/delete-project", Action::Delete),
    ("/fn/environment-delete-plan", Action::Delete),
    ("/fn/delete-environment", Action::Delete),
    ("/fn/deployments", Action::Read),
    ("/fn/deployment", Action::Read),
    ("/fn/promote", Action::Deploy),
    ("/fn/cancel", Action::Deploy),
    ("/fn/pause", Action::Deploy),
    ("/fn/resume", Action::Deploy),
    ("/fn/stop-plan", Action::Deploy),
    ("/fn/stop", Action::Deploy),
    ("/fn/log", Action::ReadLogs),
    ("/fn/find-in-log", Action::ReadLogs),
    ("/fn/outline", Action::ReadLogs),
    ("/fn/source-maps", Action::Read),
    ("/fn/stack-trace", Action::ReadLogs),
    ("/fn/crons", Action::Read),
    ("/fn/run-cron", Action::Deploy),
    ("/fn/environment", Action::Read),
    ("/fn/update-options", Action::Deploy),
    ("/fn/versions", Action::Deploy),
    ("/fn/traffic", Action::Read),
    ("/fn/terminal", Action::Exec),
    ("/fn/config-form", Action::Deploy),
    ("/fn/plan", Action::Deploy),
    ("/fn/update", Action::Deploy),
    ("/fn/git", Action::ManageHooks),
    ("/fn/deliveries", Action::ManageHooks),
    ("/fn/track", Action::ManageHooks),
    ("/fn/rotate-hook", Action::ManageHooks),
    ("/fn/remove-hook", Action::ManageHooks),
    ("/fn/redeliver", Action::ManageHooks),
    ("/fn/previews", Action::ManageHooks),
    ("/fn/set-previews", Action::ManageHooks),
    ("/fn/approve-preview", Action::Deploy),
    ("/fn/close-preview", Action::Deploy),
    ("/fn/set-host", Action::ManageHooks),
    ("/fn/remove-host", Action::ManageHooks),
    ("/fn/credentials", Action::Read),
    ("/fn/put-credential", Action::ManageCredentials),
    ("/fn/remove-credential", Action::ManageCredentials),
    ("/fn/services", Action::Read),
    ("/fn/service", Action::Read),
    ("/fn/create-service", Action::ManageServices),
    ("/fn/set-service", Action::ManageServices),
    ("/fn/link-service", Action::ManageServices),
    ("/fn/unlink-service", Action::ManageServices),
    ("/fn/back-up", Action::ManageServices),
    ("/fn/delete-backup", Action::ManageServices),
    ("/fn/restore-plan", Action::ReplaceData),
    ("/fn/restore-backup", Action::ReplaceData),
    ("/fn/service-delete-plan", Action::ReplaceData),
    ("/fn/delete-service", Action::ReplaceData),
    ("/fn/runtimes", Action::Read),
    ("/fn/disk", Action::Read),
    ("/fn/secrets", Action::Read),
    ("/fn/set-secret", Action::ManageSecrets),
    ("/fn/delete-secret", Action::Delete),
    ("/fn/domains", Action::Read),
    ("/fn/add-domain", Action::ManageDomains),
    ("/fn/verify-domain", Action::ManageDomains),
    ("/fn/set-domain", Action::ManageDomains),
    ("/fn/upload-certificate", Action::ManageDomains),
    ("/fn/remove-domain", Action::ManageDomains),
    ("/fn/settings", Action::Read),
    ("/fn/tokens", Action::ManageTokens),
    ("/fn/create-token", Action::ManageTokens),
    ("/fn/revoke-token", Action::ManageTokens),
    ("/fn/members", Action::Read),
    ("/fn/invite", Action::ManageMembers),
    ("/fn/remove-member", Action::ManageMembers),
];
