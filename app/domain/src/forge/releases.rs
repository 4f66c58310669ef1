//! Which tags have a release at their Git host that carries a `release.json` (I-19): one list for
//! all of them, and no request per tag. A list has names and no files, so a mark says nothing of a
//! signature. The file of one tag is read where a project asks for it.

use super::{Call, encoded};
use crate::attest::RELEASE_FILE;
use crate::hook::Provider;
use crate::source::Tag;
use serde_json::Value;

/// As many as the hosts give at once; Gitea gives 50. The newest come first.
const MOST: u32 = 100;

/// What a host says of one release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Of this tag.
    pub tag: String,
    /// Its host calls it a pre-release.
    pub pre_release: bool,
    /// A file of the name that `sealdock release` gives is attached.
    pub carries: bool,
}

/// The newest releases with the names of their files.
pub fn releases(provider: Provider, repository: &str) -> Call {
    let path = match provider {
        Provider::Gitlab => format!("/projects/{}/releases?per_page={MOST}", encoded(repository)),
        _ => format!("/repos/{repository}/releases?per_page={MOST}&limit={MOST}"),
    };
    Call {
        method: "GET",
        path,
        body: None,
    }
}

/// The release of one tag.
pub fn release(provider: Provider, repository: &str, tag: &str) -> Call {
    let tag = encoded(tag);
    let path = match provider {
        Provider::Gitlab => format!("/projects/{}/releases/{tag}", encoded(repository)),
        _ => format!("/repos/{repository}/releases/tags/{tag}"),
    };
    Call {
        method: "GET",
        path,
        body: None,
    }
}

/// Where the `release.json` of that release is to be had. GitHub gives the bytes at the file's
/// address in its API (<https://docs.github.com/en/rest/releases/assets>), Gitea and GitLab where
/// browsers get them.
pub fn place(provider: Provider, release: &Value) -> Option<&str> {
    let field = match provider {
        Provider::Gitea => "browser_download_url",
        _ => "url",
    };
    attached(provider, &release["assets"])?[field].as_str()
}

/// Out of the host's answer. Drafts are nobody's yet; what is not in shape is left out.
pub fn listed(provider: Provider, answer: &Value) -> Vec<Listed> {
    let all = answer.as_array().map(Vec::as_slice).unwrap_or_default();
    let shown = all.iter().filter(|release| release["draft"] != true);
    shown
        .filter_map(|release| {
            Some(Listed {
                tag: release["tag_name"].as_str()?.to_owned(),
                pre_release: release["prerelease"] == true,
                carries: attached(provider, &release["assets"]).is_some(),
            })
        })
        .collect()
}

/// GitLab has links beside what it packs itself; their names are free, their addresses are not.
fn attached(provider: Provider, assets: &Value) -> Option<&Value> {
    let (files, of): (&Value, fn(&&Value) -> bool) = match provider {
        Provider::Gitlab => (&assets["links"], |link| {
            let url = link["url"].as_str().unwrap_or_default();
            link["name"] == RELEASE_FILE || url.rsplit('/').next() == Some(RELEASE_FILE)
        }),
        _ => (assets, |file| file["name"] == RELEASE_FILE),
    };
    files.as_array()?.iter().find(of)
}

/// Lays what the host says over what Git says.
pub fn mark(tags: &mut [Tag], listed: &[Listed]) {
    for tag in tags {
        if let Some(release) = listed.iter().find(|release| release.tag == tag.name) {
            tag.release_json = release.carries;
            tag.pre_release |= release.pre_release;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Commit;
    use crate::time::Time;
    use serde_json::json;

    fn said(provider: Provider, answer: Value) -> Vec<(String, bool, bool)> {
        let all = listed(provider, &answer).into_iter();
        all.map(|r| (r.tag, r.pre_release, r.carries)).collect()
    }

    fn is(tag: &str, pre_release: bool, carries: bool) -> (String, bool, bool) {
        (tag.into(), pre_release, carries)
    }

    #[test]
    fn i19_one_list_is_asked_for_as_each_host_documents_it() {
        let path = |provider| releases(provider, "team/app").path;
        assert_eq!(
            [path(Provider::Github), path(Provider::Gitlab)],
            [
                "/repos/team/app/releases?per_page=100&limit=100",
                "/projects/team%2Fapp/releases?per_page=100"
            ]
        );
    }

    #[test]
    fn i19_github_and_gitea_name_the_files_of_a_release() {
        let answer = json!([
            {
                "id": 1, "tag_name": "v1.2.0", "target_commitish": "main", "name": "v1.2.0",
                "draft": false, "prerelease": true,
                "assets": [
                    { "id": 7, "name": "image.txt", "state": "uploaded", "size": 72 },
                    { "id": 8, "name": "release.json", "state": "uploaded", "size": 900 },
                ],
            },
            { "id": 2, "tag_name": "v1.1.0", "draft": false, "prerelease": false, "assets": [{ "name": "release.json.txt" }] },
            { "id": 3, "tag_name": "v2.0.0", "draft": true, "prerelease": false, "assets": [{ "name": "release.json" }] },
        ]);
        let want = [is("v1.2.0", true, true), is("v1.1.0", false, false)];
        for provider in [Provider::Github, Provider::Gitea] {
            assert_eq!(said(provider, answer.clone()), want);
        }
    }

    #[test]
    fn i19_gitlab_links_the_files_of_a_release() {
        let of = |tag: &str, name: &str, url: &str| {
            json!({
                "tag_name": tag, "name": tag, "upcoming_release": false,
                "assets": {
                    "count": 5,
                    "sources": [{ "format": "zip", "url": format!("https://gitlab.example/a/-/archive/{tag}/release.json") }],
                    "links": [{ "id": 2, "name": name, "url": url, "link_type": "other" }],
                },
            })
        };
        let answer = json!([
            of(
                "v3",
                "release.json",
                "https://gitlab.example/a/-/jobs/1/artifacts/raw/r"
            ),
            of(
                "v2",
                "What it measures as",
                "https://gitlab.example/api/v4/projects/1/packages/generic/app/v2/release.json"
            ),
            of("v1", "Handbook", "https://gitlab.example/a/handbook.pdf"),
        ]);
        let want = [
            is("v3", false, true),
            is("v2", false, true),
            is("v1", false, false),
        ];
        assert_eq!(said(Provider::Gitlab, answer), want);
    }

    #[test]
    fn i19_the_file_of_one_release_is_found_as_each_host_has_it() {
        let asked = |provider| release(provider, "team/app", "v1/rc").path;
        assert_eq!(
            [asked(Provider::Gitea), asked(Provider::Gitlab)],
            [
                "/repos/team/app/releases/tags/v1%2Frc",
                "/projects/team%2Fapp/releases/v1%2Frc"
            ]
        );
        let file = json!({ "assets": [{ "name": "image.txt", "url": "a" }, {
            "name": "release.json", "url": "api", "browser_download_url": "web",
        }] });
        let links = json!({ "assets": { "links": [{ "name": "release.json", "url": "api" }] } });
        assert_eq!(place(Provider::Github, &file), Some("api"));
        assert_eq!(place(Provider::Gitea, &file), Some("web"));
        assert_eq!(place(Provider::Gitlab, &links), Some("api"));
        assert_eq!(place(Provider::Github, &json!({ "assets": [] })), None);
    }

    #[test]
    fn q27_an_answer_of_another_shape_marks_nothing() {
        for answer in [
            json!(null),
            json!({ "message": "Not Found" }),
            json!([1, { "tag_name": 7 }, { "assets": [{ "name": "release.json" }] }]),
        ] {
            assert_eq!(said(Provider::Github, answer.clone()), []);
            assert_eq!(said(Provider::Gitlab, answer), []);
        }
    }

    #[test]
    fn i3_i19_the_tag_of_the_same_name_is_marked_and_no_other() {
        let tag = |name: &str| Tag {
            name: name.into(),
            commit: Commit {
                sha: String::new(),
                subject: String::new(),
                author: String::new(),
                at: Time(0),
            },
            pre_release: name.contains('-'),
            release_json: false,
        };
        let mut tags = [tag("v1.2.0"), tag("v1.2.0-rc.1"), tag("v1.1.0")];
        let all = json!([
            { "tag_name": "v1.2.0", "prerelease": true, "assets": [{ "name": "release.json" }] },
            { "tag_name": "v1.2.0-rc.1", "prerelease": false, "assets": [] },
        ]);
        mark(&mut tags, &listed(Provider::Github, &all));
        let marks = tags.map(|tag| (tag.pre_release, tag.release_json));
        assert_eq!(marks, [(true, true), (true, false), (false, false)]);
    }
}
