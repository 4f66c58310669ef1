//! What an artifact is made of (P-11): packages by the databases and lock files that it carries,
//! written down as CycloneDX, and looked up where a scanner is installed.

mod bom;
mod components;
mod linux;
mod locks;
mod scanner;
mod site;
mod taken;

pub use bom::bom;
pub use components::{Component, Inventory};
pub use scanner::{Scanned, Scanner, Tools};
pub use site::files_of;
pub use taken::Taken;

/// A file of an artifact that says what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Without a leading slash.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// As much is read of one artifact, and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of the artifact itself, as it streams by.
    pub read_bytes: u64,
    /// Of one file that is kept.
    pub file_bytes: u64,
    pub files: usize,
    /// Of all files that are kept.
    pub kept_bytes: u64,
}

/// What was found, and how much was not kept because of a limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub files: Vec<File>,
    pub left_out: u32,
}

pub const LIMITS: Limits = Limits {
    read_bytes: 16 << 30,
    file_bytes: 16 << 20,
    files: 20_000,
    kept_bytes: 512 << 20,
};

/// Whether a file is worth reading, by its path.
pub type Wanted = fn(&str) -> bool;

/// Whether a file of that path says something.
pub fn is_wanted(path: &str) -> bool {
    linux::is_wanted(path) || locks::is_wanted(path)
}

/// Everything that the files say, each component once.
pub fn inventory(files: &[File]) -> Inventory {
    let mut inventory = Inventory::default();
    let system = linux::system(files);
    for file in files {
        linux::read(file, &system, &mut inventory);
        locks::read(file, &mut inventory);
    }
    inventory
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(files: &[(&str, &str)], expected: Expect) {
        let files: Vec<File> = files
            .iter()
            .inspect(|(path, _)| assert!(is_wanted(path), "{path}"))
            .map(|(path, text)| File {
                path: (*path).to_owned(),
                bytes: text.as_bytes().to_vec(),
            })
            .collect();
        let purls: Vec<_> = inventory(&files)
            .components
            .keys()
            .map(Component::purl)
            .collect();
        expected.assert_eq(&purls.join("\n"));
    }

    #[test]
    fn p11_what_a_distribution_installed_is_named_with_the_distribution() {
        check(
            &[
                ("etc/os-release", "NAME=x\nID=debian\nVERSION_ID=\"13\"\n"),
                (
                    "var/lib/dpkg/status",
                    "Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:1.3.1-1+b1\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n",
                ),
                (
                    "var/lib/dpkg/status.d/base",
                    "Package: base-files\nVersion: 13.8\n",
                ),
            ],
            expect![[r#"
                pkg:deb/debian/base-files@13.8?distro=debian-13
                pkg:deb/debian/zlib1g@1:1.3.1-1%2Bb1?arch=amd64&distro=debian-13"#]],
        );
        check(
            &[
                ("etc/os-release", "ID=alpine\nVERSION_ID=3.22.1\n"),
                (
                    "lib/apk/db/installed",
                    "C:Q1\nP:musl\nV:1.2.5-r10\nA:x86_64\nF:lib\n\nP:busybox\nV:1.37.0-r18\n",
                ),
            ],
            expect![[r#"
                pkg:apk/alpine/busybox@1.37.0-r18?distro=alpine-3.22.1
                pkg:apk/alpine/musl@1.2.5-r10?arch=x86_64&distro=alpine-3.22.1"#]],
        );
    }

    #[test]
    fn p11_lock_files_and_installed_metadata_are_read() {
        check(
            &[
                (
                    "app/package-lock.json",
                    r#"{"packages": {"": {"name": "app", "version": "1.0.0"}, "node_modules/@types/node": {"version": "22.1.0"}, "node_modules/a/node_modules/b": {"version": "2.0.0"}}}"#,
                ),
                (
                    "old/package-lock.json",
                    r#"{"dependencies": {"c": {"version": "1.0.0", "dependencies": {"d": {"version": "3.0.0"}}}}}"#,
                ),
                (
                    "src/Cargo.lock",
                    "version = 4\n\n[[package]]\nname = \"serde\"\nversion = \"1.0.229\"\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n",
                ),
                (
                    "poetry.lock",
                    "[[package]]\nname = \"flask\"\nversion = \"3.1.0\"\n\n[package.dependencies]\nname = \"no\"\n",
                ),
                (
                    "requirements.txt",
                    "Django==5.2.1  # web\nrequests[socks]==2.32.0; python_version > '3'\nunpinned>=1\n",
                ),
                (
                    "usr/lib/python3/site-packages/Jinja2-3.1.dist-info/METADATA",
                    "Name: Jinja2\nVersion: 3.1.6\n\nVersion: no\n",
                ),
                (
                    "composer.lock",
                    r#"{"packages": [{"name": "monolog/monolog", "version": "3.9.0"}]}"#,
                ),
            ],
            expect![[r#"
                pkg:cargo/app@0.1.0
                pkg:cargo/serde@1.0.229
                pkg:composer/monolog/monolog@3.9.0
                pkg:npm/b@2.0.0
                pkg:npm/c@1.0.0
                pkg:npm/d@3.0.0
                pkg:npm/%40types/node@22.1.0
                pkg:pypi/django@5.2.1
                pkg:pypi/flask@3.1.0
                pkg:pypi/jinja2@3.1.6
                pkg:pypi/requests@2.32.0"#]],
        );
    }

    #[test]
    fn p11_what_is_no_such_file_is_passed_over() {
        for path in [
            "etc/passwd",
            "app/main.rs",
            "var/lib/dpkg/status.d/base.md5sums",
            "package.json",
        ] {
            assert!(!is_wanted(path), "{path}");
        }
        check(
            &[
                ("package-lock.json", "no json"),
                ("Cargo.lock", "[[package]]"),
            ],
            expect![[""]],
        );
        check(&[], expect![[""]]);
    }
}
