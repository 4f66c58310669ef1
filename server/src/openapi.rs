//! The OpenAPI 3.1 document, put together from the registry.

use crate::guard::Access;
use crate::problem::Problem;
use crate::router::{self, Documented, Endpoint};
use axum::http::Method;
use domain::access::Action;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{HttpMethod, Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Components, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathsBuilder, Ref, RefOr,
    ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

const ABOUT: &str = "Everything that the console can do. Send `Authorization: Bearer sd_…` with a token from \
Settings → API tokens. Every answer that is no success is a problem (RFC 9457) with a stable `code`. Times are \
milliseconds since 1970, UTC. Lists have `items` and `next`, the cursor of the next page. A POST with an \
`Idempotency-Key` can be sent again without harm for 24 hours.";

pub fn document() -> OpenApi {
    let mut components = components();
    let mut paths = PathsBuilder::new();
    for Endpoint {
        method,
        path,
        documented,
        ..
    } in router::registry()
    {
        let Some(Documented { operation, schemas }) = documented else {
            continue;
        };
        components.schemas.extend(schemas);
        paths = paths.path(path, PathItem::new(as_openapi(&method), operation));
    }
    let info = InfoBuilder::new()
        .title("Sealdock")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT));
    OpenApiBuilder::new()
        .info(info.build())
        .paths(paths.build())
        .components(Some(components))
        .build()
}

fn components() -> Components {
    let mut components = Components::new();
    let mut schemas = Vec::new();
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components
        .schemas
        .insert(Problem::name().into_owned(), Problem::schema());
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API token."))
        .build();
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
        "sealdock",
        "The console's session.",
    ));
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    components
}

fn as_openapi(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

/// What every operation says alike: its name, who may, and how a "no" looks.
pub fn declare(operation: &mut Operation, method: &Method, path: &str, access: Access) {
    operation.operation_id = Some(name(method, path));
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            response.description = meaning(status).to_owned();
        }
    }
    let body = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Problem::name())))
        .build();
    let problem =
        ResponseBuilder::new().description("A problem: what happened, where, and the way out.");
    let problem = problem.content("application/problem+json", body).build();
    operation
        .responses
        .responses
        .insert("default".into(), RefOr::T(problem));
    if let Access::May(action) = access {
        let none: [&str; 0] = [];
        operation.security = Some(vec![
            SecurityRequirement::new("token", none),
            SecurityRequirement::new("session", none),
        ]);
        operation.extensions = Some(right(action));
    }
}

/// `get_projects_id_delete_plan`: what generated clients call it.
fn name(method: &Method, path: &str) -> String {
    let words = path
        .trim_start_matches("/v2")
        .split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).map(str::to_owned);
    let all: Vec<_> = std::iter::once(method.as_str().to_ascii_lowercase())
        .chain(words)
        .collect();
    all.join("_")
}

fn meaning(status: &str) -> &'static str {
    match status {
        "201" => "It was made; `Location` says where it is.",
        "202" => "It is kept, and handled after this answer.",
        "204" => "It is done; there is nothing to say.",
        _ => "As asked.",
    }
}

fn right(action: Action) -> utoipa::openapi::extensions::Extensions {
    let word = serde_json::to_value(action).unwrap_or_default();
    ExtensionsBuilder::new()
        .add("x-action", word)
        .add("x-least-role", action.least_role().word())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Every `$ref` anywhere in the document.
    fn refs(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| match value {
                Value::String(target) if key == "$ref" => into.push(target.clone()),
                _ => refs(value, into),
            }),
            Value::Array(items) => items.iter().for_each(|item| refs(item, into)),
            _ => {}
        }
    }

    #[test]
    fn x20_the_document_is_of_version_3_1_and_every_reference_leads_somewhere() {
        let json = serde_json::to_value(document()).unwrap();
        assert!(
            json["openapi"]
                .as_str()
                .is_some_and(|v| v.starts_with("3.1"))
        );
        let mut targets = Vec::new();
        refs(&json, &mut targets);
        assert!(targets.len() > 50);
        for target in targets {
            let pointer = target.trim_start_matches('#');
            assert!(json.pointer(pointer).is_some(), "{target} leads nowhere");
        }
    }

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let endpoints = router::registry();
        let names: Vec<_> = endpoints
            .iter()
            .filter_map(|e| e.documented.as_ref()?.operation.operation_id.clone())
            .collect();
        let distinct: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!(names.len(), distinct.len(), "{names:?}");
        assert!(names.contains(&"post_environments_id_update_plan".to_owned()));
    }

    #[test]
    fn every_operation_says_what_it_does_and_who_may() {
        for endpoint in router::registry() {
            let Some(documented) = endpoint.documented else {
                continue;
            };
            assert!(
                documented.operation.summary.is_some_and(|s| !s.is_empty()),
                "{} has no summary",
                endpoint.path
            );
            assert_eq!(
                documented.operation.security.is_some(),
                endpoint.rule.access != Access::Public,
                "{}",
                endpoint.path
            );
        }
    }
}
