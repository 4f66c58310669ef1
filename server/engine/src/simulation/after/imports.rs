//! A `compose.yaml` makes all of its projects, or none (P-20).

use super::Calm;
use domain::api::{ComposeFile, ConfirmImport, Imports, Projects};

fn asked(file: &str) -> ComposeFile {
    ComposeFile {
        file: file.into(),
        ..ComposeFile::default()
    }
}

impl Calm {
    async fn import(&self, file: &str) -> Result<usize, String> {
        let control = &self.boot.control;
        let import = asked(file);
        let plan = control.plan_import(&self.caller, &import).await.unwrap();
        let digest = plan.digest;
        let confirm = ConfirmImport { import, digest };
        let made = control.import(&self.caller, confirm).await;
        made.map(|all| all.len()).map_err(|no| no.code)
    }

    async fn names(&self) -> Vec<String> {
        let all = self.boot.control.projects(&self.caller).await.unwrap();
        all.into_iter().map(|p| p.name).collect()
    }
}

#[tokio::test]
async fn p20_an_import_serves_each_service_as_a_project() {
    let calm = Calm::serving("fake/ok:v1", vec![], true).await;
    let file =
        "name: shop\nservices:\n  api: {image: 'fake/ok:v1'}\n  job: {image: 'fake/ok:v2'}\n";
    assert_eq!(calm.import(file).await, Ok(2));
    assert_eq!(calm.names().await, ["shop-api", "shop-job", "web"]);
    calm.roll(true).await;
    let all = calm.boot.control.projects(&calm.caller).await.unwrap();
    let serving = all.iter().filter(|p| p.environments[0].active.is_some());
    assert_eq!(serving.count(), 3);
}

#[tokio::test]
async fn p20_two_services_that_want_one_host_make_nothing() {
    let calm = Calm::serving("fake/ok:v1", vec![], true).await;
    // Production of the first answers at the second's name too.
    let file = "services:\n  api: {image: 'fake/ok:v1'}\n  production-api: {image: 'fake/ok:v1'}\n";
    assert_eq!(calm.import(file).await, Err("host_taken".to_owned()));
    assert_eq!(calm.names().await, ["web"]);
}

#[tokio::test]
async fn p20_a_plan_that_is_not_the_one_that_was_seen_is_not_carried_out() {
    let calm = Calm::serving("fake/ok:v1", vec![], true).await;
    let control = &calm.boot.control;
    let (one, other) = (
        asked("services: {api: {image: 'fake/ok:v1'}}"),
        asked("services: {api: {image: 'fake/ok:v1', scale: 2}}"),
    );
    let plan = control.plan_import(&calm.caller, &one).await.unwrap();
    let digest = plan.digest;
    let import = other;
    let no = control.import(&calm.caller, ConfirmImport { import, digest });
    assert_eq!(no.await.unwrap_err().code, "plan_changed");
    assert_eq!(calm.names().await, ["web"]);
}
