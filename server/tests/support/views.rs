//! One of everything, as it would be shown.

use domain::config::{Config, ConfigPatch};
use domain::credential::CredentialKind;
use domain::cron::{RunStatus, RunTrigger};
use domain::custom_domain::{CertificateSource, DomainStatus};
use domain::deployment::{Phase, Trigger};
use domain::hook::Provider;
use domain::id::{
    BackupId, CredentialId, CronId, DeliveryId, DeploymentId, DomainId, EnvironmentId, HookId,
    JobId, ProjectId, RunId, RuntimeId, ServiceId, TokenId, UploadId, UserId,
};
use domain::job::{JobKind, JobStatus};
use domain::source::{Origin, Source};
use domain::strategy::Strategy;
use domain::time::Time;
use domain::view::*;

pub fn project_id() -> ProjectId {
    ProjectId::new(Time(1), 1)
}

pub fn environment_id() -> EnvironmentId {
    EnvironmentId::new(Time(1), 1)
}

pub fn deployment_id() -> DeploymentId {
    DeploymentId::new(Time(1), 1)
}

pub fn upload_id() -> UploadId {
    UploadId::new(Time(1), 1)
}

pub fn token_id() -> TokenId {
    TokenId::new(Time(1), 1)
}

pub fn hook_id() -> HookId {
    HookId::new(Time(1), 1)
}

pub fn delivery_id() -> DeliveryId {
    DeliveryId::new(Time(1), 1)
}

pub fn member_id() -> UserId {
    UserId::new(Time(1), 1)
}

pub fn cron_id() -> CronId {
    CronId::new(Time(1), 1)
}

pub fn credential_id() -> CredentialId {
    CredentialId::new(Time(1), 1)
}

pub fn credential() -> CredentialView {
    CredentialView {
        id: credential_id(),
        kind: CredentialKind::Git,
        place: "git.example".into(),
        username: "bot".into(),
        set_by: None,
        set_at: Time(1),
        expires_at: None,
        expired: false,
    }
}

pub fn service_id() -> ServiceId {
    ServiceId::new(Time(1), 1)
}

pub fn backup_id() -> BackupId {
    BackupId::new(Time(1), 1)
}

pub fn cron_run() -> CronRunView {
    CronRunView {
        id: RunId::new(Time(1), 1),
        trigger: RunTrigger::Person,
        by: None,
        due_at: Time(1),
        status: RunStatus::Success,
        sentence: None,
        deployment: Some(deployment_id()),
        started_at: Some(Time(1)),
        ended_at: Some(Time(2)),
        code: Some(0),
        output: "done".into(),
        output_cut: false,
    }
}

fn source() -> Source {
    Source::Image {
        reference: "app:1".into(),
        local: true,
    }
}

pub fn project() -> ProjectView {
    ProjectView {
        id: project_id(),
        name: "web".into(),
        origin: Origin::Git {
            url: "https://git.example/web.git".into(),
        },
        created_at: Time(1),
        environments: vec![environment()],
    }
}

pub fn environment() -> EnvironmentView {
    EnvironmentView {
        id: environment_id(),
        project: project_id(),
        project_name: "web".into(),
        name: "production".into(),
        urls: vec!["http://web.localhost:8080".into()],
        status: InstanceStatus::Running,
        sentence: "1 of 1 replicas healthy.".into(),
        active: None,
        candidate: None,
        latest: None,
        requests_last_minute: None,
        requests_by_minute: vec![],
        stale_secrets: vec![],
        retry: None,
        redeploy: None,
        stopped: false,
        deleting: false,
        debug: false,
        can: Allowed::default(),
    }
}

pub fn summary() -> DeploymentSummary {
    DeploymentSummary {
        id: deployment_id(),
        number: 1,
        project: project_id(),
        project_name: "web".into(),
        environment: environment_id(),
        environment_name: "production".into(),
        phase: Phase::Live,
        status: "completed".into(),
        sentence: "Serves.".into(),
        live: true,
        source: source(),
        trigger: Trigger::Create,
        created_by: None,
        created_at: Time(1),
        durations: Durations::default(),
        screenshot: false,
        held: false,
    }
}

pub fn deployment(phase: Phase) -> DeploymentView {
    let failed = phase == Phase::Failed;
    DeploymentView {
        summary: DeploymentSummary {
            phase,
            status: phase.word().into(),
            sentence: if failed {
                "The build ended with 1.".into()
            } else {
                "Serves.".into()
            },
            ..summary()
        },
        urls: vec!["http://web.localhost:8080".into()],
        review_url: None,
        debug: false,
        runtime: RuntimeId::new(Time(1), 1),
        runtime_name: "docker".into(),
        strategy: Strategy::BlueGreen,
        update_status: UpdateStatus::Ready,
        timeline: vec![],
        jobs: vec![job(failed)],
        config: Config::default(),
        overrides: ConfigPatch::default(),
        secrets: vec![],
        changes: vec![],
        artifact: None,
        released: None,
        contents: None,
        instances: vec![],
        attestation: None,
        drain: None,
        predecessor: None,
        reuses: None,
        roll_back: None,
        redeploy: None,
        promote_to: vec![],
        can: Allowed::default(),
    }
}

fn job(failed: bool) -> JobView {
    JobView {
        id: JobId::new(Time(1), 1),
        kind: JobKind::BuildImageJob,
        title: "Build image".into(),
        order: 1,
        needs: vec![],
        status: if failed {
            JobStatus::Failure
        } else {
            JobStatus::Success
        },
        error: failed.then(|| "RUN make: exit code 1".into()),
        started_at: Some(Time(1)),
        ended_at: None,
        stream: "build".into(),
    }
}

pub fn preview() -> Preview {
    Preview {
        digest: "d1".into(),
        trigger: Trigger::Update,
        verb: "Update".into(),
        from: None,
        to: source(),
        reuses: None,
        commits: vec![],
        commits_more: false,
        changes: vec![],
        strategy: Strategy::BlueGreen,
        downtime: false,
        stops: vec![],
        hold: None,
        debug: false,
        build: None,
        notes: vec![],
        typed: None,
        config: Config::default(),
    }
}

pub fn domain_id() -> DomainId {
    DomainId::new(Time(1), 1)
}

pub fn domain() -> DomainView {
    DomainView {
        id: domain_id(),
        name: "shop.example.com".into(),
        shown: "shop.example.com".into(),
        status: DomainStatus::Unproven,
        sentence: None,
        place: None,
        records: vec![],
        proof: None,
        verified_at: None,
        looked_at: None,
        certificate_source: CertificateSource::Acme,
        certificate: None,
        https_only: true,
        hsts_s: 0,
        created_at: Time(1),
        created_by: None,
    }
}

pub fn secret() -> SecretView {
    SecretView {
        name: "TOKEN".into(),
        version: 1,
        created_at: Time(1),
        created_by: None,
        rotated_at: None,
        rotated_by: None,
        used_by: vec![],
    }
}

pub fn git() -> GitView {
    GitView {
        project: project_id(),
        project_name: "web".into(),
        url: "https://git.example/web.git".into(),
        hook: Some(hook()),
        environments: vec![tracking()],
        poll_every_s: 60,
    }
}

pub fn hook() -> HookView {
    HookView {
        id: hook_id(),
        created_at: Time(1),
        rotated_at: None,
        rejected: 0,
        rejected_at: None,
        paths: vec![],
    }
}

pub fn tracking() -> TrackingView {
    TrackingView {
        environment: environment_id(),
        name: "production".into(),
        branch: Some("main".into()),
        poll: false,
        seen: None,
    }
}

pub fn delivery() -> DeliveryView {
    DeliveryView {
        id: delivery_id(),
        at: Time(1),
        provider: Provider::Github,
        event: "push".into(),
        branch: Some("main".into()),
        commit: None,
        subject: None,
        author: None,
        effect: "Deployed as #1.".into(),
        deployments: vec![],
        waiting: false,
        repeats: 0,
        redeliver: None,
    }
}
