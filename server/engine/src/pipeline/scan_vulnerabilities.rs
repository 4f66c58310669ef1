//! Lists what the artifact is made of, and looks each part up where a scanner is installed.

use super::{Pipeline, Task, after};
use crate::contents::{self, File, LIMITS, Scanned};
use crate::store::job::{Done, Fact};
use domain::source::Artifact;
use domain::view::ContentsView;
use std::path::Path;

pub(super) async fn run(pipeline: &Pipeline, task: &Task<'_>) -> after::Ended {
    let files = match &task.deployment.artifact {
        Some(Artifact::Image { image, .. }) => of_image(pipeline, task, image).await?,
        Some(Artifact::Static { root, .. }) => of_site(root.into()).await?,
        None => return Ok(Done::skipped("It has no artifact.")),
    };
    let inventory = contents::inventory(&files);
    let bom = contents::bom(
        task.deployment,
        &inventory,
        pipeline.clock.now(),
        env!("CARGO_PKG_VERSION"),
    );
    let sbom = pipeline.dirs.sbom(&task.deployment.id);
    keep(&sbom, bom.to_string().as_bytes()).await?;
    let components = u32::try_from(inventory.components.len()).unwrap_or(u32::MAX);
    task.say(&format!("{components} components are in the SBOM."));
    let (findings, skipped) = match pipeline.scanner.scan(&sbom).await? {
        Scanned::Found(findings) => (Some(findings), None),
        Scanned::Skipped(why) => (None, Some(why)),
    };
    Ok(Done {
        skipped,
        fact: Some(Fact::Contents(ContentsView {
            components,
            findings,
        })),
    })
}

async fn of_image(pipeline: &Pipeline, task: &Task<'_>, image: &str) -> Result<Vec<File>, String> {
    let place = pipeline
        .runtimes
        .of(&task.deployment.runtime)
        .await
        .map_err(|e| e.to_string())?;
    place
        .images
        .files(image, contents::is_wanted, LIMITS)
        .await
        .map_err(|e| e.to_string())
}

/// Whatever lies in the bundle; links are not followed.
async fn of_site(root: std::path::PathBuf) -> Result<Vec<File>, String> {
    let walk = move || {
        let (mut found, mut folders) = (vec![], vec![root.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder)? {
                let entry = entry?;
                let (path, meta) = (entry.path(), entry.metadata()?);
                let name = relative(&path, &root);
                if meta.is_dir() {
                    folders.push(path);
                } else if meta.is_file()
                    && contents::is_wanted(&name)
                    && meta.len() <= LIMITS.file_bytes
                    && found.len() < LIMITS.files
                {
                    found.push(File {
                        path: name,
                        bytes: std::fs::read(path)?,
                    });
                }
            }
        }
        std::io::Result::Ok(found)
    };
    let walked = tokio::task::spawn_blocking(walk).await;
    walked
        .map_err(|e| e.to_string())?
        .map_err(|e| format!("The site's files can't be read: {e}."))
}

fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}

async fn keep(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let draft = path.with_extension("draft");
    let kept = async {
        tokio::fs::write(&draft, bytes).await?;
        tokio::fs::rename(&draft, path).await
    };
    kept.await
        .map_err(|e| format!("The SBOM can't be kept at {}: {e}.", path.display()))
}
