//! Rows read back.

use super::Listed;
use crate::store::{Row, StoreError, Stored, from_json};
use domain::config::{Config, ConfigPatch};
use domain::deployment::{Deployment, Phase};
use domain::detect::BuildPlan;
use domain::time::Time;
use domain::view::Durations;
use serde::de::DeserializeOwned;
use sqlx::Row as _;

/// What was read last. Neighbours in a list mostly share their configuration, and then it is
/// read once.
#[derive(Default)]
pub(super) struct Before {
    config: Last<Config>,
    overrides: Last<ConfigPatch>,
    build: Last<BuildPlan>,
}

struct Last<T>(Option<(String, T)>);

impl<T> Default for Last<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Clone + DeserializeOwned> Last<T> {
    fn read(&mut self, text: &str) -> Stored<T> {
        match &self.0 {
            Some((known, value)) if known == text => Ok(value.clone()),
            _ => {
                let value: T = from_json(text)?;
                self.0 = Some((text.to_owned(), value.clone()));
                Ok(value)
            }
        }
    }
}

pub(super) fn deployment(row: &Row) -> Stored<Deployment> {
    deployment_after(row, &mut Before::default())
}

fn deployment_after(row: &Row, before: &mut Before) -> Stored<Deployment> {
    let phase: String = row.try_get("phase")?;
    Ok(Deployment {
        id: row.try_get::<String, _>("id")?.parse()?,
        org: row.try_get::<String, _>("org")?.parse()?,
        project: row.try_get::<String, _>("project")?.parse()?,
        environment: row.try_get::<String, _>("environment")?.parse()?,
        number: u32::try_from(row.try_get::<i64, _>("number")?).unwrap_or(u32::MAX),
        source: from_json(&row.try_get::<String, _>("source")?)?,
        reuses: row
            .try_get::<Option<String>, _>("reuses")?
            .map(|s| s.parse())
            .transpose()?,
        build: row
            .try_get::<Option<&str>, _>("build")?
            .map(|text| before.build.read(text))
            .transpose()?,
        config: before.config.read(row.try_get("config")?)?,
        overrides: before.overrides.read(row.try_get("overrides")?)?,
        trigger: from_json(&row.try_get::<String, _>("trigger_kind")?)?,
        runtime: row.try_get::<String, _>("runtime")?.parse()?,
        created_by: row
            .try_get::<Option<String>, _>("created_by")?
            .map(|s| s.parse())
            .transpose()?,
        created_at: Time(row.try_get("created_at")?),
        phase: Phase::parse(&phase)
            .ok_or_else(|| StoreError::Unreadable(format!("the phase `{phase}`")))?,
        since: Time(row.try_get("since")?),
        reason: row.try_get("reason")?,
        hold: row.try_get("hold")?,
        debug: row.try_get::<i64, _>("debug")? != 0,
        collected: row.try_get::<Option<i64>, _>("collected_at")?.is_some(),
        artifact: row
            .try_get::<Option<String>, _>("artifact")?
            .map(|s| from_json(&s))
            .transpose()?,
    })
}

pub(super) fn listed(row: &Row, before: &mut Before) -> Stored<Listed> {
    let deployment = deployment_after(row, before)?;
    let at = |column: &str| -> Stored<Option<i64>> { Ok(row.try_get(column)?) };
    let (claimed, built, ended) = (at("claimed_at")?, at("built_at")?, at("ended_at")?);
    let between = |from: Option<i64>, to: Option<i64>| Some((to? - from?).max(0));
    Ok(Listed {
        durations: Durations {
            queue_ms: between(Some(deployment.created_at.0), claimed),
            build_ms: between(claimed, built.or(ended)),
            deploy_ms: between(built, ended),
        },
        screenshot: at("screenshot_at")?.is_some(),
        contents: row
            .try_get::<Option<String>, _>("contents")?
            .map(|s| from_json(&s))
            .transpose()?,
        live: row.try_get::<Option<String>, _>("active")?.as_deref()
            == Some(deployment.id.as_str()),
        project_name: row.try_get("project_name")?,
        environment_name: row.try_get("environment_name")?,
        created_by: row.try_get("email")?,
        deployment,
    })
}
