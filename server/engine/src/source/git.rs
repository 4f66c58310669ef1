//! TEMPORARY facade
use crate::dirs::Dirs;
use domain::api::Reply;
use domain::id::OrgId;
use domain::source::*;
use std::path::Path;
pub struct Git;
pub struct Checkout { pub files: u64, pub size_bytes: u64 }
#[allow(unused_variables)]
impl Git {
    pub fn new(dirs: &Dirs) -> Self { Git }
    pub async fn resolve(&self, org: &OrgId, url: &str, revision: &Revision) -> Reply<Commit> { todo!() }
    pub async fn read_file(&self, org: &OrgId, url: &str, sha: &str, path: &str) -> Reply<Option<Vec<u8>>> { todo!() }
    pub async fn has_file(&self, org: &OrgId, url: &str, sha: &str, path: &str) -> Reply<bool> { todo!() }
    pub async fn tags(&self, org: &OrgId, url: &str) -> Reply<Vec<Tag>> { todo!() }
    pub async fn branches(&self, org: &OrgId, url: &str) -> Reply<Vec<String>> { todo!() }
    pub async fn log_between(&self, org: &OrgId, url: &str, from: &str, to: &str, most: u32) -> Reply<Vec<Commit>> { todo!() }
    pub async fn forget(&self, org: &OrgId, url: &str) -> std::io::Result<()> { todo!() }
    pub async fn deploy_key(&self) -> Option<String> { todo!() }
    pub async fn checkout(&self, org: &OrgId, url: &str, sha: &str, into: &Path, log: &mut (dyn FnMut(String) + Send)) -> std::io::Result<Checkout> { todo!() }
}
