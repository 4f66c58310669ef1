//! The bill of materials as CycloneDX 1.6 JSON.

use super::Inventory;
use domain::deployment::Deployment;
use domain::source::Artifact;
use domain::time::Time;
use serde_json::{Value, json};

/// Of this deployment's artifact. An artifact that names nothing has an honest empty list.
pub fn bom(deployment: &Deployment, inventory: &Inventory, now: Time, version: &str) -> Value {
    let digest = deployment
        .artifact
        .as_ref()
        .map_or("", Artifact::digest)
        .to_owned();
    let kind = match &deployment.artifact {
        Some(Artifact::Static { .. }) => "application",
        _ => "container",
    };
    let components: Vec<Value> = inventory
        .components
        .iter()
        .map(|(component, path)| {
            let purl = component.purl();
            let mut one = json!({
                "type": "library",
                "bom-ref": purl,
                "name": component.name,
                "version": component.version,
                "purl": purl,
                "properties": [{ "name": "sealdock:found-in", "value": path }],
            });
            if let Some(namespace) = &component.namespace {
                one["group"] = json!(namespace);
            }
            one
        })
        .collect();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": now.rfc3339(),
            "tools": { "components": [{ "type": "application", "name": "sealdock", "version": version }] },
            "component": {
                "type": kind,
                "bom-ref": deployment.id.to_string(),
                "name": deployment.source.label(),
                "version": digest,
            },
            "properties": [{ "name": "sealdock:complete", "value": (!inventory.cut).to_string() }],
        },
        "components": components,
    })
}
