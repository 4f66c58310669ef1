//! The workflow of GitHub Actions; the same two commands do it in any other CI.

pub const WORKFLOW: &str = include_str!("release.yml");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i19_the_workflow_runs_on_tags_may_write_releases_and_packages_and_nothing_else() {
        for line in [
            "tags: ['v*']",
            "permissions:\n  contents: write\n  packages: write\njobs:",
            "persist-credentials: false",
            "sealdock release make --image \"$IMAGE\" --reference \"$REFERENCE\" --publish",
            "SEALDOCK_RELEASE_KEY: ${{ secrets.SEALDOCK_RELEASE_KEY }}",
        ] {
            assert!(WORKFLOW.contains(line), "{line}");
        }
        assert!(!WORKFLOW.contains('\t'));
    }
}
