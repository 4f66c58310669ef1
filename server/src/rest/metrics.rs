//! What the data plane and the runtimes count: for charts, and for Prometheus.

use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Id};
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use domain::access::Action;
use domain::id::EnvironmentId;
use domain::usage::Usage;
use domain::view::{Counters, InstanceCounters, TrafficView};
use std::fmt::Write;
use utoipa_axum::routes;

/// The text format: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Of the histogram, in microseconds.
const BUCKETS_US: [u64; 12] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    10_000_000,
];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(traffic)),
        may(Action::Read, routes!(metrics)),
    ]
}

/// An environment's last hour, minute by minute: what it answered, and what its instances took.
#[utoipa::path(get, path = "/v2/environments/{id}/traffic", tag = "Environments", params(("id" = String, Path)), responses((status = 200, body = TrafficView)))]
async fn traffic(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<EnvironmentId>,
) -> Answer<Json<TrafficView>> {
    Ok(Json(app.api.traffic(&actor.0, &id).await?))
}

/// Counters of every environment of the caller's organization, for Prometheus: scrape it with an
/// API token.
#[utoipa::path(get, path = "/metrics", tag = "Probes", responses((status = 200, body = String, content_type = "text/plain")))]
async fn metrics(State(app): State<App>, actor: Actor) -> Answer<impl IntoResponse> {
    let all = app.api.counters(&actor.0).await?;
    let used = app.api.usage(&actor.0).await?;
    let text = text(all.as_deref()) + &instances(&used);
    Ok(([(header::CONTENT_TYPE, TEXT)], text))
}

/// Without a data plane there is only that it is down.
fn text(all: Option<&[Counters]>) -> String {
    let mut out = String::new();
    family(
        &mut out,
        "sealdock_data_plane_up",
        "gauge",
        "Whether the data plane answers.",
    );
    let _ = writeln!(out, "sealdock_data_plane_up {}", u8::from(all.is_some()));
    let all = all.unwrap_or_default();
    family(
        &mut out,
        "sealdock_requests_total",
        "counter",
        "Answered requests by class of status.",
    );
    for one in all {
        for (class, count) in CLASSES.iter().zip(one.traffic.by_class) {
            let _ = writeln!(
                out,
                "sealdock_requests_total{{{},class=\"{class}\"}} {count}",
                labels(one)
            );
        }
    }
    family(
        &mut out,
        "sealdock_request_bytes_total",
        "counter",
        "Bytes of requests' bodies.",
    );
    for one in all {
        let _ = writeln!(
            out,
            "sealdock_request_bytes_total{{{}}} {}",
            labels(one),
            one.traffic.bytes_in
        );
    }
    family(
        &mut out,
        "sealdock_response_bytes_total",
        "counter",
        "Bytes of answers' bodies.",
    );
    for one in all {
        let _ = writeln!(
            out,
            "sealdock_response_bytes_total{{{}}} {}",
            labels(one),
            one.traffic.bytes_out
        );
    }
    family(
        &mut out,
        "sealdock_time_to_header_seconds",
        "histogram",
        "Time from a request to its answer's header.",
    );
    for one in all {
        histogram(&mut out, one);
    }
    out
}

fn family(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// A family of what instances use: its name, its kind, its unit, what it is, and its value.
type OfInstance = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    fn(&Usage) -> f64,
);

#[rustfmt::skip] // a table is read by its columns
const OF_INSTANCES: [OfInstance; 6] = [
    ("sealdock_instance_cpu_seconds_total", "counter", "seconds",
        "CPU time that an instance took since it was started.", |u| u.cpu_us as f64 / 1e6),
    ("sealdock_instance_memory_bytes", "gauge", "bytes",
        "Memory that an instance holds.", |u| u.memory_bytes as f64),
    ("sealdock_instance_memory_limit_bytes", "gauge", "bytes",
        "Memory that an instance may hold.", |u| u.memory_limit_bytes as f64),
    ("sealdock_instance_receive_bytes_total", "counter", "bytes",
        "Bytes that an instance received since it was started.", |u| u.rx_bytes as f64),
    ("sealdock_instance_transmit_bytes_total", "counter", "bytes",
        "Bytes that an instance sent since it was started.", |u| u.tx_bytes as f64),
    ("sealdock_instance_restarts_total", "counter", "restarts",
        "How often its runtime started an instance again.", |u| f64::from(u.restarts)),
];

fn instances(all: &[InstanceCounters]) -> String {
    let mut out = String::new();
    for (name, kind, unit, help, value) in OF_INSTANCES {
        family(&mut out, name, kind, help);
        // A comment in this version of the format, a fact in the next one.
        let _ = writeln!(out, "# UNIT {name} {unit}");
        for one in all {
            let _ = writeln!(
                out,
                "{name}{{project=\"{}\",environment=\"{}\",instance=\"{}\"}} {}",
                one.project,
                one.environment,
                one.instance,
                value(&one.usage)
            );
        }
    }
    out
}

/// Names hold nothing that would have to be escaped: lower case, digits and hyphens.
fn labels(one: &Counters) -> String {
    format!(
        "project=\"{}\",environment=\"{}\"",
        one.project, one.environment
    )
}

/// The sum is made from the buckets' bounds, so it is right within a fifth, and never too small.
fn histogram(out: &mut String, one: &Counters) {
    let (name, labels) = ("sealdock_time_to_header_seconds", labels(one));
    for limit_us in BUCKETS_US {
        let (le, count) = (limit_us as f64 / 1e6, one.traffic.within_us(limit_us));
        let _ = writeln!(out, "{name}_bucket{{{labels},le=\"{le}\"}} {count}");
    }
    let all = one.traffic.within_us(u64::MAX);
    let sum_us: u64 = one
        .traffic
        .latency_us
        .iter()
        .map(|(bound, count)| bound * count)
        .sum();
    let _ = writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {all}");
    let _ = writeln!(out, "{name}_sum{{{labels}}} {}", sum_us as f64 / 1e6);
    let _ = writeln!(out, "{name}_count{{{labels}}} {all}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::traffic::Traffic;
    use expect_test::expect;

    #[test]
    fn p22_prometheus_reads_counters_and_a_histogram() {
        let one = Counters {
            project: "web".into(),
            environment: "production".into(),
            traffic: Traffic {
                requests: 3,
                by_class: [0, 2, 0, 0, 1],
                bytes_in: 5,
                bytes_out: 7,
                latency_us: vec![(896, 2), (81_920, 1)],
            },
        };
        let written = text(Some(&[one]));
        let short: String = written
            .lines()
            .filter(|l| !l.contains("le=\"0.0") && !l.contains("le=\"2") && !l.contains("le=\"0.5"))
            .map(|l| l.replace("project=\"web\",environment=\"production\"", "…") + "\n")
            .collect();
        expect![[r#"
            # HELP sealdock_data_plane_up Whether the data plane answers.
            # TYPE sealdock_data_plane_up gauge
            sealdock_data_plane_up 1
            # HELP sealdock_requests_total Answered requests by class of status.
            # TYPE sealdock_requests_total counter
            sealdock_requests_total{…,class="1xx"} 0
            sealdock_requests_total{…,class="2xx"} 2
            sealdock_requests_total{…,class="3xx"} 0
            sealdock_requests_total{…,class="4xx"} 0
            sealdock_requests_total{…,class="5xx"} 1
            # HELP sealdock_request_bytes_total Bytes of requests' bodies.
            # TYPE sealdock_request_bytes_total counter
            sealdock_request_bytes_total{…} 5
            # HELP sealdock_response_bytes_total Bytes of answers' bodies.
            # TYPE sealdock_response_bytes_total counter
            sealdock_response_bytes_total{…} 7
            # HELP sealdock_time_to_header_seconds Time from a request to its answer's header.
            # TYPE sealdock_time_to_header_seconds histogram
            sealdock_time_to_header_seconds_bucket{…,le="0.1"} 3
            sealdock_time_to_header_seconds_bucket{…,le="0.25"} 3
            sealdock_time_to_header_seconds_bucket{…,le="1"} 3
            sealdock_time_to_header_seconds_bucket{…,le="10"} 3
            sealdock_time_to_header_seconds_bucket{…,le="+Inf"} 3
            sealdock_time_to_header_seconds_sum{…} 0.083712
            sealdock_time_to_header_seconds_count{…} 3
        "#]]
        .assert_eq(&short);
    }

    #[test]
    fn p22_prometheus_reads_what_instances_use() {
        let id = domain::id::DeploymentId::new(domain::time::Time(1), 1);
        let one = InstanceCounters {
            project: "web".into(),
            environment: "production".into(),
            instance: domain::id::InstanceId::of(&id, "web", 0),
            usage: Usage {
                cpu_us: 1_500_000,
                memory_bytes: 1 << 40,
                memory_limit_bytes: 512 << 20,
                rx_bytes: 7,
                tx_bytes: 8,
                restarts: 2,
            },
        };
        let labels = format!(
            "project=\"web\",environment=\"production\",instance=\"{}\"",
            one.instance
        );
        let written = instances(&[one]).replace(&labels, "…");
        let values: Vec<_> = written
            .lines()
            .filter(|l| !l.starts_with("# HELP"))
            .collect();
        expect![[r#"
            # TYPE sealdock_instance_cpu_seconds_total counter
            # UNIT sealdock_instance_cpu_seconds_total seconds
            sealdock_instance_cpu_seconds_total{…} 1.5
            # TYPE sealdock_instance_memory_bytes gauge
            # UNIT sealdock_instance_memory_bytes bytes
            sealdock_instance_memory_bytes{…} 1099511627776
            # TYPE sealdock_instance_memory_limit_bytes gauge
            # UNIT sealdock_instance_memory_limit_bytes bytes
            sealdock_instance_memory_limit_bytes{…} 536870912
            # TYPE sealdock_instance_receive_bytes_total counter
            # UNIT sealdock_instance_receive_bytes_total bytes
            sealdock_instance_receive_bytes_total{…} 7
            # TYPE sealdock_instance_transmit_bytes_total counter
            # UNIT sealdock_instance_transmit_bytes_total bytes
            sealdock_instance_transmit_bytes_total{…} 8
            # TYPE sealdock_instance_restarts_total counter
            # UNIT sealdock_instance_restarts_total restarts
            sealdock_instance_restarts_total{…} 2"#]]
        .assert_eq(&values.join("\n"));
    }
}
