//! The master key: where it is, how it lies there, and whether it opens.

use super::{Finding, fail, ok, warn};
use engine::secrets::{Kept, MasterFile};
use std::path::Path;

const CHECK: &str = "master key";

pub async fn check(file: &MasterFile, data: &Path) -> Finding {
    let path = file.path();
    let kept = match file.kept() {
        Ok(Kept::Missing) => return missing(&path, data),
        Ok(kept) => kept,
        Err(error) => return fail(CHECK, sentence(&error), WAY_OUT),
    };
    if let Err(error) = file.read().await {
        return fail(CHECK, sentence(&error), WAY_OUT);
    }
    let lies = format!("In {}, {kept}.", path.display());
    match kept {
        Kept::Plain { wanted: Some(_) } => warn(
            CHECK,
            lies,
            "Run `sealdock secret rotate-master` with the same options.",
        ),
        _ => ok(CHECK, lies),
    }
}

const WAY_OUT: &str = "Put it right before the next start: without it Sealdock does not start.";

fn missing(path: &Path, data: &Path) -> Finding {
    match data.join("sealdock.db").exists() {
        true => fail(
            CHECK,
            format!("{} is not there, and the database is.", path.display()),
            "Put it back from your backup, or say where it is with --master-key: without it nobody can read what is sealed.",
        ),
        false => ok(
            CHECK,
            format!("{} is made at the first start.", path.display()),
        ),
    }
}

/// As a sentence of its own.
fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    match text.strip_prefix("the ") {
        Some(rest) => format!("The {rest}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;
    use engine::secrets::Kms;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    #[tokio::test]
    async fn x15_the_doctor_says_where_the_master_key_is_and_how_it_lies_there() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("master.key");
        let file = MasterFile::at(path.clone());
        let found = async |file: &MasterFile| check(file, data.path()).await;
        assert!(found(&file).await.sentence.contains("at the first start"));
        fs::write(data.path().join("sealdock.db"), "").unwrap();
        assert_eq!(found(&file).await.verdict, Verdict::Fail);

        fs::write(&path, format!("{}\n", "0a".repeat(32))).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let plain = found(&file).await;
        assert_eq!(plain.verdict, Verdict::Ok);
        assert!(plain.sentence.contains("as it is"), "{}", plain.sentence);
        let wrapper = Kms::parse("/nonexistent/wrapper").unwrap();
        let wanted = file.clone().wrapped_by(Some(wrapper));
        assert_eq!(found(&wanted).await.verdict, Verdict::Warn);

        fs::write(&path, "wrapped:abc\n").unwrap();
        let unnamed = found(&file).await;
        assert_eq!(unnamed.verdict, Verdict::Fail);
        assert!(unnamed.sentence.contains("--master-key-kms"));
        let gone = found(&wanted).await;
        assert_eq!(gone.verdict, Verdict::Fail);
        assert!(
            gone.sentence.contains("can't be started"),
            "{}",
            gone.sentence
        );

        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert!(found(&file).await.sentence.contains("chmod 600"));
    }
}
