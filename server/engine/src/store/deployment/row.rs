//! Rows read back.

use super::{Entry, Listed};
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
    Ok(Deployment {
        id: row.try_get::<String, _>("id")?.parse()?,
        org: row.try_get::<String, _>("org")?.parse()?,
        project: row.try_get::<String, _>("project")?.parse()?,
        environment: row.try_get::<String, _>("environment")?.parse()?,
        number: number(row)?,
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
        phase: phase(row)?,
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
    Ok(Listed {
        entry: entry(row)?,
        deployment: deployment_after(row, before)?,
        contents: row
            .try_get::<Option<&str>, _>("contents")?
            .map(from_json)
            .transpose()?,
    })
}

pub(super) fn entry(row: &Row) -> Stored<Entry> {
    let id = row.try_get::<&str, _>("id")?;
    let phase = phase(row)?;
    let created_at = Time(row.try_get("created_at")?);
    Ok(Entry {
        live: row.try_get::<Option<&str>, _>("active")? == Some(id),
        id: id.parse()?,
        number: number(row)?,
        project: row.try_get::<&str, _>("project")?.parse()?,
        project_name: row.try_get("project_name")?,
        environment: row.try_get::<&str, _>("environment")?.parse()?,
        environment_name: row.try_get("environment_name")?,
        phase,
        reason: row.try_get("reason")?,
        held: phase == Phase::Ready && row.try_get::<Option<&str>, _>("hold")?.is_some(),
        source: from_json(row.try_get("source")?)?,
        trigger: from_json(row.try_get("trigger_kind")?)?,
        created_by: row.try_get("email")?,
        created_at,
        durations: durations(row, created_at)?,
        screenshot: row.try_get::<Option<i64>, _>("screenshot_at")?.is_some(),
    })
}

fn phase(row: &Row) -> Stored<Phase> {
    let word = row.try_get("phase")?;
    Phase::parse(word).ok_or_else(|| StoreError::Unreadable(format!("the phase `{word}`")))
}

fn number(row: &Row) -> Stored<u32> {
    Ok(u32::try_from(row.try_get::<i64, _>("number")?).unwrap_or(u32::MAX))
}

fn durations(row: &Row, created_at: Time) -> Stored<Durations> {
    let at = |column: &str| -> Stored<Option<i64>> { Ok(row.try_get(column)?) };
    let (claimed, built, ended) = (at("claimed_at")?, at("built_at")?, at("ended_at")?);
    let between = |from: Option<i64>, to: Option<i64>| Some((to? - from?).max(0));
    Ok(Durations {
        queue_ms: between(Some(created_at.0), claimed),
        build_ms: between(claimed, built.or(ended)),
        deploy_ms: between(built, ended),
    })
}
