//! Which tags have a release at their Git host that carries a `release.json` (I-19): one list for
//! all of them, and no request per tag. A list has names and no files, so nothing here says that a
//! signature holds: `sealdock release check` does.

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

/// Out of the host's answer. Drafts are nobody's yet; what is not in shape is left out.
pub fn listed(provider: Provider, answer: &Value) -> Vec<Listed> {
    let all = answer.as_array().map(Vec::as_slice).unwrap_or_default();
    let shown = all.iter().filter(|release| release["draft"] != true);
    shown
        .filter_map(|release| {
            Some(Listed {
                tag: release["tag_name"].as_str()?.to_owned(),
                pre_release: release["prerelease"] == true,
                carries: carries(provider, &release["assets"]),
            })
        })
        .collect()
}

/// GitLab has links beside what it packs itself; their names are free, their addresses are not.
fn carries(provider: Provider, assets: &Value) -> bool {
    let (files, of): (&Value, fn(&Value) -> bool) = match provider {
        Provider::Gitlab => (&assets["links"], |link| {
            let url = link["url"].as_str().unwrap_or_default();
            link["name"] == RELEASE_FILE || url.rsplit('/').next() == Some(RELEASE_FILE)
        }),
        _ => (assets, |file| file["name"] == RELEASE_FILE),
    };
    files.as_array().is_some_and(|all| all.iter().any(of))
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
