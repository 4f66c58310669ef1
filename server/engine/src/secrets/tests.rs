//! The vault over a database and a key file.

use super::*;
use crate::store::Now;
use crate::store::secret::{Put, Sealed};
use domain::access::{Caller, Role};
use domain::id::UserId;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

const VALUE: &str = "correct horse battery staple";

struct Here {
    dir: TempDir,
    store: Store,
    caller: Caller,
}

impl Here {
    async fn new() -> Here {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("sealdock.db")).await.unwrap();
        let caller = Caller {
            user: UserId::new(Time(1), 1),
            email: "ada@example.org".into(),
            org: OrgId::new(Time(1), 1),
            org_name: "Acme".into(),
            role: Role::Owner,
        };
        let sql = "INSERT INTO orgs (id, name, created_at) VALUES ($1, 'Acme', 1)";
        let org = sqlx::query(sql).bind(caller.org.as_str());
        org.execute(store.pool()).await.unwrap();
        Here { dir, store, caller }
    }

    fn file(&self) -> MasterFile {
        MasterFile::at(self.dir.path().join("master.key"))
    }

    async fn vault(&self) -> Result<Vault, VaultError> {
        Vault::open(self.store.clone(), self.file()).await
    }

    async fn put(&self, vault: &Vault, name: &str, version: u32, value: &str) {
        let org = &self.caller.org;
        let text = SecretText::from(value.to_owned());
        let sealed = vault
            .seal(org, name, version, &text, Time(1))
            .await
            .unwrap();
        let row = Sealed {
            name,
            version,
            sealed: &sealed,
            size_bytes: value.len(),
        };
        let now = Now {
            at: Time(1),
            entropy: rand::random(),
        };
        let put = self.store.put_secret(&self.caller, row, now).await;
        assert_eq!(put.unwrap(), Put::Done);
    }

    async fn sealed(&self, name: &str) -> Given {
        let sql = "SELECT version, sealed FROM secret_values WHERE name = $1 ORDER BY version DESC";
        let row: (i64, String) = sqlx::query_as(sql)
            .bind(name)
            .fetch_one(self.store.pool())
            .await
            .unwrap();
        Given {
            name: name.into(),
            version: row.0 as u32,
            sealed: row.1,
        }
    }

    async fn reads(&self, vault: &Vault, name: &str) -> String {
        let key = vault.data_key(&self.caller.org, Time(1)).await.unwrap();
        let sealed = self.sealed(name).await;
        opened(&key, &self.caller.org, &sealed)
            .unwrap()
            .1
            .reveal()
            .to_owned()
    }
}

#[tokio::test]
async fn x15_no_file_of_the_database_holds_a_value_in_clear() {
    let here = Here::new().await;
    let vault = here.vault().await.unwrap();
    here.put(&vault, "A", 1, VALUE).await;
    assert_eq!(here.reads(&vault, "A").await, VALUE);
    here.store.close().await;
    let key = std::fs::read_to_string(here.file().path()).unwrap();
    let mut looked = 0;
    for entry in std::fs::read_dir(here.dir.path()).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let bytes = std::fs::read(entry.path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("correct horse"), "{name} holds the value");
        assert!(
            name == "master.key" || !text.contains(key.trim()),
            "{name} holds the key"
        );
        looked += usize::from(name.starts_with("sealdock.db"));
    }
    assert!(looked > 0);
}

#[tokio::test]
async fn x15_a_value_moved_to_another_row_does_not_open() {
    let here = Here::new().await;
    let vault = here.vault().await.unwrap();
    here.put(&vault, "A", 1, VALUE).await;
    here.put(&vault, "B", 1, "other").await;
    let sql = "UPDATE secret_values SET sealed = (SELECT sealed FROM secret_values WHERE name = 'A') WHERE name = 'B'";
    sqlx::query(sql).execute(here.store.pool()).await.unwrap();
    let key = vault.data_key(&here.caller.org, Time(1)).await.unwrap();
    let moved = opened(&key, &here.caller.org, &here.sealed("B").await);
    let said = moved.map(drop).unwrap_err().to_string();
    assert_eq!(
        said,
        "The secret `B` can't be opened: what is kept of it is damaged. Set it again."
    );
}

#[tokio::test]
async fn x15_no_start_without_the_right_key_once_something_is_sealed() {
    let here = Here::new().await;
    drop(here.vault().await.unwrap());
    // Nothing is sealed yet: a new key is as good as the old one.
    std::fs::remove_file(here.file().path()).unwrap();
    let vault = here.vault().await.unwrap();
    here.put(&vault, "A", 1, VALUE).await;
    let kept = std::fs::read_to_string(here.file().path()).unwrap();
    std::fs::remove_file(here.file().path()).unwrap();
    let missing = here.vault().await.map(drop).unwrap_err();
    assert!(
        matches!(missing, VaultError::Master(MasterError::Missing { .. })),
        "{missing}"
    );
    drop(here.file().make().unwrap());
    let another = here.vault().await.map(drop).unwrap_err();
    assert!(
        matches!(another, VaultError::Master(MasterError::Another { .. })),
        "{another}"
    );
    std::fs::write(here.file().path(), kept).unwrap();
    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(here.file().path(), mode).unwrap();
    let open = here.vault().await.map(drop).unwrap_err();
    assert!(
        matches!(open, VaultError::Master(MasterError::Open { .. })),
        "{open}"
    );
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(here.file().path(), mode).unwrap();
    assert_eq!(here.reads(&here.vault().await.unwrap(), "A").await, VALUE);
}

#[tokio::test]
async fn x15_the_master_key_is_replaced_while_the_vault_is_in_use() {
    let here = Here::new().await;
    let vault = here.vault().await.unwrap();
    here.put(&vault, "A", 1, VALUE).await;
    let before = here.file().read().unwrap().unwrap().id();
    assert_eq!(rotate(&here.store, &here.file()).await.unwrap(), 1);
    let after = here.file().read().unwrap().unwrap().id();
    assert_ne!(before, after);
    assert_eq!(here.store.master_keys().await.unwrap(), [after]);
    // The vault that was open before, and one that is opened now.
    assert_eq!(here.reads(&vault, "A").await, VALUE);
    here.put(&vault, "A", 2, "anew").await;
    assert_eq!(here.reads(&here.vault().await.unwrap(), "A").await, "anew");
}

#[tokio::test]
async fn x15_a_replacement_that_broke_off_is_finished_by_the_next_start() {
    let here = Here::new().await;
    let vault = here.vault().await.unwrap();
    here.put(&vault, "A", 1, VALUE).await;
    let old = std::fs::read_to_string(here.file().path()).unwrap();
    // Killed before anything was sealed anew: the old key counts.
    let next = here.file().make_next().unwrap().id();
    assert_eq!(here.reads(&here.vault().await.unwrap(), "A").await, VALUE);
    // Killed after that, and before the file had its place: the new key counts.
    rotate(&here.store, &here.file()).await.unwrap();
    let path = here.file().path();
    std::fs::rename(&path, path.with_extension("key.next")).unwrap();
    std::fs::write(&path, old).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(here.reads(&here.vault().await.unwrap(), "A").await, VALUE);
    assert_eq!(here.file().read().unwrap().unwrap().id(), next);
}

#[tokio::test]
async fn i14_an_older_value_goes_when_nothing_runs_with_it() {
    let here = Here::new().await;
    let vault = here.vault().await.unwrap();
    for version in 1..=3 {
        here.put(&vault, "A", version, VALUE).await;
    }
    let kept: Vec<(i64,)> = sqlx::query_as("SELECT version FROM secret_values")
        .fetch_all(here.store.pool())
        .await
        .unwrap();
    assert_eq!(kept, [(3,)]);
}

#[tokio::test]
async fn i14_an_organization_has_500_at_most_and_two_at_once_are_one() {
    let here = Here::new().await;
    let row = |name: &'static str, version| Sealed {
        name,
        version,
        sealed: "x",
        size_bytes: 1,
    };
    let now = || Now {
        at: Time(1),
        entropy: rand::random(),
    };
    for n in 0..domain::secret::MOST {
        let sql = "INSERT INTO secrets (org, name, version, size_bytes, created_at) VALUES ($1, $2, 1, 1, 1)";
        let insert = sqlx::query(sql)
            .bind(here.caller.org.as_str())
            .bind(format!("S{n}"));
        insert.execute(here.store.pool()).await.unwrap();
    }
    let put = |row, now| here.store.put_secret(&here.caller, row, now);
    assert_eq!(put(row("MORE", 1), now()).await.unwrap(), Put::TooMany);
    assert_eq!(put(row("S1", 2), now()).await.unwrap(), Put::Done);
    let twice = put(row("S1", 2), now()).await.unwrap_err();
    assert!(matches!(twice, StoreError::Stale), "{twice}");
}
