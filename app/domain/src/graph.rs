//! Where each job stands in the drawn graph (P-3): a column for each depth of dependency, and in a
//! column the order of the pipeline. Whoever draws it knows about sizes; this knows about places.

use crate::job::JobKind;

/// One node and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Which job.
    pub kind: JobKind,
    /// Everything that it needs stands further left.
    pub column: usize,
    /// From the top, in half rows: a short column stands in the middle beside a long one.
    pub half_row: usize,
}

/// Every node and every edge, and how much room they take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// In the order of the jobs.
    pub nodes: Vec<Node>,
    /// From what is needed to what needs it.
    pub edges: Vec<(JobKind, JobKind)>,
    /// How wide it is.
    pub columns: usize,
    /// How high its longest column is.
    pub rows: usize,
}

impl Graph {
    /// Where that job stands.
    pub fn node(&self, kind: JobKind) -> Option<&Node> {
        self.nodes.iter().find(|n| n.kind == kind)
    }
}

/// The graph of `jobs`, each with what it needs. A need that is no job of theirs is no edge.
pub fn graph(jobs: &[(JobKind, &[JobKind])]) -> Graph {
    let depths = depths(jobs);
    let columns = depths.iter().max().map_or(0, |deepest| deepest + 1);
    let height = |column: usize| depths.iter().filter(|d| **d == column).count();
    let rows = (0..columns).map(height).max().unwrap_or(0);
    let nodes = jobs.iter().enumerate().map(|(at, (kind, _))| {
        let column = depths[at];
        let before = depths[..at].iter().filter(|d| **d == column).count();
        Node {
            kind: *kind,
            column,
            half_row: 2 * before + rows - height(column),
        }
    });
    Graph {
        nodes: nodes.collect(),
        edges: edges(jobs),
        columns,
        rows,
    }
}

/// How many jobs come before each, on its longest way. No way is longer than there are jobs, so
/// this ends also where somebody wrote a circle.
fn depths(jobs: &[(JobKind, &[JobKind])]) -> Vec<usize> {
    let mut depths = vec![0; jobs.len()];
    for _ in jobs {
        let deeper = jobs.iter().map(|(_, needs)| below(jobs, &depths, needs));
        let deeper: Vec<_> = deeper.collect();
        if deeper == depths {
            break;
        }
        depths = deeper;
    }
    depths
}

fn below(jobs: &[(JobKind, &[JobKind])], depths: &[usize], needs: &[JobKind]) -> usize {
    let needed = jobs
        .iter()
        .zip(depths)
        .filter(|(j, _)| needs.contains(&j.0));
    needed.map(|(_, depth)| depth + 1).max().unwrap_or(0)
}

fn edges(jobs: &[(JobKind, &[JobKind])]) -> Vec<(JobKind, JobKind)> {
    let is_there = |kind: &JobKind| jobs.iter().any(|(k, _)| k == kind);
    let of = |(kind, needs): &(JobKind, &[JobKind])| -> Vec<_> {
        let needs = needs.iter().filter(|n| is_there(n));
        needs.map(|need| (*need, *kind)).collect()
    };
    jobs.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Planned, jobs};
    use crate::source::Source;
    use expect_test::{Expect, expect};

    /// A line for each half row, a cell for each column.
    fn drawn(graph: &Graph) -> String {
        let cell = |column, half_row| {
            let here = |n: &&Node| (n.column, n.half_row) == (column, half_row);
            let name = graph.nodes.iter().find(here).map_or("", |n| n.kind.name());
            format!("{name:<26}")
        };
        let line = |half_row| (0..graph.columns).map(|c| cell(c, half_row)).collect();
        let lines: Vec<String> = (0..2 * graph.rows).map(line).collect();
        let lines: Vec<_> = lines.iter().map(|l| l.trim_end()).collect();
        let edges = graph
            .edges
            .iter()
            .map(|(a, b)| format!("{} > {}", a.name(), b.name()));
        let edges: Vec<_> = edges.collect();
        format!("{}\n{}", lines.join("\n").trim_end(), edges.join("\n"))
    }

    fn check(jobs: &[(JobKind, &[JobKind])], expected: Expect) {
        expected.assert_eq(&drawn(&graph(jobs)));
    }

    #[test]
    fn p3_the_graph_of_an_image_fans_out_after_completion() {
        let image = Source::Image {
            reference: "a:1".into(),
            local: false,
        };
        let jobs = jobs(&image, None, None);
        let pairs = |j: &'_ Planned| (j.kind, j.needs.clone());
        let jobs: Vec<_> = jobs.iter().map(pairs).collect();
        let jobs: Vec<_> = jobs.iter().map(|(k, needs)| (*k, &needs[..])).collect();
        check(
            &jobs,
            expect![[r#"
                                                                                              ConfigureCronsJob

                                                                                              TakeScreenshotJob
                PullExternalImageJob      DeployImageJob            MarkDeploymentCompleteJob
                                                                                              ScanVulnerabilitiesJob

                                                                                              CaptureSourceMapsJob
                PullExternalImageJob > DeployImageJob
                DeployImageJob > MarkDeploymentCompleteJob
                MarkDeploymentCompleteJob > ConfigureCronsJob
                MarkDeploymentCompleteJob > TakeScreenshotJob
                MarkDeploymentCompleteJob > ScanVulnerabilitiesJob
                MarkDeploymentCompleteJob > CaptureSourceMapsJob"#]],
        );
    }

    #[test]
    fn p3_a_job_stands_right_of_everything_that_it_needs() {
        use JobKind as K;
        check(
            &[
                (K::DownloadRepoJob, &[]),
                (K::PullExternalImageJob, &[]),
                (K::BuildImageJob, &[K::DownloadRepoJob]),
                (
                    K::DeployImageJob,
                    &[K::BuildImageJob, K::PullExternalImageJob],
                ),
            ],
            expect![[r#"
                DownloadRepoJob
                                          BuildImageJob             DeployImageJob
                PullExternalImageJob
                DownloadRepoJob > BuildImageJob
                BuildImageJob > DeployImageJob
                PullExternalImageJob > DeployImageJob"#]],
        );
    }

    #[test]
    fn p3_a_circle_and_a_need_that_is_missing_are_drawn_and_not_followed_for_ever() {
        use JobKind as K;
        check(
            &[
                (K::BuildImageJob, &[K::DeployImageJob]),
                (K::DeployImageJob, &[K::BuildImageJob, K::TakeScreenshotJob]),
            ],
            expect![[r#"
                                                                    BuildImageJob

                                                                    DeployImageJob
                DeployImageJob > BuildImageJob
                BuildImageJob > DeployImageJob"#]],
        );
        assert_eq!(graph(&[]), Graph::default());
    }
}
