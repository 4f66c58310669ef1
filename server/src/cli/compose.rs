//! `sealdock compose import`: the services of a `compose.yaml` as projects.

use super::change::pair;
use super::client::Client;
use super::exit::{Done, Exit, Failure, Got};
use super::source::{RevisionFlags, address};
use super::{ask, say::Say};
use clap::{Args, Subcommand};
use domain::api::{ComposeFile, ConfirmImport};
use domain::config::compose::MAX_BYTES;
use domain::view::{DeploymentSummary, ImportPlan, Page};
use std::fmt::Write;
use std::io::Read;

#[derive(Subcommand)]
pub enum Compose {
    /// Make a project of each service and deploy it: all of them, or none.
    Import(Import),
}

#[derive(Args)]
pub struct Import {
    /// The file; standard input with `-`.
    file: String,
    /// What the projects are called before their service's name.
    #[arg(long)]
    name: Option<String>,
    /// The Git repository of services that are built: an address, or a path on the server's machine.
    #[arg(long, value_name = "URL|PATH")]
    source: Option<String>,
    #[command(flatten)]
    revision: RevisionFlags,
    /// The value of a variable, as `${NAME}`; may be said more than once.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    values: Vec<(String, String)>,
    /// Only this service; may be said more than once.
    #[arg(long = "service", value_name = "NAME")]
    services: Vec<String>,
    /// Where they run; the server's first runtime when not said.
    #[arg(long)]
    runtime: Option<String>,
    /// Go on without asking.
    #[arg(short, long)]
    yes: bool,
    /// Show the plan and stop.
    #[arg(long)]
    dry_run: bool,
}

impl Compose {
    pub async fn run(self, say: &Say) -> Done {
        let Compose::Import(import) = self;
        import.run(say).await
    }
}

impl Import {
    async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        let (dry_run, yes) = (self.dry_run, self.yes);
        let import = self.file()?;
        let plan: ImportPlan = client.post("/v2/compose/plan", &import).await?;
        if dry_run {
            say.result(&plan, text);
            return Ok(Exit::Ok);
        }
        say.note(text(&plan).trim_end());
        if !yes && !ask::yes("Import?", "--yes")? {
            return Err(Failure::usage("Not confirmed, so nothing was done."));
        }
        let digest = plan.digest;
        let made: Page<DeploymentSummary> = client
            .post("/v2/compose", &ConfirmImport { import, digest })
            .await?;
        say.result(&made.items, |all| all.iter().map(line).collect());
        Ok(Exit::Ok)
    }

    fn file(self) -> Got<ComposeFile> {
        Ok(ComposeFile {
            file: read(&self.file)?,
            name: self.name,
            url: self.source.as_deref().map(address).transpose()?,
            revision: self.revision.revision().unwrap_or_default(),
            values: self.values.into_iter().collect(),
            services: self.services,
            runtime: self.runtime,
        })
    }
}

/// One byte over the limit is enough for the server to refuse it.
fn read(file: &str) -> Got<String> {
    let mut text = vec![];
    let most = MAX_BYTES as u64 + 1;
    let done = match file {
        "-" => std::io::stdin().take(most).read_to_end(&mut text),
        path => std::fs::File::open(path).and_then(|f| f.take(most).read_to_end(&mut text)),
    };
    done.map_err(|error| Failure::usage(format!("{file} can't be read: {error}.")))?;
    String::from_utf8(text).map_err(|_| Failure::usage(format!("{file} is not UTF-8 text.")))
}

fn line(one: &DeploymentSummary) -> String {
    format!("{} #{} is on its way\n", one.project_name, one.number)
}

fn text(plan: &ImportPlan) -> String {
    let mut text = String::new();
    for project in &plan.projects {
        let host = project.hosts.first().map_or("", String::as_str);
        let _ = writeln!(
            text,
            "{} ← {}, {} at {host}",
            project.name,
            project.service,
            project.source.label()
        );
        for line in project.config.lines() {
            let _ = writeln!(text, "  {line}");
        }
        for note in &project.notes {
            let _ = writeln!(text, "  note: {note}");
        }
    }
    if !plan.left_out.is_empty() {
        text.push_str("Has no place here:\n");
    }
    for left in &plan.left_out {
        let _ = writeln!(text, "  {}\n    {}", left.place(), left.sentence);
    }
    for note in &plan.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}
