//! Asks a Git host which tags have a release that carries a `release.json`, and for the one of a tag.

use super::call::{file, make};
use crate::attest::open_release;
use crate::store::forge::Forge;
use domain::attest::{Hex, MOST_EXPECTED, RELEASE_FILE, Released, read_release};
use domain::can::RELEASE_IT;
use domain::forge::Answered;
use domain::forge::releases::{Listed, listed, place, release, releases};
use domain::refusal::Refusal;
use std::time::Duration;

/// A page waits for the list.
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

/// What is released as that tag, if `key` signed it.
pub async fn signed(forge: &Forge, tag: &str, key: Hex<32>) -> Result<Released, Refusal> {
    let provider = forge.view.provider;
    let unread = |answered| unread(tag, answered);
    let release = match make(forge, &release(provider, &forge.view.repository, tag)).await {
        (Answered::Told, release) => release,
        (Answered::Gone(_), _) => return Err(none(&format!("{tag} has no release"), forge)),
        (answered, _) => return Err(unread(answered)),
    };
    let place = place(provider, &release).ok_or_else(|| {
        none(
            &format!("the release of {tag} has no {RELEASE_FILE}"),
            forge,
        )
    })?;
    let bytes = file(forge, place, 2 * MOST_EXPECTED).await;
    let signed = read_release(&bytes.map_err(unread)?)
        .map_err(|no| no.at(format!("{RELEASE_FILE} of {tag}")))?;
    open_release(&signed, key).map_err(|why| {
        let sentence = format!("The {RELEASE_FILE} of {tag} has {why}.");
        Refusal::conflict("not_released", sentence).way_out(
            "Release it with the key that is set at the project's Git host, or set the key that CI signs with.",
        )
    })
}

fn none(what: &str, forge: &Forge) -> Refusal {
    let host = forge.view.provider.title();
    let sentence = format!(
        "This project takes only tags with a signed release where it is not for debugging, and at {host} {what}."
    );
    Refusal::conflict("not_released", sentence).way_out(RELEASE_IT)
}

fn unread(tag: &str, answered: Answered) -> Refusal {
    let why = match answered {
        Answered::Refused(why) | Answered::Gone(why) => why,
        Answered::Again(..) | Answered::Told => {
            "The host can't be reached now, or is asked too often.".to_owned()
        }
    };
    Refusal::unavailable(
        "release_unread",
        format!("Who signed the release of {tag} is not known now. {why}"),
    )
    .way_out("Try it again. What was deployed before can be rolled back to meanwhile.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attest::sign_release;
    use domain::attest::Rootfs;
    use domain::hook::Provider;
    use domain::id::{OrgId, ProjectId};
    use domain::secret::SecretText;
    use domain::time::Time;
    use domain::view::ForgeView;
    use ring::signature::Ed25519KeyPair;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;

    /// Answers one request with these bytes, and says what was asked.
    async fn host(answer: String) -> (Forge, JoinHandle<String>) {
        let (listener, url) = listening().await;
        let asked = tokio::spawn(answered(listener, answer));
        (forge(url), asked)
    }

    async fn listening() -> (TcpListener, String) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        (listener, url)
    }

    async fn answered(listener: TcpListener, answer: String) -> String {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 8192];
        let n = stream.read(&mut request).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&request[..n]).into_owned()
    }

    fn forge(url: String) -> Forge {
        Forge {
            org: OrgId::new(Time(0), 1),
            project: ProjectId::new(Time(0), 2),
            view: ForgeView {
                provider: Provider::Github,
                url,
                repository: "acme/shop".into(),
                release_key: None,
                problem: None,
                problem_at: None,
            },
            token: SecretText::from("ghs_test".to_owned()),
            created_at: Time(0),
        }
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

    /// A release with its file elsewhere, as GitHub has it; and what that other place was asked.
    async fn released(bytes: &str) -> (Forge, JoinHandle<String>) {
        let (storage, place) = listening().await;
        let asked = tokio::spawn(answered(storage, http("200 OK", bytes)));
        let (api, url) = listening().await;
        let release =
            format!(r#"{{"assets": [{{"name": "release.json", "url": "{url}/assets/7"}}]}}"#);
        let moved = format!("302 Found\r\nlocation: {place}/bucket?sig=1");
        tokio::spawn(async move {
            for answer in [http("200 OK", &release), http(&moved, "")] {
                let (mut stream, _) = api.accept().await.unwrap();
                let mut request = vec![0; 8192];
                let n = stream.read(&mut request).await.unwrap();
                assert!(String::from_utf8_lossy(&request[..n]).contains("Bearer ghs_test"));
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        (forge(url), asked)
    }

    fn signed_by(seed: u8) -> (String, Hex<32>) {
        let key = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let released = Released {
            v: domain::attest::VERSION,
            tag: "v1".into(),
            commit: None,
            image: "sha256:1".into(),
            reference: None,
            rootfs: Rootfs {
                root: Hex([1; 32]),
                salt: Hex([2; 32]),
                blocks: 7,
            },
            guest: None,
        };
        let signed = sign_release(&released, &key).unwrap();
        (serde_json::to_string(&signed).unwrap(), signed.key)
    }

    #[tokio::test]
    async fn i19_a_release_is_read_where_its_host_keeps_it_and_the_token_stays_at_home() {
        let (bytes, key) = signed_by(3);
        let (forge, asked) = released(&bytes).await;
        assert_eq!(signed(&forge, "v1", key).await.unwrap().image, "sha256:1");
        let asked = asked.await.unwrap();
        assert!(
            asked.starts_with("GET /bucket?sig=1 ") && !asked.contains("ghs_test"),
            "{asked}"
        );
    }

    #[tokio::test]
    async fn i19_nobody_elses_signature_counts_and_no_other_file() {
        let ((bytes, _), (_, other)) = (signed_by(3), signed_by(4));
        for (bytes, says) in [
            (bytes.as_str(), "a signature that this key did not make"),
            ("{}", "missing field"),
            ("<html>", "expected value"),
        ] {
            let (forge, _asked) = released(bytes).await;
            let no = signed(&forge, "v1", other).await.unwrap_err();
            assert!(no.to_string().contains(says), "{no}");
        }
    }

    #[tokio::test]
    async fn i19_a_tag_without_a_release_and_a_host_that_is_down_are_told_apart() {
        let (_, key) = signed_by(3);
        for (answer, code) in [
            (http("404 Not Found", "{}"), "not_released"),
            (http("200 OK", r#"{"assets": []}"#), "not_released"),
            (http("502 Bad Gateway", "{}"), "release_unread"),
            (http("401 Unauthorized", "{}"), "release_unread"),
        ] {
            let (forge, _asked) = host(answer).await;
            assert_eq!(signed(&forge, "v1", key).await.unwrap_err().code, code);
        }
    }
}
