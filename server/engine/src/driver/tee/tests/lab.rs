//! An image, a place for machines, and a gate that looks at what they show.

use crate::driver::contract::{self, App};
use crate::driver::tee::pinned::Guest;
use crate::driver::tee::room::Folder;
use crate::driver::tee::{
    Asked, Gate, Kit, Options, Source, Tee, Verifier, Witness, ensure, expected, hex, images, qmp,
    secrets, stages, usual_kit,
};
use crate::driver::{Driver, DriverError, Scope};
use async_trait::async_trait;
use domain::attest::{
    EVIDENCE_PATH, Evidence, Expected, Hex, TpmKey, read_evidence, read_expected,
};
use domain::instance::{InstanceSpec, Observed};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Ten seconds alone; other tests boot and build beside it.
pub const PATIENCE: Duration = Duration::from_secs(240);
/// Never, within a test.
pub const SELDOM: Duration = Duration::from_secs(86_400);
/// Two processors boot one machine at a time.
static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

pub struct Lab {
    folder: tempfile::TempDir,
    kit: PathBuf,
    pub image: String,
    _alone: tokio::sync::MutexGuard<'static, ()>,
}

impl Lab {
    pub async fn open(test: &str) -> Option<Self> {
        let kit = usual_kit();
        if let Err(e) = Kit::open(&kit).await {
            // Not `eprintln`, which the test runner swallows when a test passes.
            let _ = writeln!(std::io::stderr(), "SKIPPED tee::{test}: {e}");
            return None;
        }
        let alone = ONE.lock().await;
        let folder = tempfile::tempdir().expect("a folder");
        let image = save(&folder.path().join("image.tar"));
        Some(Self {
            folder,
            kit,
            image,
            _alone: alone,
        })
    }

    /// A new driver over the same place, as after a restart.
    pub fn connect(&self) -> Tee {
        self.connect_to(self.source())
    }

    pub fn archive(&self) -> PathBuf {
        self.folder.path().join("image.tar")
    }

    pub fn connect_to(&self, source: Arc<dyn Source>) -> Tee {
        self.connect_with(source, Arc::new(Verifier), Arc::new(()), SELDOM)
    }

    pub fn connect_with(
        &self,
        source: Arc<dyn Source>,
        gate: Arc<dyn Gate>,
        witness: Arc<dyn Witness>,
        every: Duration,
    ) -> Tee {
        let options = Options {
            folder: self.folder.path().join("tee"),
            kit: self.kit.clone(),
            source,
            gate,
            witness,
            every,
        };
        Tee::connect(options).expect("a place for machines")
    }

    pub fn source(&self) -> Arc<dyn Source> {
        Arc::new(Archive(self.archive()))
    }

    pub fn spec(&self) -> InstanceSpec {
        let app = App {
            image: self.image.clone(),
            command: None,
        };
        let mut spec = contract::spec(app, &contract::environment());
        spec.env = BTreeMap::from([("HELLO_MESSAGE".into(), "From inside.".into())]);
        spec
    }
}

/// What the Engine would save of `FROM scratch` and `COPY hello /`.
fn save(into: &Path) -> String {
    let mut layer = tar::Builder::new(vec![]);
    add(&mut layer, "hello", 0o755, crate::sample::hello());
    let layer = layer.into_inner().expect("a layer");
    let config = serde_json::json!({
        "config": {"Entrypoint": ["/hello"], "User": "65532:65532"},
        "rootfs": {"diff_ids": [sha(&layer)]},
    })
    .to_string();
    let manifest = r#"[{"Config":"config.json","Layers":["layer.tar"]}]"#;
    let mut all = tar::Builder::new(std::fs::File::create(into).expect("a file"));
    add(&mut all, "manifest.json", 0o644, manifest.as_bytes());
    add(&mut all, "config.json", 0o644, config.as_bytes());
    add(&mut all, "layer.tar", 0o644, &layer);
    all.into_inner().expect("an archive");
    sha(config.as_bytes())
}

fn sha(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

fn add(to: &mut tar::Builder<impl Write>, name: &str, mode: u32, bytes: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    to.append_data(&mut header, name, bytes)
        .expect("it is added");
}

struct Archive(PathBuf);

#[async_trait]
impl Source for Archive {
    async fn save(&self, image: &str, into: &Path) -> Result<(), DriverError> {
        let copied = tokio::fs::copy(&self.0, into).await;
        copied
            .map(|_| ())
            .map_err(|e| DriverError::Refused(format!("image {image}: {e}")))
    }
}

pub async fn evidence(guest: &Guest) -> Result<Evidence, String> {
    let path = format!("{EVIDENCE_PATH}?nonce={}", Hex([5; 32]));
    let answer = secrets::get(guest, &path)
        .await
        .map_err(|e| e.to_string())?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    match head.starts_with("HTTP/1.1 200") {
        true => read_evidence(body.as_bytes()).map_err(|e| e.to_string()),
        false => Err(format!("{head} {body}")),
    }
}

/// The first PCR that is not as it was computed.
pub fn differs(evidence: &Evidence, expected: &Expected) -> Option<String> {
    let (sim, pcrs) = (expected.sim.as_ref()?, evidence.pcrs.as_ref()?);
    let wanted = [(4, sim.pcr4), (9, sim.pcr9)];
    wanted
        .iter()
        .find(|(number, value)| pcrs[number] != *value)
        .map(|(number, value)| format!("PCR {number} is {}, and should be {value}", pcrs[number]))
}

pub async fn eventually<T>(what: &str, mut wanted: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(found) = wanted().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not within {PATIENCE:?}: {what}");
}

pub async fn see(driver: &Tee, spec: &InstanceSpec) -> Option<Observed> {
    let all = driver
        .observe(Scope::Environment(&spec.environment))
        .await
        .expect("it answers");
    all.into_iter().next()
}

pub async fn cleared(driver: &Tee, spec: &InstanceSpec) {
    driver.remove(&spec.id, 0).await.expect("removal begins");
    eventually("it is gone", async || {
        see(driver, spec).await.is_none().then_some(())
    })
    .await;
}

/// A machine that somebody changed between what was computed and its start. Nobody watches it.
pub struct Tampered {
    pub folder: Folder,
    key: Hex<32>,
    pub expected: Expected,
    pub guest: Guest,
}

/// `change` may change its folder, and the command line.
pub async fn tampered(
    driver: &Tee,
    spec: &InstanceSpec,
    change: impl FnOnce(&Folder, &mut String),
) -> Tampered {
    let room = &driver.room;
    let kit = room.kit().await.expect("the kit");
    let built = images::disk(room, spec).await.expect("the image");
    let (_, mut line) = ensure::write(room, &kit, spec, &built)
        .await
        .expect("a machine");
    let folder = room.folders.machine(&spec.id);
    change(&folder, &mut line);
    ensure::start(&kit, spec, &folder, &line, stages::Stages::default())
        .await
        .expect("it starts");
    let signed = folder
        .expected()
        .expect("readable")
        .expect("written before");
    let port = folder.started().expect("readable").expect("started").port;
    Tampered {
        expected: read_expected(&signed.expected.0).expect("as it was written"),
        guest: Guest::new(port, None).expect("a client"),
        key: expected::public(&room.key),
        folder,
    }
}

impl Tampered {
    /// What it shows; `None` when it ended before it showed anything.
    pub async fn evidence(&self) -> Option<Evidence> {
        eventually("it shows evidence or ends", async || {
            match evidence(&self.guest).await {
                Ok(evidence) => Some(Some(evidence)),
                Err(_) if qmp::runs(self.folder.path()).await.expect("QEMU") => None,
                Err(_) => Some(None),
            }
        })
        .await
    }

    /// What the verifier says, asked with this key for its TPM; the error is its sentence.
    pub async fn verdict(&self, tpm: TpmKey) -> Result<(), String> {
        let signed = self
            .folder
            .expected()
            .expect("readable")
            .expect("written before");
        let port = self
            .folder
            .started()
            .expect("readable")
            .expect("started")
            .port;
        let key = self.key;
        let asked = Asked {
            port,
            expected: &signed,
            key,
            tpm,
        };
        let looked = Verifier.look(&asked).await?;
        match looked.holds() {
            true => Ok(()),
            false => Err(looked.sentence()),
        }
    }

    pub fn tpm(&self) -> TpmKey {
        self.folder
            .record()
            .expect("readable")
            .expect("written before")
            .tpm
    }

    pub fn console(&self) -> String {
        crate::driver::tee::lines::all(&self.folder)
            .expect("its console")
            .join("\n")
    }
}
