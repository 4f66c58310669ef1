//! Source → jobs, what may start now, and what a failure takes with it (P-2, P-3).

use crate::detect::BuildPlan;
use crate::job::{JobKind, JobStatus};
use crate::source::{Artifact, Source};

/// One node of the graph, before it has an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What it does.
    pub kind: JobKind,
    /// Position in the list a page shows, from 1.
    pub order: u32,
    /// It may start when all of these succeeded.
    pub needs: Vec<JobKind>,
}

/// How one job stands: all that the rules below look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which one.
    pub kind: JobKind,
    /// It may start when all of these succeeded.
    pub needs: Vec<JobKind>,
    /// How far it is.
    pub status: JobStatus,
}

/// Where the worked jobs of a deployment stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Some still run, or wait.
    Working,
    /// The artifact exists.
    Done,
    /// One failed or was cancelled, so the artifact will not come.
    Failed,
}

/// The jobs that lead from `source` to traffic, or from an artifact that is `reused`, and those that
/// come after; `build` is how a repository is built.
pub fn jobs(source: &Source, build: Option<&BuildPlan>, reused: Option<&Artifact>) -> Vec<Planned> {
    let chain = match reused {
        Some(artifact) => again(artifact),
        None => anew(source, build),
    };
    let way = chain
        .iter()
        .enumerate()
        .map(|(i, kind)| planned(chain, i, *kind));
    way.chain(after(chain.len() as u32)).collect()
}

/// Side by side, once everything before them is done.
fn after(before: u32) -> impl Iterator<Item = Planned> {
    let each = JobKind::AFTER.into_iter().zip(before + 1..);
    each.map(|(kind, order)| Planned {
        kind,
        order,
        needs: vec![JobKind::MarkDeploymentCompleteJob],
    })
}

/// No clone and no build: seconds.
const fn again(artifact: &Artifact) -> &'static [JobKind] {
    use JobKind as K;
    match artifact {
        Artifact::Image { .. } => &[
            K::VerifyLocalImageJob,
            K::DeployImageJob,
            K::MarkDeploymentCompleteJob,
        ],
        Artifact::Static { .. } => &[K::DeployStaticJob, K::MarkDeploymentCompleteJob],
    }
}

fn anew(source: &Source, build: Option<&BuildPlan>) -> &'static [JobKind] {
    use JobKind as K;
    match source {
        Source::Git { .. } => from_repository(build),
        Source::Image { local: true, .. } | Source::ImageArchive { .. } => &[
            K::VerifyLocalImageJob,
            K::DeployImageJob,
            K::MarkDeploymentCompleteJob,
        ],
        Source::Image { local: false, .. } => &[
            K::PullExternalImageJob,
            K::DeployImageJob,
            K::MarkDeploymentCompleteJob,
        ],
        Source::Bundle { .. } => &[K::DeployStaticBundleJob, K::MarkDeploymentCompleteJob],
    }
}

fn from_repository(build: Option<&BuildPlan>) -> &'static [JobKind] {
    use JobKind as K;
    match build {
        Some(plan) if plan.image.is_some() => &[
            K::PullExternalImageJob,
            K::DeployImageJob,
            K::MarkDeploymentCompleteJob,
        ],
        Some(plan) if plan.carries_files() => &[
            K::DownloadRepoJob,
            K::BuildImageJob,
            K::DeployStaticJob,
            K::MarkDeploymentCompleteJob,
        ],
        Some(plan) if plan.output.is_some() => &[
            K::DownloadRepoJob,
            K::DeployStaticJob,
            K::MarkDeploymentCompleteJob,
        ],
        _ => &[
            K::DownloadRepoJob,
            K::BuildImageJob,
            K::DeployImageJob,
            K::MarkDeploymentCompleteJob,
        ],
    }
}

fn planned(chain: &[JobKind], at: usize, kind: JobKind) -> Planned {
    let needs = at
        .checked_sub(1)
        .map(|before| chain[before])
        .into_iter()
        .collect();
    Planned {
        kind,
        order: at as u32 + 1,
        needs,
    }
}

/// The jobs for workers whose needs are met.
pub fn may_start(jobs: &[Standing]) -> Vec<JobKind> {
    let for_workers = |kind: JobKind| kind.is_worked() || kind.is_after();
    jobs.iter()
        .filter(|j| for_workers(j.kind) && j.status == JobStatus::Pending && needs_met(j, jobs))
        .map(|j| j.kind)
        .collect()
}

fn needs_met(job: &Standing, jobs: &[Standing]) -> bool {
    job.needs.iter().all(|need| {
        jobs.iter()
            .any(|j| j.kind == *need && j.status == JobStatus::Success)
    })
}

/// Everything that can no longer run once `failed` has failed.
pub fn dependents(jobs: &[Standing], failed: JobKind) -> Vec<JobKind> {
    let mut lost = vec![failed];
    loop {
        let more: Vec<_> = jobs
            .iter()
            .filter(|j| !lost.contains(&j.kind) && j.needs.iter().any(|n| lost.contains(n)))
            .map(|j| j.kind)
            .collect();
        if more.is_empty() {
            return lost.split_off(1);
        }
        lost.extend(more);
    }
}

/// Where the jobs that make the artifact stand.
pub fn progress(jobs: &[Standing]) -> Progress {
    let mut worked = jobs.iter().filter(|j| j.kind.is_worked());
    if worked
        .clone()
        .any(|j| matches!(j.status, JobStatus::Failure | JobStatus::Cancelled))
    {
        return Progress::Failed;
    }
    if worked.all(|j| j.status == JobStatus::Success) {
        Progress::Done
    } else {
        Progress::Working
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Preset;
    use crate::source::{Commit, Revision};
    use crate::time::Time;

    fn git() -> Source {
        let commit = Commit {
            sha: "a".repeat(40),
            subject: "s".into(),
            author: "a".into(),
            at: Time(0),
        };
        Source::Git {
            url: "/r".into(),
            revision: Revision::Head,
            commit,
        }
    }

    fn standing(source: &Source) -> Vec<Standing> {
        jobs(source, None, None)
            .into_iter()
            .map(|j| Standing {
                kind: j.kind,
                needs: j.needs,
                status: JobStatus::Pending,
            })
            .collect()
    }

    #[test]
    fn p3_a_failure_takes_every_dependent_with_it() {
        let all = standing(&git());
        let lost = dependents(&all, JobKind::DownloadRepoJob);
        assert_eq!(
            lost,
            [
                JobKind::BuildImageJob,
                JobKind::DeployImageJob,
                JobKind::MarkDeploymentCompleteJob,
                JobKind::ConfigureCronsJob,
                JobKind::TakeScreenshotJob,
                JobKind::ScanVulnerabilitiesJob,
                JobKind::CaptureSourceMapsJob,
            ]
        );
    }

    #[test]
    fn p11_what_comes_after_starts_side_by_side_once_the_deployment_is_complete() {
        let mut all = standing(&git());
        for job in &mut all {
            if !job.kind.is_after() {
                assert!(
                    may_start(std::slice::from_ref(job))
                        .iter()
                        .all(|k| !k.is_after())
                );
                job.status = JobStatus::Success;
            }
        }
        assert_eq!(may_start(&all), JobKind::AFTER);
        let complete = |j: &&mut Standing| j.kind == JobKind::MarkDeploymentCompleteJob;
        let job = all.iter_mut().find(complete).expect("it is planned");
        job.status = JobStatus::Pending;
        assert_eq!(may_start(&all), []);
    }

    #[test]
    fn p11_whatever_becomes_of_what_comes_after_the_artifact_is_made() {
        let mut all = standing(&git());
        for status in JobStatus::ALL {
            for job in &mut all {
                job.status = if job.kind.is_after() {
                    status
                } else {
                    JobStatus::Success
                };
            }
            assert_eq!(progress(&all), Progress::Done, "{status:?}");
            for kind in JobKind::AFTER {
                assert_eq!(dependents(&all, kind), [], "{kind:?} takes others with it");
            }
        }
    }

    #[test]
    fn p3_a_job_starts_when_its_needs_succeeded_and_not_before() {
        let mut all = standing(&git());
        assert_eq!(may_start(&all), [JobKind::DownloadRepoJob]);
        all[0].status = JobStatus::Running;
        assert!(may_start(&all).is_empty());
        all[0].status = JobStatus::Success;
        assert_eq!(may_start(&all), [JobKind::BuildImageJob]);
        all[1].status = JobStatus::Success;
        assert_eq!((may_start(&all), progress(&all)), (vec![], Progress::Done));
    }

    #[test]
    fn p13_what_is_started_again_is_neither_cloned_nor_built() {
        let kinds = |artifact: Artifact| -> Vec<_> {
            let planned = jobs(&git(), None, Some(&artifact)).into_iter();
            let way = planned.filter(|j| !j.kind.is_after());
            way.map(|j| j.kind).collect()
        };
        let image = Artifact::Image {
            image: "sha256:1".into(),
            pulled_as: None,
            size_bytes: 1,
        };
        let site = Artifact::Static {
            digest: "sha256:2".into(),
            root: "/s".into(),
            files: 1,
            size_bytes: 1,
        };
        assert_eq!(
            kinds(image),
            [
                JobKind::VerifyLocalImageJob,
                JobKind::DeployImageJob,
                JobKind::MarkDeploymentCompleteJob
            ]
        );
        assert_eq!(
            kinds(site),
            [JobKind::DeployStaticJob, JobKind::MarkDeploymentCompleteJob]
        );
    }

    #[test]
    fn p6_static_files_are_published_and_built_only_where_there_is_something_to_build() {
        let plan = |dockerfile: Option<&str>| BuildPlan {
            output: Some("dist".into()),
            dockerfile: dockerfile.map(str::to_owned),
            ..BuildPlan::of(Preset::Vite, String::new())
        };
        let kinds = |plan: &BuildPlan| -> Vec<_> {
            let all = jobs(&git(), Some(plan), None);
            let before = all.iter().filter(|j| !j.kind.is_after());
            before.map(|j| j.kind).collect()
        };
        use JobKind as K;
        let (built, plain) = (plan(Some("FROM a")), plan(None));
        assert_eq!(
            kinds(&built),
            [
                K::DownloadRepoJob,
                K::BuildImageJob,
                K::DeployStaticJob,
                K::MarkDeploymentCompleteJob
            ]
        );
        assert_eq!(
            kinds(&plain),
            [
                K::DownloadRepoJob,
                K::DeployStaticJob,
                K::MarkDeploymentCompleteJob
            ]
        );
    }

    #[test]
    fn p2_an_image_that_is_here_is_verified_and_never_pulled() {
        let kinds = |local| {
            let image = Source::Image {
                reference: "a:1".into(),
                local,
            };
            jobs(&image, None, None)[0].kind
        };
        assert_eq!(
            (kinds(true), kinds(false)),
            (JobKind::VerifyLocalImageJob, JobKind::PullExternalImageJob)
        );
    }
}
