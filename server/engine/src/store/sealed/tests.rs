//! A database as the version before wrote it, and rows that somebody moved.

use super::*;
use crate::secrets::{MasterFile, Vault};
use crate::source::git::Keyring;
use crate::store::MIGRATIONS;
use domain::credential::CredentialKind;
use domain::id::{CredentialId, HookId, OrgId, ProjectId, ServiceId, UserId};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tempfile::TempDir;

/// The last one of before.
const CLEAR: i64 = 13;
const VALUES: [&str; 7] = [
    "hooksecret-4b1d",
    "forgetoken-77aa",
    "gitpassword-0c3f",
    "registrypw-91e2",
    "dbpassword-5d6e",
    "cronsecret-e8f0",
    "deploykey-2a9b",
];
/// It went before the upgrade; the file may still have it.
const GONE: &str = "goneforgood-3377";

struct Before {
    dir: TempDir,
    orgs: [OrgId; 2],
    projects: [ProjectId; 2],
    hooks: [HookId; 2],
    service: ServiceId,
}

impl Before {
    async fn new() -> Before {
        let dir = tempfile::tempdir().unwrap();
        let of = |n| Time(n);
        let before = Before {
            orgs: [OrgId::new(of(1), 1), OrgId::new(of(1), 2)],
            projects: [ProjectId::new(of(1), 1), ProjectId::new(of(1), 2)],
            hooks: [HookId::new(of(1), 1), HookId::new(of(1), 2)],
            service: ServiceId::new(of(1), 1),
            dir,
        };
        before.write().await;
        before.write_files();
        before
    }

    fn database(&self) -> PathBuf {
        self.dir.path().join("sealdock.db")
    }

    fn file(&self) -> MasterFile {
        MasterFile::at(self.dir.path().join("master.key"))
    }

    /// By the schema of then, and in clear but for the one secret.
    async fn write(&self) {
        let options = SqliteConnectOptions::new()
            .filename(self.database())
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await
            .unwrap();
        MIGRATIONS.run_to(CLEAR, &pool).await.unwrap();
        let ([a, b], [p, q], [h, i]) = (&self.orgs, &self.projects, &self.hooks);
        let (user, service) = (UserId::new(Time(1), 1), &self.service);
        let master = Key::of(&[7; 32]).unwrap();
        let data = Key::of(&[8; 32]).unwrap();
        let data_sealed = master
            .seal(&format!("sealdock data key 1\0{a}"), data.bytes())
            .unwrap();
        let value = data
            .seal(&format!("sealdock secret 1\0{a}\0API_KEY\01"), b"of before")
            .unwrap();
        let [hook, forge, git, registry, password, cron, _] = VALUES;
        let address = format!(
            r#"{{"tls":false,"host":"db","port":5432,"user":"app","password":"{password}","name":"app","options":[]}}"#
        );
        let (c, d) = (CredentialId::new(Time(1), 1), CredentialId::new(Time(1), 2));
        let fill = "x".repeat(3000);
        for sql in [
            format!("INSERT INTO orgs VALUES ('{a}', 'A', 1), ('{b}', 'B', 1)"),
            format!(
                "INSERT INTO users (id, email, password_hash, created_at) VALUES ('{user}', 'ada@example.org', 'x', 1)"
            ),
            format!(
                "INSERT INTO projects (id, org, name, origin, created_at, last_number) VALUES ('{p}', '{a}', 'web', '{{}}', 1, 0), ('{q}', '{b}', 'web', '{{}}', 1, 0)"
            ),
            format!(
                "INSERT INTO hooks (id, org, project, secret, created_at, rejected) VALUES ('{h}', '{a}', '{p}', '{GONE}{fill}', 1, 0), ('{i}', '{b}', '{q}', 'other', 1, 0)"
            ),
            format!("UPDATE hooks SET secret = '{hook}' WHERE id = '{h}'"),
            format!(
                "INSERT INTO forges (project, org, provider, url, repository, token, created_at) VALUES ('{p}', '{a}', 'github', 'https://api.example.org', 'a/b', '{forge}', 1)"
            ),
            format!(
                "INSERT INTO credentials (id, org, kind, host, path, username, secret, set_by, set_at) VALUES ('{c}', '{a}', 'git', 'git.example.org', '', 'me', '{git}', '{user}', 1), ('{d}', '{a}', 'registry', 'r.example.org', '', 'me', '{registry}', '{user}', 1)"
            ),
            format!(
                "INSERT INTO services (id, org, name, kind, address, deleting, created_at) VALUES ('{service}', '{a}', 'db', 'postgres', '{address}', 0, 1)"
            ),
            format!(
                "INSERT INTO settings (key, value) VALUES ('cron_key', '{cron}'), ('master_key', '{}')",
                master.id()
            ),
            format!(
                "INSERT INTO org_keys (org, master, sealed, created_at) VALUES ('{a}', '{}', '{data_sealed}', 1)",
                master.id()
            ),
            format!(
                "INSERT INTO secrets (org, name, version, size_bytes, created_at) VALUES ('{a}', 'API_KEY', 1, 9, 1)"
            ),
            format!("INSERT INTO secret_values VALUES ('{a}', 'API_KEY', 1, '{value}')"),
        ] {
            sqlx::query(AssertSqlSafe(sql.clone()))
                .execute(&pool)
                .await
                .expect(&sql);
        }
        pool.close().await;
    }

    fn write_files(&self) {
        let path = self.file().path();
        std::fs::write(&path, format!("{}\n", "07".repeat(32))).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let keys = self.keys();
        std::fs::create_dir_all(&keys).unwrap();
        std::fs::write(keys.join("deploy_key"), format!("{}\n", VALUES[6])).unwrap();
        std::fs::write(keys.join("deploy_key.pub"), "ssh-ed25519 AAAA sealdock\n").unwrap();
    }

    fn keys(&self) -> PathBuf {
        self.dir.path().join("keys").join(self.orgs[0].as_str())
    }

    /// As a start does it.
    async fn start(&self) -> Store {
        let dirs = crate::dirs::Dirs::open(self.dir.path()).unwrap();
        let store = Store::open(&self.database()).await.unwrap();
        drop(
            Vault::open(store.clone(), self.file(), Time(2))
                .await
                .unwrap(),
        );
        Keyring::take_in(&dirs, &store, Time(2)).await.unwrap();
        store
    }

    /// Which of these is in which file of the data directory.
    fn found(&self, wanted: &[&str]) -> Vec<String> {
        let mut found = vec![];
        let mut dirs = vec![self.dir.path().to_owned()];
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(dir).unwrap().flatten() {
                if entry.path().is_dir() {
                    dirs.push(entry.path());
                    continue;
                }
                let bytes = std::fs::read(entry.path()).unwrap();
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let here = wanted.iter().filter(|value| text.contains(**value));
                found.extend(here.map(|value| format!("{value} in {:?}", entry.file_name())));
            }
        }
        found.sort();
        found
    }

    /// Everything that was written, by who reads it.
    async fn reads(&self, store: &Store) -> Vec<String> {
        let (org, project) = (&self.orgs[0], &self.projects[0]);
        let text = |secret: SecretText| secret.reveal().to_owned();
        let hook = store.hook_of_any(&self.hooks[0]).await.unwrap().unwrap();
        let forge = store.forge(org, project).await.unwrap().unwrap();
        let git = store
            .keys_for(org, CredentialKind::Git, "git.example.org")
            .await
            .unwrap();
        let registry = store
            .login_for(org, "r.example.org/app:1")
            .await
            .unwrap()
            .unwrap();
        let service = store.service(org, &self.service).await.unwrap().unwrap();
        let cron = store.cron_key_or("another", Time(3)).await.unwrap();
        let key = store.private_deploy_key(org).await.unwrap().unwrap();
        vec![
            text(hook.secret),
            text(forge.token),
            git[0].secret.clone(),
            registry.password.clone(),
            service.address.password.clone(),
            text(cron),
            text(key).trim().to_owned(),
        ]
    }
}

#[tokio::test]
async fn x15_an_upgrade_seals_what_was_in_clear_and_leaves_no_trace_of_it() {
    let before = Before::new().await;
    assert_eq!(before.found(&VALUES).len(), VALUES.len());
    let store = before.start().await;
    assert_eq!(before.reads(&store).await, VALUES);
    let value = store
        .newest_secret(&before.orgs[0], "API_KEY")
        .await
        .unwrap();
    assert_eq!(value.reveal(), "of before");
    let public = store.public_deploy_key(&before.orgs[0]).await.unwrap();
    assert_eq!(public.as_deref(), Some("ssh-ed25519 AAAA sealdock"));
    // While it is open, its log lies beside it; and once it is closed.
    let all: Vec<_> = VALUES.into_iter().chain([GONE]).collect();
    assert_eq!(before.found(&all), Vec::<String>::new());
    store.close().await;
    assert_eq!(before.found(&all), Vec::<String>::new());
    // Another start finds nothing to do, and new data keys come to all of them.
    let store = before.start().await;
    assert_eq!(before.reads(&store).await, VALUES);
    assert_eq!(store.replace_data_keys(Time(4)).await.unwrap(), 9);
    assert_eq!(before.reads(&store).await, VALUES);
    let old = "SELECT COUNT(*) FROM hooks WHERE secret NOT LIKE '2.%'";
    assert_eq!(
        sqlx::query_scalar::<_, i64>(old)
            .fetch_one(store.pool())
            .await
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn x15_an_upgrade_that_was_killed_goes_on_where_it_was() {
    let before = Before::new().await;
    // Killed after the rows were sealed, and before the file was written anew.
    let store = Store::open(&before.database()).await.unwrap();
    store.keys().read_from(&before.file()).await.unwrap();
    assert_eq!(store.seal_clear_rows(Time(2)).await.unwrap(), 7);
    store.close().await;
    let store = before.start().await;
    assert_eq!(before.reads(&store).await, VALUES);
    assert_eq!(before.found(&VALUES), Vec::<String>::new());
    // Killed after a key became a row, and before its file went.
    before.write_files();
    let store = before.start().await;
    assert_eq!(before.reads(&store).await, VALUES);
    assert_eq!(before.found(&VALUES), Vec::<String>::new());
}

#[tokio::test]
async fn x15_an_upgrade_without_its_master_key_changes_no_value() {
    let before = Before::new().await;
    std::fs::remove_file(before.file().path()).unwrap();
    let store = Store::open(&before.database()).await.unwrap();
    let said = Vault::open(store.clone(), before.file(), Time(2))
        .await
        .map(drop)
        .unwrap_err();
    assert!(
        said.to_string().contains("Put it back from your backup"),
        "{said}"
    );
    store.close().await;
    before.write_files();
    assert_eq!(before.reads(&before.start().await).await, VALUES);
}

#[tokio::test]
async fn x15_what_was_moved_to_another_row_or_tenant_opens_as_nothing() {
    let before = Before::new().await;
    let store = before.start().await;
    let [own, other] = &before.hooks;
    let sql = format!(
        "UPDATE hooks SET secret = (SELECT secret FROM hooks WHERE id = '{own}') WHERE id = '{other}'"
    );
    sqlx::query(AssertSqlSafe(sql))
        .execute(store.pool())
        .await
        .unwrap();
    let said = store
        .hook_of_any(other)
        .await
        .map(drop)
        .unwrap_err()
        .to_string();
    assert_eq!(
        said,
        "The webhook's secret can't be opened: what is kept of it is damaged. Set it again."
    );
    assert_eq!(before.reads(&store).await, VALUES);
    // Nor as something else of the same organization.
    let sql = "UPDATE forges SET token = (SELECT secret FROM credentials WHERE kind = 'registry')";
    sqlx::query(sql).execute(store.pool()).await.unwrap();
    let said = store
        .forge(&before.orgs[0], &before.projects[0])
        .await
        .map(drop)
        .unwrap_err();
    assert!(matches!(said, StoreError::Shut(_)), "{said}");
}

/// A column that a later version adds is sealed too, or somebody says here why not.
#[tokio::test]
async fn x15_every_column_that_may_hold_a_secret_is_known() {
    let store = Store::in_memory().await.unwrap();
    let sql = "SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1";
    let columns: Vec<String> = sqlx::query_scalar(sql)
        .fetch_all(store.pool())
        .await
        .unwrap();
    let suspicious = [
        "secret",
        "token",
        "password",
        "private",
        "credential",
        "address",
        "key",
    ];
    let named = |column: &String| {
        let name = column.rsplit('.').next().unwrap_or_default();
        suspicious.iter().any(|word| name.contains(word))
    };
    let sealed: Vec<_> = ALL
        .iter()
        .map(|c| format!("{}.{}", c.table, c.column))
        .collect();
    let left: Vec<_> = columns
        .into_iter()
        .filter(named)
        .filter(|c| !sealed.contains(c))
        .collect();
    assert_eq!(
        left,
        [
            "deliveries.sender_key", // the sender's own id of a delivery
            "domains.token",         // shown in DNS, for everybody to read
            "forges.release_key",    // the public half: whose signatures count
            "idempotency.key",       // chosen by clients, to send a request twice
            "settings.key",          // a name
            "users.password_hash",   // argon2id
        ]
    );
}
