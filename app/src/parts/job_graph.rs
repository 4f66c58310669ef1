//! The jobs as a drawn graph (P-3). Each node leads to its job's log. The list below says the same
//! in words; on a narrow screen it is all there is.

use super::dynamic::{dynamic, each, text};
use super::icon::drawn;
use super::job_list::{Selected, mark};
use super::status::Tone;
use super::stay::stay;
use super::times::lasting;
use crate::paths;
use domain::graph::{Graph, Node, graph};
use domain::job::JobKind;
use domain::time::Time;
use domain::view::{DeploymentView, JobView};
use leptos::prelude::*;

const WIDTH: usize = 186;
const HEIGHT: usize = 46;
const GAP_X: usize = 34;
const GAP_Y: usize = 12;
/// Room for the ring around a node that has the focus.
const EDGE: usize = 3;

pub fn job_graph(view: Signal<DeploymentView>, open: Memo<Option<Selected>>) -> AnyView {
    let page = StoredValue::new(view.with_untracked(|v| paths::deployment(&v.summary.id)));
    let jobs = Memo::new(move |_| view.with(|v| v.jobs.clone()));
    let graph = Memo::new(move |_| jobs.with(|jobs| of(jobs)));
    let (width, height) = (
        move || graph.with(width).to_string(),
        move || graph.with(height).to_string(),
    );
    let room = move || graph.with(|g| format!("0 0 {} {}", self::width(g), self::height(g)));
    let is_open = move |stream: String| {
        Signal::derive(move || open.with(|o| o.as_ref().is_some_and(|o| o.stream == stream)))
    };
    view! {
        <nav class="job-graph" aria-label="Job graph">
            <svg width=text(width) height=text(height) viewBox=text(room)>
                <path class="job-edges" d=text(move || graph.with(edges))></path>
                {each(jobs, |j| j.id.to_string(), move |one| node(page, graph, one, is_open(one.with_untracked(|j| j.stream.clone()))))}
            </svg>
        </nav>
    }
    .into_any()
}

fn of(jobs: &[JobView]) -> Graph {
    let all: Vec<_> = jobs.iter().map(|j| (j.kind, &j.needs[..])).collect();
    graph(&all)
}

fn node(
    page: StoredValue<String>,
    graph: Memo<Graph>,
    job: Memo<JobView>,
    open: Signal<bool>,
) -> AnyView {
    let href =
        move || page.with_value(|page| format!("{page}?job={}", job.with(|j| j.id.to_string())));
    let class = move || format!("job-node {}", job.with(|j| Tone::of_job(j.status)).class());
    let place = move || {
        let (x, y) = graph.with(|g| corner(g, job.with(|j| j.kind)));
        format!("translate({x} {y})")
    };
    let at = move |f: fn(&JobView) -> Option<Time>| Signal::derive(move || job.with(f));
    let time = lasting(at(|j| j.started_at), at(|j| j.ended_at));
    view! {
        <g class=text(class) transform=text(place)>
            <a href=href on:click=stay(href) aria-current=move || open.get().then_some("true")>
                <rect width=WIDTH.to_string() height=HEIGHT.to_string() rx="8"></rect>
                <text class="job-node-name" x="12" y="19">{job.with_untracked(|j| j.kind.name())}</text>
                <g class="job-node-mark" transform="translate(11 25)">{dynamic(move || drawn(mark(job.with(|j| j.status))))}</g>
                <text class="job-node-word" x="31" y="36">{dynamic(move || job.with(|j| j.status.word()))}</text>
                <text class="job-node-time" x=(WIDTH - 12).to_string() y="36" text-anchor="end">{dynamic(move || time.get())}</text>
            </a>
        </g>
    }
    .into_any()
}

fn width(graph: &Graph) -> usize {
    2 * EDGE + (graph.columns * (WIDTH + GAP_X)).saturating_sub(GAP_X)
}

fn height(graph: &Graph) -> usize {
    2 * EDGE + (graph.rows * (HEIGHT + GAP_Y)).saturating_sub(GAP_Y)
}

/// Of a node: its left top.
fn corner(graph: &Graph, kind: JobKind) -> (usize, usize) {
    graph.node(kind).map_or((0, 0), place)
}

fn place(node: &Node) -> (usize, usize) {
    let y = node.half_row * (HEIGHT + GAP_Y) / 2;
    (EDGE + node.column * (WIDTH + GAP_X), EDGE + y)
}

/// All in one path: from the middle of a right side to the middle of a left one.
fn edges(graph: &Graph) -> String {
    let one = |(from, to): &(JobKind, JobKind)| {
        let ((x, y), (to_x, to_y)) = (corner(graph, *from), corner(graph, *to));
        let (x, y, to_y) = (x + WIDTH, y + HEIGHT / 2, to_y + HEIGHT / 2);
        let bend = GAP_X / 2;
        format!(
            "M{x} {y}C{} {y} {} {to_y} {to_x} {to_y}",
            x + bend,
            to_x.saturating_sub(bend)
        )
    };
    graph.edges.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::job::JobKind as K;

    #[test]
    fn p3_edges_go_from_the_right_of_what_is_needed_to_the_left_of_what_needs_it() {
        let graph = graph(&[
            (K::DownloadRepoJob, &[]),
            (K::BuildImageJob, &[K::DownloadRepoJob]),
            (K::DeployStaticJob, &[K::DownloadRepoJob]),
        ]);
        assert_eq!((width(&graph), height(&graph)), (412, 110));
        assert_eq!(
            edges(&graph),
            "M189 55C206 55 206 26 223 26M189 55C206 55 206 84 223 84"
        );
    }
}
