//! The JSON Schema of `sealdock.yml`, for editors that complete and check while one types.

use super::field::{Field, fields};
use super::kind::{Kind, Value};
use super::render::number;
use crate::cron::{MAX_CRONS, MAX_TIMEOUT_S, Overlap, usual_timeout_s};
use crate::detect::BASES;
use serde_json::{Map, Value as Json, json};

const VARIABLE: &str = "^[A-Za-z_][A-Za-z0-9_]*$";
const OWN_VARIABLE: &str = "^(?!(HOST|PORT)$|SEALDOCK_)[A-Za-z_][A-Za-z0-9_]*$";

/// For editors: made from the table of fields, so it can't lag behind the parser.
pub fn schema() -> Json {
    let mut root = group("How Sealdock builds and runs this repository.");
    for field in fields() {
        match field.path.split_once('.') {
            None => put(&mut root, field.path, of_field(field)),
            Some((parent, name)) => put(sub_group(&mut root, parent), name, of_field(field)),
        }
    }
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!(super::FILE_NAME);
    root
}

fn group(sentence: &str) -> Json {
    json!({ "type": "object", "description": sentence, "additionalProperties": false, "properties": {} })
}

fn put(group: &mut Json, name: &str, schema: Json) {
    group["properties"][name] = schema;
}

fn sub_group<'j>(root: &'j mut Json, name: &str) -> &'j mut Json {
    let slot = &mut root["properties"][name];
    if slot.is_null() {
        *slot = group(&format!("Fields of `{name}`."));
    }
    slot
}

fn of_field(field: &Field) -> Json {
    let mut schema = of_kind(&field.kind);
    schema["description"] = json!(field.sentence);
    if let Some(default) = field.default() {
        schema["default"] = plain(&field.kind, &default);
    }
    schema
}

fn of_kind(kind: &Kind) -> Json {
    match kind {
        Kind::File | Kind::Folder => {
            json!({ "type": "string", "minLength": 1, "maxLength": 1024, "pattern": "^[^/]" })
        }
        Kind::OneOf(words) => json!({ "type": "string", "enum": words }),
        Kind::Command => {
            json!({ "type": "string", "maxLength": 8192, "pattern": "^[^\\x00-\\x1f]*$" })
        }
        Kind::Pinned => {
            json!({ "type": "string", "maxLength": 512, "pattern": "^[!-~]+@sha256:[0-9a-f]{64}$" })
        }
        Kind::UrlPath => json!({ "type": "string", "maxLength": 1024, "pattern": "^/[!-~]*$" }),
        Kind::Number { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Cpus { .. } => {
            json!({ "type": ["number", "string"], "pattern": "^[0-9]+(\\.[0-9]{1,3})?$" })
        }
        Kind::Memory { .. } => {
            json!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? ?(MiB|GiB|TiB)$" })
        }
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Words => json!({ "type": "array", "maxItems": 256, "items": text() }),
        Kind::Names => {
            json!({ "type": "array", "maxItems": 256, "uniqueItems": true, "items": { "type": "string", "pattern": OWN_VARIABLE } })
        }
        Kind::Env => variables(OWN_VARIABLE),
        Kind::Args => variables(VARIABLE),
        Kind::Images => images(),
        Kind::Statuses => {
            json!({ "type": "array", "uniqueItems": true, "items": { "type": "integer", "minimum": 300, "maximum": 599 } })
        }
        Kind::Crons => crons(),
        Kind::Exclusives => {
            json!({ "type": "array", "uniqueItems": true, "items": { "type": "string", "pattern": "^(gpu|device:/dev/.+|port:[1-9][0-9]*|volume:.+)$" } })
        }
    }
}

fn crons() -> Json {
    json!({ "type": "array", "maxItems": MAX_CRONS, "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["name", "schedule"],
        "oneOf": [{ "required": ["command"] }, { "required": ["http"] }],
        "properties": {
            "name": { "type": "string", "pattern": "^[a-z0-9_-]{1,64}$", "description": "Tells it from the others; its history is kept under it." },
            "schedule": { "type": "string", "description": "Minute, hour, day of month, month and day of week, or @hourly, @daily, @weekly, @monthly, @yearly.", "examples": ["0 3 * * *"] },
            "timezone": { "type": "string", "default": "UTC", "description": "A name of the IANA database.", "examples": ["Europe/Berlin"] },
            "command": { "type": "array", "minItems": 1, "maxItems": 256, "items": text(), "description": "Run inside an instance that serves, word by word: no shell is involved." },
            "http": { "type": "string", "maxLength": 1024, "pattern": "^/[!-~]*$", "description": "Called with a signed POST at an instance's own address; 2xx is a success." },
            "overlap": { "enum": Overlap::ALL.map(Overlap::word), "default": Overlap::default().word(), "description": "When its time comes while it still runs." },
            "timeout_s": { "type": "integer", "minimum": 1, "maximum": MAX_TIMEOUT_S, "default": usual_timeout_s(), "description": "Seconds after which a run is ended." },
        },
    } })
}

/// What is written is what counts, so that `8080` and `true` are texts too.
fn text() -> Json {
    json!({ "type": ["string", "number", "boolean"] })
}

fn variables(pattern: &str) -> Json {
    json!({
        "type": "object",
        "maxProperties": 256,
        "propertyNames": { "pattern": pattern },
        "additionalProperties": { "type": ["string", "number", "boolean", "null"] },
    })
}

fn images() -> Json {
    let one = json!({ "type": ["string", "null"], "maxLength": 512 });
    let known: Map<_, _> = BASES
        .iter()
        .map(|(name, _)| ((*name).to_owned(), one.clone()))
        .collect();
    json!({ "type": "object", "additionalProperties": false, "properties": known })
}

fn plain(kind: &Kind, value: &Value) -> Json {
    match (kind, value) {
        (Kind::Cpus { .. } | Kind::Memory { .. }, Value::Number(n)) => json!(number(kind, *n)),
        (_, Value::Text(text)) => json!(text),
        (_, Value::Number(n)) => json!(n),
        (_, Value::Flag(flag)) => json!(flag),
        (_, Value::Words(words)) => json!(words),
        (_, Value::Numbers(numbers)) => json!(numbers),
        (_, Value::Exclusives(all)) => json!(all),
        (_, Value::Crons(all)) => json!(all),
        (_, Value::Map(pairs)) => Json::Object(
            pairs
                .iter()
                .map(|(k, v)| (k.clone(), json!(v)))
                .collect::<Map<_, _>>(),
        ),
    }
}
