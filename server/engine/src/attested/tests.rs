//! From a verdict to the rows, the event, the card and the alert; and who may see them.

use super::*;
use crate::attest::sign;
use crate::attest::tests::{image, signer};
use crate::boot::{self, Engine, Options};
use crate::driver::tee::Looked;
use domain::access::{Caller, Role};
use domain::api::{NewOwner, NewProject};
use domain::attest::{Ledger, Platform, SignedExpected, Verdict, checks};
use domain::id::{DeploymentId, InstanceId, OrgId, UserId, WEB};
use domain::refusal::Kind;
use domain::source::Wanted;
use domain::time::Time;
use domain::view::Standing;

struct Bench {
    _dir: tempfile::TempDir,
    engine: Engine,
    caller: Caller,
    deployment: DeploymentId,
    keeper: Keeper,
}

impl Bench {
    async fn new() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let options = Options::without_data_plane(dir.path());
        let engine = boot::start(options).await.unwrap();
        let owner = NewOwner {
            token: engine.setup_token.clone().unwrap(),
            email: "owner@example.com".into(),
            password: "correct horse battery staple".into(),
            organization: "Acme".into(),
        };
        let caller = engine.api.set_up(owner).await.unwrap();
        let project = NewProject {
            name: "web".into(),
            source: Wanted::Image {
                reference: "fake/ok".into(),
                local: true,
            },
            environment: None,
            config: Default::default(),
            runtime: None,
        };
        let made = engine.api.create_project(&caller, project).await.unwrap();
        let keeper = Keeper::new(&engine.store, &engine.clock, &engine.changes);
        Bench {
            _dir: dir,
            engine,
            caller,
            deployment: made.summary.id,
            keeper,
        }
    }

    async fn saw(&self, looked: Result<Looked, String>) {
        let seen = Seen {
            instance: InstanceId::of(&self.deployment, WEB, 0),
            expected: expected(),
            tpm: Hex([9; 64]),
            port: 41443,
            boot: vec![],
            looked,
        };
        self.keeper.saw(&seen).await;
    }

    async fn serves(&self) {
        let sql = "UPDATE environments SET active = $1";
        sqlx::query(sql)
            .bind(self.deployment.as_str())
            .execute(self.engine.store.pool())
            .await
            .unwrap();
    }

    async fn needs_me(&self) -> Vec<String> {
        let overview = self.engine.api.overview(&self.caller).await.unwrap();
        overview.needs_me.into_iter().map(|a| a.sentence).collect()
    }

    async fn events(&self) -> Vec<String> {
        let page = self.engine.api.events(&self.caller, None, None).await;
        page.unwrap()
            .items
            .into_iter()
            .map(|e| e.sentence)
            .collect()
    }
}

fn expected() -> SignedExpected {
    sign(&image(), &signer()).unwrap()
}

fn verdict(failing: Option<&str>) -> Verdict {
    let mut ledger = Ledger::new(Platform::Sim);
    for name in checks::of(Platform::Sim) {
        ledger.note(name, Some(*name) != failing, "this", "that");
    }
    ledger.close(Time(1))
}

fn looked(nonce: u8, failing: Option<&str>) -> Result<Looked, String> {
    Ok(Looked {
        spki: Hex([2; 32]),
        nonce: Hex([nonce; 32]),
        evidence: format!("evidence {nonce}").into_bytes(),
        verdict: Ok(verdict(failing)),
    })
}

#[tokio::test]
async fn i18_verdicts_are_kept_counted_and_shown_with_what_anyone_needs() {
    let bench = Bench::new().await;
    let (api, caller, id) = (&bench.engine.api, &bench.caller, &bench.deployment);
    let none = api.attestation(caller, id).await.unwrap_err();
    assert_eq!(none.kind, Kind::NotFound);
    assert!(none.way_out.unwrap().contains("`tee`"));

    bench.saw(looked(1, None)).await;
    let one = api.attestation(caller, id).await.unwrap();
    bench.saw(looked(1, None)).await;
    bench.saw(looked(3, None)).await;
    let proofs = bench.engine.store.proofs(&caller.org, id).await.unwrap();
    assert_eq!(one.history.len(), 1);
    assert_eq!(proofs[0].nonce, Some(Hex([3; 32])));
    assert_eq!(api.evidence(caller, id, 0).await.unwrap(), b"evidence 3");
    assert_eq!(
        api.evidence(caller, id, 1).await.unwrap_err().kind,
        Kind::NotFound
    );
    let signed = api.expected(caller, id, 0).await.unwrap();
    let signed = domain::attest::read_signed(&signed).unwrap();
    let card = api.attestation(caller, id).await.unwrap();
    let command = &card.instances[0].command;
    assert!(
        command.contains(&format!("--key {}", signed.key)),
        "{command}"
    );
    assert!(command.contains("--allow-simulated"), "{command}");
    assert!(card.sentence.contains("SIMULATED"), "{}", card.sentence);
    assert_eq!((card.history.len(), card.history[0].times), (1, 3));
}

#[tokio::test]
async fn i18_what_does_not_hold_any_more_is_an_event_and_an_alert_until_it_holds_again() {
    let bench = Bench::new().await;
    bench.serves().await;
    bench.saw(looked(1, None)).await;
    let about = |sentence: &String| sentence.contains("the evidence of #1 does not hold");
    assert!(!bench.needs_me().await.iter().any(about));

    bench.saw(looked(2, Some(checks::KERNEL))).await;
    let alerts = bench.needs_me().await;
    let alert = alerts.iter().find(|s| about(s)).unwrap();
    assert!(
        alert.contains("refused, because of measurement.kernel"),
        "{alert}"
    );
    let said = "The evidence does not hold of instance 1 of #1: SIMULATED";
    assert!(bench.events().await.iter().any(|e| e.contains(said)));
    let card = bench
        .engine
        .api
        .attestation(&bench.caller, &bench.deployment);
    assert_eq!(card.await.unwrap().standing, Standing::Refused);
    assert_eq!(
        bench
            .engine
            .api
            .evidence(&bench.caller, &bench.deployment, 0)
            .await
            .unwrap(),
        b"evidence 2"
    );

    bench
        .saw(Err("It showed no evidence for 60 s.".into()))
        .await;
    assert!(
        bench
            .needs_me()
            .await
            .iter()
            .any(|s| s.contains("no evidence for 60 s"))
    );
    bench.saw(looked(3, None)).await;
    assert!(!bench.needs_me().await.iter().any(about));
}

#[tokio::test]
async fn x11_another_tenant_sees_none_of_it() {
    let bench = Bench::new().await;
    bench.saw(looked(1, None)).await;
    let stranger = Caller {
        org: OrgId::new(Time(9), 9),
        user: UserId::new(Time(9), 9),
        role: Role::Owner,
        ..bench.caller.clone()
    };
    let (api, id) = (&bench.engine.api, &bench.deployment);
    let card = api.attestation(&stranger, id).await.unwrap_err();
    let evidence = api.evidence(&stranger, id, 0).await.unwrap_err();
    let expected = api.expected(&stranger, id, 0).await.unwrap_err();
    for refusal in [card, evidence, expected] {
        assert_eq!(refusal.kind, Kind::NotFound);
    }
}
