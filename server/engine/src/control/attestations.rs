//! What confidential instances proved of themselves, and what anyone needs to check it (I-18).

use super::{Control, broken, found};
use crate::driver::Attests;
use crate::store::attestation::Proof;
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{Attestations, Reply};
use domain::attest::{self, Platform, Running, command};
use domain::deployment::{Deployment, Phase};
use domain::id::DeploymentId;
use domain::plan::world::wanted;
use domain::refusal::Refusal;
use domain::view::{
    AttentionView, AttestationView, AttestedView, EnvironmentView, ProofView, ReachView,
};

/// On one card.
const HISTORY: u32 = 50;

#[async_trait]
impl Attestations for Control {
    async fn attestation(&self, caller: &Caller, id: &DeploymentId) -> Reply<AttestationView> {
        caller.may(Action::Read)?;
        let deployment = found(self.store.deployment(&caller.org, id).await, "deployment")?;
        let card = self.attestation_view(caller, &deployment).await?;
        card.ok_or_else(not_confidential)
    }

    async fn evidence(&self, caller: &Caller, id: &DeploymentId, replica: u32) -> Reply<Vec<u8>> {
        let proof = self.proof(caller, id, replica).await?;
        let evidence = proof.evidence.ok_or_else(none_shown)?;
        Ok(evidence.into_bytes())
    }

    async fn expected(&self, caller: &Caller, id: &DeploymentId, replica: u32) -> Reply<Vec<u8>> {
        let proof = self.proof(caller, id, replica).await?;
        Ok(proof.expected.into_bytes())
    }
}

impl Control {
    async fn proof(&self, caller: &Caller, id: &DeploymentId, replica: u32) -> Reply<Proof> {
        caller.may(Action::Read)?;
        found(self.store.deployment(&caller.org, id).await, "deployment")?;
        let all = self.store.proofs(&caller.org, id).await.map_err(broken)?;
        let one = all.into_iter().find(|proof| proof.view.replica == replica);
        one.ok_or_else(none_shown)
    }

    /// `None` where nothing is attested.
    pub(super) async fn attestation_view(
        &self,
        caller: &Caller,
        deployment: &Deployment,
    ) -> Reply<Option<AttestationView>> {
        let (org, id) = (&caller.org, &deployment.id);
        let proofs = self.store.proofs(org, id).await.map_err(broken)?;
        let attests = self.attests(deployment).await;
        if attests.is_none() && proofs.is_empty() {
            return Ok(None);
        }
        let history = self.store.attestations(org, id, HISTORY).await;
        let history = history.map_err(broken)?;
        let running = running(deployment, attests.as_ref(), self.clock.now());
        let told: Vec<_> = proofs.iter().filter_map(told).collect();
        let reach = self.way_in(deployment, &told).await?;
        let mut card = card(proofs, history, attests.as_ref(), &running);
        card.reach = reach;
        Ok(Some(card))
    }

    /// Of what serves its environment.
    async fn way_in(&self, of: &Deployment, told: &[command::Told]) -> Reply<Option<ReachView>> {
        let environment = self.store.environment(&of.org, &of.environment).await;
        let environment = found(environment, "environment")?;
        if environment.active.as_ref() != Some(&of.id) {
            return Ok(None);
        }
        let hosts = environment.hosts.iter();
        let inside: Vec<_> = hosts.filter_map(|host| self.tls_url(host)).collect();
        let complete = told.len() == wanted(of).len();
        let url = inside.first().filter(|_| complete);
        Ok(Some(ReachView {
            command: url.and_then(|url| command::ask_any(url, told)),
            inside,
            edge: self.urls(&environment),
        }))
    }

    async fn attests(&self, deployment: &Deployment) -> Option<Attests> {
        let place = self.runtimes.of(&deployment.runtime).await.ok()?;
        place.driver.attests()
    }

    /// Something serves whose newest evidence does not hold.
    pub(super) async fn not_attested(
        &self,
        caller: &Caller,
        environments: &[EnvironmentView],
    ) -> Reply<Vec<AttentionView>> {
        let all = self.store.not_attested(&caller.org).await.map_err(broken)?;
        let at = |(id, sentence): &(DeploymentId, String)| {
            let is_its = |e: &&EnvironmentView| e.active.as_ref().is_some_and(|a| a.id == *id);
            let e = environments.iter().find(is_its)?;
            let number = e.active.as_ref().map_or(0, |a| a.number);
            let sentence = format!(
                "{} / {}: the evidence of #{number} does not hold. {sentence}",
                e.project_name, e.name
            );
            Some(AttentionView::at(sentence, format!("/deployments/{id}")))
        };
        Ok(all.iter().filter_map(at).collect())
    }
}

fn running(deployment: &Deployment, attests: Option<&Attests>, now: domain::time::Time) -> Running {
    let runs = !deployment.phase.is_final() && deployment.phase != Phase::Draining;
    Running {
        now: runs,
        wanted: u32::try_from(wanted(deployment).len()).unwrap_or(u32::MAX),
        every_s: attests.map_or(attest::EVERY_S.1, |a| a.every.as_secs()),
        at: now,
    }
}

fn card(
    proofs: Vec<Proof>,
    history: Vec<AttestedView>,
    attests: Option<&Attests>,
    running: &Running,
) -> AttestationView {
    let newest: Vec<_> = proofs.iter().map(|proof| proof.view.clone()).collect();
    let standing = attest::standing(&newest, running);
    let platform = newest.iter().find_map(|found| found.platform);
    AttestationView {
        standing,
        sentence: attest::sentence(standing, &newest, running),
        platform,
        // No other is started yet.
        simulated: platform.is_none_or(|platform| platform == Platform::Sim),
        every_s: running.every_s,
        reach: None,
        key: attests.map(|attests| attests.key.to_string()),
        instances: proofs.into_iter().filter_map(proof_view).collect(),
        history,
    }
}

/// Its signed expectation names the key; the reader compares that with the card's own.
fn told(proof: &Proof) -> Option<command::Told> {
    let signed = attest::read_signed(proof.expected.as_bytes()).ok()?;
    Some(command::Told {
        platform: proof.view.platform.or(Some(Platform::Sim)),
        key: signed.key,
        tpm: proof.tpm,
        replica: proof.view.replica,
    })
}

fn proof_view(proof: Proof) -> Option<ProofView> {
    let told = told(&proof)?;
    let url = format!("https://127.0.0.1:{}", proof.port);
    let (id, replica) = (&proof.instance.deployment, proof.view.replica);
    let at = |what: &str| format!("/v2/deployments/{id}/attestation/{what}?replica={replica}");
    let of_file = proof.nonce.zip(proof.spki);
    Some(ProofView {
        command: command::ask(&url, &told),
        evidence: proof.evidence.as_ref().map(|_| at("evidence")),
        command_for_file: of_file.map(|(nonce, spki)| command::file(nonce, spki, &told)),
        expected: at("expected.json"),
        found: proof.view,
        checks: proof.checks,
        boot: proof.boot,
        url,
    })
}

fn not_confidential() -> Refusal {
    Refusal::not_found("attestation").way_out(
        "Only instances on a confidential runtime have evidence: deploy it on the runtime `tee`.",
    )
}

fn none_shown() -> Refusal {
    Refusal::not_found("evidence").way_out(
        "An instance shows it once it has booted; the deployment's page says how far it is.",
    )
}
