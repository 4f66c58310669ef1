//! Asks a Git host which tags have a release that carries a `release.json`. A page waits for it, so
//! it waits not long.

use super::call::make;
use crate::store::forge::Forge;
use domain::forge::Answered;
use domain::forge::releases::{Listed, listed, releases};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(4);

/// The newest releases, or why they are not known.
pub async fn ask(forge: &Forge) -> Result<Vec<Listed>, String> {
    let provider = forge.view.provider;
    let call = releases(provider, &forge.view.repository);
    match tokio::time::timeout(PATIENCE, make(forge, &call)).await {
        Ok((Answered::Told, answer)) => Ok(listed(provider, &answer)),
        Ok((Answered::Refused(why) | Answered::Gone(why), _)) => Err(why),
        Ok((Answered::Again(..), _)) => {
            Err("The host can't be reached now, or is asked too often.".into())
        }
        Err(_) => Err("The host does not answer in time.".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::hook::Provider;
    use domain::id::{OrgId, ProjectId};
    use domain::secret::SecretText;
    use domain::time::Time;
    use domain::view::ForgeView;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// Answers one request with these bytes, and says what was asked.
    async fn host(answer: String) -> (Forge, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 8192];
            let n = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request[..n]).into_owned()
        });
        let forge = Forge {
            org: OrgId::new(Time(0), 1),
            project: ProjectId::new(Time(0), 2),
            view: ForgeView {
                provider: Provider::Github,
                url,
                repository: "acme/shop".into(),
                problem: None,
                problem_at: None,
            },
            token: SecretText::from("ghs_test".to_owned()),
            created_at: Time(0),
        };
        (forge, asked)
    }

    fn http(status: &str, body: &str) -> String {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
    }

    #[tokio::test]
    async fn i19_the_host_is_asked_once_with_the_projects_token() {
        let body = r#"[{"tag_name":"v1","draft":false,"prerelease":true,"assets":[{"name":"release.json"}]},{"tag_name":"v0","assets":[]}]"#;
        let (forge, asked) = host(http("200 OK", body)).await;
        let all = ask(&forge).await.unwrap();
        let carries: Vec<_> = all.iter().map(|r| (r.tag.as_str(), r.carries)).collect();
        assert_eq!(carries, [("v1", true), ("v0", false)]);
        let asked = asked.await.unwrap();
        assert!(
            asked.starts_with("GET /repos/acme/shop/releases?per_page=100")
                && asked.contains("Bearer ghs_test"),
            "{asked}"
        );
    }

    #[tokio::test]
    async fn i19_a_host_that_says_no_is_a_sentence() {
        let (forge, _asked) = host(http("401 Unauthorized", "{}")).await;
        let why = ask(&forge).await.unwrap_err();
        assert!(why.contains("does not take the token (401)"), "{why}");
        let (forge, _asked) = host(http("502 Bad Gateway", "{}")).await;
        assert!(ask(&forge).await.unwrap_err().contains("can't be reached"));
    }
}
