//! The vault over a database and a key file.

use super::*;
use crate::store::Now;
use crate::store::secret::{NewValue, Put};
use domain::access::{Caller, Role};
use domain::id::{OrgId, UserId};
use domain::secret::SecretText;
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
        Vault::open(self.store.clone(), self.file(), Time(1)).await
    }

    async fn put(&self, name: &str, version: u32, value: &str) {
        let value = SecretText::from(value.to_owned());
        let row = NewValue {
            name,
            version,
            value: &value,
        };
        let now = Now {
            at: Time(1),
            entropy: rand::random(),
        };
        let put = self.store.put_secret(&self.caller, row, now).await;
        assert_eq!(put.unwrap(), Put::Done);
    }

    /// The newest value of it.
    async fn read(&self, store: &Store, name: &str) -> Result<String, StoreError> {
        let value = store.newest_secret(&self.caller.org, name).await?;
        Ok(value.reveal().to_owned())
    }

    async fn reads(&self, name: &str) -> String {
        self.read(&self.store, name).await.unwrap()
    }

    /// By a process of its own, which knows no key yet.
    async fn reads_anew(&self, name: &str) -> String {
        let store = Store::open(&self.dir.path().join("sealdock.db"))
            .await
            .unwrap();
        let vault = Vault::open(store.clone(), self.file(), Time(1)).await;
        drop(vault.unwrap());
        let read = self.read(&store, name).await.unwrap();
        store.close().await;
        read
    }
}

#[tokio::test]
async fn x15_no_file_of_the_database_holds_a_value_in_clear() {
    let here = Here::new().await;
    drop(here.vault().await.unwrap());
    here.put("A", 1, VALUE).await;
    assert_eq!(here.reads("A").await, VALUE);
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
    drop(here.vault().await.unwrap());
    here.put("A", 1, VALUE).await;
    here.put("B", 1, "other").await;
    let sql = "UPDATE secret_values SET sealed = (SELECT sealed FROM secret_values WHERE name = 'A') WHERE name = 'B'";
    sqlx::query(sql).execute(here.store.pool()).await.unwrap();
    let moved = here.read(&here.store, "B").await;
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
    drop(here.vault().await.unwrap());
    here.put("A", 1, VALUE).await;
    let kept = std::fs::read_to_string(here.file().path()).unwrap();
    std::fs::remove_file(here.file().path()).unwrap();
    let missing = here.vault().await.map(drop).unwrap_err();
    assert!(
        matches!(missing, VaultError::Master(MasterError::Missing { .. })),
        "{missing}"
    );
    drop(here.file().make().await.unwrap());
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
    assert_eq!(here.reads_anew("A").await, VALUE);
}

#[tokio::test]
async fn x15_the_master_key_is_replaced_while_the_vault_is_in_use() {
    let here = Here::new().await;
    drop(here.vault().await.unwrap());
    here.put("A", 1, VALUE).await;
    let before = here.file().read().await.unwrap().unwrap().id();
    assert_eq!(rotate(&here.store, &here.file()).await.unwrap(), 1);
    let after = here.file().read().await.unwrap().unwrap().id();
    assert_ne!(before, after);
    assert_eq!(here.store.master_keys().await.unwrap(), [after]);
    // The vault that was open before, and one that is opened now.
    assert_eq!(here.reads("A").await, VALUE);
    here.put("A", 2, "anew").await;
    assert_eq!(here.reads_anew("A").await, "anew");
}

#[tokio::test]
async fn x15_a_replacement_that_broke_off_is_finished_by_the_next_start() {
    let here = Here::new().await;
    drop(here.vault().await.unwrap());
    here.put("A", 1, VALUE).await;
    let old = std::fs::read_to_string(here.file().path()).unwrap();
    // Killed before anything was sealed anew: the old key counts.
    let next = here.file().make_next().await.unwrap().id();
    assert_eq!(here.reads_anew("A").await, VALUE);
    // Killed after that, and before the file had its place: the new key counts.
    rotate(&here.store, &here.file()).await.unwrap();
    let path = here.file().path();
    std::fs::rename(&path, path.with_extension("key.next")).unwrap();
    std::fs::write(&path, old).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(here.reads_anew("A").await, VALUE);
    assert_eq!(here.file().read().await.unwrap().unwrap().id(), next);
}

#[tokio::test]
async fn i14_an_older_value_goes_when_nothing_runs_with_it() {
    let here = Here::new().await;
    drop(here.vault().await.unwrap());
    for version in 1..=3 {
        here.put("A", version, VALUE).await;
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
    drop(here.vault().await.unwrap());
    let value = SecretText::from("x".to_owned());
    let row = |name: &'static str, version| NewValue {
        name,
        version,
        value: &value,
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

#[tokio::test]
async fn x15_data_keys_are_replaced_while_another_process_reads_and_writes() {
    let here = Here::new().await;
    let vault = here.vault().await.unwrap();
    here.put("A", 1, VALUE).await;
    let other = Store::open(&here.dir.path().join("sealdock.db"))
        .await
        .unwrap();
    drop(
        Vault::open(other.clone(), here.file(), Time(1))
            .await
            .unwrap(),
    );
    assert_eq!(here.read(&other, "A").await.unwrap(), VALUE);
    assert_eq!(vault.rotate_data_keys(Time(2)).await.unwrap(), 1);
    assert_eq!(kept(&other, "A").await.split('.').next(), Some("2"));
    assert_eq!(here.read(&other, "A").await.unwrap(), VALUE);
    // What it writes from now on is sealed with the new one.
    let anew = SecretText::from("anew".to_owned());
    let row = NewValue {
        name: "A",
        version: 2,
        value: &anew,
    };
    let now = Now {
        at: Time(3),
        entropy: 1,
    };
    other.put_secret(&here.caller, row, now).await.unwrap();
    assert!(kept(&other, "A").await.starts_with("2."));
    // The old one is there until the next start, for who has just read a row.
    let keys = "SELECT number FROM data_keys WHERE owner <> 'installation' ORDER BY number";
    let numbers = async || {
        sqlx::query_scalar::<_, i64>(keys)
            .fetch_all(other.pool())
            .await
            .unwrap()
    };
    assert_eq!(numbers().await, [1, 2]);
    other.forget_retired_data_keys().await.unwrap();
    assert_eq!(numbers().await, [2]);
    assert_eq!(rotate(&here.store, &here.file()).await.unwrap(), 1);
    assert_eq!(vault.rotate_data_keys(Time(4)).await.unwrap(), 1);
    assert_eq!(here.reads_anew("A").await, "anew");
}

async fn kept(store: &Store, name: &str) -> String {
    let sql = "SELECT sealed FROM secret_values WHERE name = $1 ORDER BY version DESC";
    let found = sqlx::query_scalar(sql).bind(name);
    found.fetch_one(store.pool()).await.unwrap()
}

#[tokio::test]
async fn x15_a_master_key_that_lies_as_it_is_is_wrapped_by_its_replacement() {
    let here = Here::new().await;
    drop(here.vault().await.unwrap());
    here.put("A", 1, VALUE).await;
    let wrapper = here.dir.path().join("wrapper");
    let text = "#!/bin/sh\ncase $1 in wrap) tr 0-9a-f g-v;; *) tr g-v 0-9a-f;; esac\n";
    std::fs::write(&wrapper, text).unwrap();
    let mode = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(&wrapper, mode).unwrap();
    assert_eq!(here.reads("A").await, VALUE);
    let kms = Kms::parse(wrapper.to_str().unwrap()).unwrap();
    let file = here.file().wrapped_by(Some(kms));
    assert!(matches!(file.kept(), Ok(Kept::Plain { wanted: Some(_) })));
    rotate(&here.store, &file).await.unwrap();
    assert!(matches!(file.kept(), Ok(Kept::Wrapped { by: Some(_) })));
    // The vault that was open before goes on, and a start without the service says what is missing.
    assert_eq!(here.reads("A").await, VALUE);
    let said = here.vault().await.map(drop).unwrap_err().to_string();
    assert!(said.contains("--master-key-kms"), "{said}");
    let store = Store::open(&here.dir.path().join("sealdock.db"))
        .await
        .unwrap();
    drop(Vault::open(store.clone(), file, Time(1)).await.unwrap());
    assert_eq!(here.read(&store, "A").await.unwrap(), VALUE);
}
