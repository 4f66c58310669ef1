//! Where machines lie: a folder for each, under its instance's id, which holds all that is needed to
//! find it again after a restart. A folder appears whole or not at all.

use domain::attest::{Boot, Digest, TpmKey};
use domain::id::{EnvironmentId, InstanceId};
use domain::time::Time;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const RECORD: &str = "machine.json";
const STARTED: &str = "started.json";
const EXPECTED: &str = "expected.json";
const GIVEN: &str = "secrets-given";
const ADMITTED: &str = "admitted.json";
const REFUSED: &str = "refused";

/// Below the data directory.
#[derive(Clone, Debug)]
pub struct Folders(PathBuf);

/// What is written before a machine is started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub id: InstanceId,
    pub environment: EnvironmentId,
    /// The one key that its TPM may sign with.
    pub tpm: TpmKey,
    /// It waits for secrets before it starts its workload.
    #[serde(default)]
    pub secrets: bool,
}

/// What is known once QEMU listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    pub port: u16,
    pub at: Time,
    /// What was done on this side before its first instruction.
    #[serde(default)]
    pub boot: Vec<Boot>,
}

/// Its evidence was verified, and it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admitted {
    /// SHA-256 of the key that the evidence named: whoever proves to have it is that very machine.
    pub key: Digest,
    /// Where its plain end was.
    pub port: u16,
}

impl Folders {
    pub fn open(at: PathBuf) -> io::Result<Self> {
        let folders = Self(at);
        for folder in [
            folders.0.clone(),
            folders.machines(),
            folders.images(),
            folders.expected(),
        ] {
            crate::dirs::private(&folder)?;
        }
        Ok(folders)
    }

    fn machines(&self) -> PathBuf {
        self.0.join("machines")
    }

    pub fn images(&self) -> PathBuf {
        self.0.join("images")
    }

    /// Everything that was ever expected.
    pub fn expected(&self) -> PathBuf {
        self.0.join("expected")
    }

    pub fn key(&self) -> PathBuf {
        self.0.join("signing.key")
    }

    pub fn machine(&self, id: &InstanceId) -> Folder {
        Folder(self.machines().join(id.to_string()))
    }

    /// A fresh folder beside them, to be renamed when it is complete. What a crash left goes.
    pub fn draft(&self, id: &InstanceId) -> io::Result<Folder> {
        let folder = Folder(self.machines().join(format!(".{id}")));
        folder.remove()?;
        crate::dirs::private(&folder.0)?;
        Ok(folder)
    }

    /// What crashes left of machines that were never complete.
    pub fn drafts(&self) -> io::Result<Vec<Folder>> {
        let all = fs::read_dir(self.machines())?;
        let all: io::Result<Vec<_>> = all.map(|entry| Ok(entry?.path())).collect();
        let is_draft = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with('.')
        };
        Ok(all?.into_iter().filter(is_draft).map(Folder).collect())
    }

    /// Every machine that was made, by its id.
    pub fn all(&self) -> io::Result<Vec<(Folder, Record)>> {
        let mut found = vec![];
        for entry in fs::read_dir(self.machines())? {
            let folder = Folder(entry?.path());
            if let Some(record) = folder.record()? {
                found.push((folder, record));
            }
        }
        found.retain(|(folder, record)| folder.0 == self.machine(&record.id).0);
        found.sort_by(|(_, a), (_, b)| a.id.cmp(&b.id));
        Ok(found)
    }
}

/// One machine's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn record(&self) -> io::Result<Option<Record>> {
        self.read(RECORD)
    }

    pub fn started(&self) -> io::Result<Option<Started>> {
        self.read(STARTED)
    }

    pub fn expected(&self) -> io::Result<Option<domain::attest::SignedExpected>> {
        self.read(EXPECTED)
    }

    pub fn admitted(&self) -> io::Result<Option<Admitted>> {
        self.read(ADMITTED)
    }

    pub fn write_admitted(&self, admitted: &Admitted) -> io::Result<()> {
        self.write(ADMITTED, admitted)
    }

    /// It took its secrets.
    pub fn has_secrets(&self) -> bool {
        self.file(GIVEN).exists()
    }

    pub fn write_has_secrets(&self) -> io::Result<()> {
        fs::write(self.file(GIVEN), [])
    }

    /// Why nobody is let through, for good.
    pub fn refused(&self) -> Option<String> {
        fs::read_to_string(self.file(REFUSED)).ok()
    }

    pub fn write_refused(&self, why: &str) -> io::Result<()> {
        // After a restart it would be reached as it was, on a full disk that takes no word more.
        let _ = fs::remove_file(self.file(ADMITTED));
        self.put(REFUSED, why.as_bytes())
    }

    pub fn write_record(&self, record: &Record) -> io::Result<()> {
        self.write(RECORD, record)
    }

    pub fn write_started(&self, started: &Started) -> io::Result<()> {
        self.write(STARTED, started)
    }

    pub fn write_expected(&self, signed: &domain::attest::SignedExpected) -> io::Result<()> {
        self.write(EXPECTED, signed)
    }

    fn read<T: serde::de::DeserializeOwned>(&self, name: &str) -> io::Result<Option<T>> {
        match fs::read(self.file(name)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn write(&self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.put(name, &serde_json::to_vec(value)?)
    }

    /// Whole or not at all.
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let draft = self.file(&format!(".{name}"));
        fs::write(&draft, bytes)?;
        fs::rename(draft, self.file(name))
    }

    pub fn becomes(self, other: &Folder) -> io::Result<()> {
        fs::rename(self.0, &other.0)
    }

    /// Gone is fine.
    pub fn remove(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.0) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }
}
