//! Every route, once. The guard, the OpenAPI document and the matrix test are made from
//! this list; a route that is not in it does not exist.

use crate::app::App;
use crate::guard::{self, Access, Rule, Shape};
use crate::{forms, hooks, live, openapi, rest};
use axum::Router;
use axum::http::Method;
use axum::middleware;
use axum::routing::MethodRouter;
use domain::access::Action;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{RefOr, Schema};
use utoipa_axum::router::UtoipaMethodRouter;

/// A handler with its path, its place in the document, and the right that it takes.
pub struct Endpoint {
    pub method: Method,
    /// `{id}` stands for one segment, as in OpenAPI.
    pub path: String,
    /// The same for axum, where `{*name}` takes slashes as well.
    route: String,
    pub rule: Rule,
    /// `None` for the forms of the pages: they are no API.
    pub documented: Option<Documented>,
    handler: MethodRouter<App>,
}

pub struct Documented {
    pub operation: Operation,
    pub schemas: Vec<(String, RefOr<Schema>)>,
}

pub fn registry() -> Vec<Endpoint> {
    let all = [
        rest::endpoints(),
        hooks::endpoints(),
        live::endpoints(),
        forms::endpoints(),
    ];
    all.into_iter().flatten().collect()
}

/// All routes behind their guards.
pub fn routes(app: &App) -> Router {
    let guarded = registry()
        .into_iter()
        .fold(Router::new(), |router, endpoint| {
            let guard = middleware::from_fn_with_state((app.clone(), endpoint.rule), guard::check);
            let guarded = endpoint.handler.layer(guard);
            let back = middleware::from_fn_with_state(app.clone(), forms::redirect_refusals);
            let is_form = endpoint.documented.is_none();
            router.route(
                &endpoint.route,
                if is_form {
                    guarded.layer(back)
                } else {
                    guarded
                },
            )
        });
    guarded.with_state(app.clone())
}

/// For whoever the table of permissions lets do this.
pub fn may(action: Action, handler: UtoipaMethodRouter<App>) -> Endpoint {
    Endpoint::documented(Access::May(action), handler)
}

/// For everybody, signed in or not.
pub fn public(handler: UtoipaMethodRouter<App>) -> Endpoint {
    Endpoint::documented(Access::Public, handler)
}

/// A form of a page.
pub fn form(path: &str, access: Access, handler: MethodRouter<App>) -> Endpoint {
    let rule = Rule {
        access,
        shape: Shape::Quick,
        shows_secret: false,
        takes_secret: false,
    };
    Endpoint {
        method: Method::POST,
        path: path.to_owned(),
        route: path.to_owned(),
        rule,
        documented: None,
        handler,
    }
}

impl Endpoint {
    fn documented(access: Access, (schemas, paths, handler): UtoipaMethodRouter<App>) -> Self {
        let (route, item) = paths.paths.into_iter().next().unwrap_or_default();
        let path = route.replace("{*", "{");
        let (method, mut operation) = the_operation(item);
        openapi::declare(&mut operation, &method, &path, access);
        let rule = Rule {
            access,
            shape: Shape::Quick,
            shows_secret: false,
            takes_secret: false,
        };
        Self {
            method,
            path,
            route,
            rule,
            documented: Some(Documented { operation, schemas }),
            handler,
        }
    }

    /// It answers, or reads, for as long as the other side likes.
    #[must_use]
    pub fn long(mut self) -> Self {
        self.rule.shape = Shape::Long;
        self
    }

    /// Its answer shows a secret once.
    #[must_use]
    pub fn shows_secret(mut self) -> Self {
        self.rule.shows_secret = true;
        self
    }

    /// Its request holds a secret.
    #[must_use]
    pub fn takes_secret(mut self) -> Self {
        self.rule.takes_secret = true;
        self
    }
}

fn the_operation(item: PathItem) -> (Method, Operation) {
    let found = [
        (Method::GET, item.get),
        (Method::POST, item.post),
        (Method::DELETE, item.delete),
    ];
    let found = found
        .into_iter()
        .find_map(|(method, operation)| operation.map(|o| (method, o)));
    found.unwrap_or_else(|| (Method::GET, Operation::new()))
}

/// The list as a table, for people: `server/API.md` is kept equal to it by a test.
#[cfg(test)]
fn table() -> String {
    let mut text = String::from(
        "# Routes\n\nWritten by `UPDATE_EXPECT=1 cargo test -p server --lib router`; do not edit.\n\n\
         | | path | least role | |\n|---|---|---|---|\n",
    );
    for endpoint in registry() {
        let role = match endpoint.rule.access {
            Access::Public => "–",
            Access::May(action) => action.least_role().word(),
        };
        let summary = endpoint.documented.and_then(|d| d.operation.summary);
        let summary = summary.unwrap_or_else(|| "A form of the pages.".to_owned());
        text += &format!(
            "| {} | `{}` | {role} | {} |\n",
            endpoint.method,
            endpoint.path,
            summary.trim()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn x20_every_route_is_in_the_document_and_nothing_else_is() {
        let document = openapi::document();
        let written: HashSet<_> = document
            .paths
            .paths
            .iter()
            .flat_map(|(path, item)| {
                let methods = [
                    ("GET", &item.get),
                    ("POST", &item.post),
                    ("DELETE", &item.delete),
                    ("PUT", &item.put),
                    ("PATCH", &item.patch),
                ];
                methods
                    .into_iter()
                    .filter(|(_, o)| o.is_some())
                    .map(move |(method, _)| format!("{method} {path}"))
            })
            .collect();
        let served: Vec<_> = registry()
            .into_iter()
            .filter(|e| e.documented.is_some())
            .map(|e| format!("{} {}", e.method, e.path))
            .collect();
        assert_eq!(served.iter().cloned().collect::<HashSet<_>>(), written);
        assert_eq!(served.len(), written.len(), "a route is declared twice");
    }

    #[test]
    fn x11_the_table_of_routes() {
        expect_test::expect_file!["../API.md"].assert_eq(&table());
    }

    #[test]
    fn only_forms_and_probes_are_left_out_or_public() {
        for endpoint in registry() {
            let is_form = endpoint.documented.is_none();
            assert_eq!(
                is_form,
                ![
                    "/v2", "/live/", "/hooks/", "/metrics", "/healthz", "/readyz"
                ]
                .iter()
                .any(|p| endpoint.path.starts_with(p)),
                "{}",
                endpoint.path
            );
        }
        let public: Vec<_> = registry()
            .into_iter()
            .filter(|e| e.rule.access == Access::Public)
            .map(|e| e.path)
            .collect();
        assert_eq!(
            public,
            [
                "/v2",
                "/v2/openapi.json",
                "/v2/schema/sealdock.yml",
                "/healthz",
                "/readyz",
                "/hooks/{provider}/{id}",
                "/session",
                "/session/end",
                "/setup",
                "/join"
            ]
        );
    }
}
