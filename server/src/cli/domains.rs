//! `sealdock domain`: names of your own, from the record that proves them to their certificate.

use super::client::Client;
use super::exit::{Done, Exit, Failure, Got};
use super::find;
use super::say::{Say, table};
use clap::{Args, Subcommand, ValueEnum};
use domain::api::{DomainSettings, NewDomain, OwnCertificate};
use domain::custom_domain::CertificateSource;
use domain::id::EnvironmentId;
use domain::view::{DomainView, Page};
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub enum Domain {
    /// Add one; prints the record that proves it.
    Add {
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// All of them, how each stands, and when its certificate runs out.
    List,
    /// Look at DNS now.
    Verify { name: String },
    /// Set where it leads, who provides its certificate, and what is asked of browsers.
    Set(Set),
    /// Upload a certificate of your own.
    Upload {
        name: String,
        /// PEM: the domain's certificate first, then those in between.
        #[arg(long, value_name = "FILE")]
        chain: PathBuf,
        /// PEM: its private key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Remove one that leads to no environment.
    Remove { name: String },
}

#[derive(Args)]
pub struct Place {
    /// The project that it leads to.
    #[arg(long)]
    project: Option<String>,
    /// Its environment.
    #[arg(long, default_value = "production")]
    environment: String,
}

#[derive(Args)]
pub struct Set {
    name: String,
    #[command(flatten)]
    place: Place,
    /// Lead it nowhere.
    #[arg(long, conflicts_with = "project")]
    detach: bool,
    /// Who provides its certificate.
    #[arg(long, value_enum)]
    certificate: Option<Source>,
    /// Send requests without TLS to TLS.
    #[arg(long)]
    https_only: Option<bool>,
    /// For how many seconds browsers insist on TLS.
    #[arg(long, value_name = "SECONDS")]
    hsts: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Source {
    Acme,
    Own,
    None,
}

impl From<Source> for CertificateSource {
    fn from(source: Source) -> Self {
        match source {
            Source::Acme => Self::Acme,
            Source::Own => Self::Own,
            Source::None => Self::None,
        }
    }
}

impl Domain {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        match self {
            Domain::List => list(&client, say).await,
            Domain::Add { name, place } => {
                let environment = place.find(&client).await?;
                let new = NewDomain { name, environment };
                told(say, &client.post("/v2/domains", &new).await?)
            }
            Domain::Verify { name } => {
                let path = format!("/v2/domains/{}/verify", domain(&client, &name).await?.id);
                told(say, &client.post(&path, &()).await?)
            }
            Domain::Set(set) => set.run(&client, say).await,
            Domain::Upload { name, chain, key } => {
                let path = format!(
                    "/v2/domains/{}/certificate",
                    domain(&client, &name).await?.id
                );
                let own = OwnCertificate {
                    chain: text(&chain)?,
                    key: text(&key)?.into(),
                };
                told(say, &client.post(&path, &own).await?)
            }
            Domain::Remove { name } => {
                let id = domain(&client, &name).await?.id;
                client.delete(&format!("/v2/domains/{id}")).await?;
                say.note(&format!("`{name}` is removed."));
                Ok(Exit::Ok)
            }
        }
    }
}

impl Place {
    async fn find(&self, client: &Client) -> Got<Option<EnvironmentId>> {
        let Some(project) = &self.project else {
            return Ok(None);
        };
        let project = find::project(client, project).await?;
        let environment = find::environment(&project, &self.environment)?;
        Ok(Some(environment.id.clone()))
    }
}

impl Set {
    async fn run(self, client: &Client, say: &Say) -> Done {
        let now = domain(client, &self.name).await?;
        let said = self.place.find(client).await?;
        let kept = now.place.map(|place| place.environment);
        let settings = DomainSettings {
            environment: said.or(kept).filter(|_| !self.detach),
            certificate: self
                .certificate
                .map_or(now.certificate_source, CertificateSource::from),
            https_only: self.https_only.unwrap_or(now.https_only),
            hsts_s: self.hsts.unwrap_or(now.hsts_s),
        };
        let path = format!("/v2/domains/{}/settings", now.id);
        told(say, &client.post(&path, &settings).await?)
    }
}

async fn list(client: &Client, say: &Say) -> Done {
    let all = client.get::<Page<DomainView>>("/v2/domains").await?.items;
    say.result(&all, |all| rows(all));
    Ok(Exit::Ok)
}

async fn domain(client: &Client, name: &str) -> Got<DomainView> {
    let all = client.get::<Page<DomainView>>("/v2/domains").await?.items;
    let is = |one: &DomainView| one.name == name || one.shown == name || one.id.as_str() == name;
    all.into_iter().find(is).ok_or_else(|| {
        find::nothing("domain", format!("There is no domain `{name}` here."))
            .way_out("`sealdock domain list` shows those that there are.")
    })
}

fn text(path: &Path) -> Got<String> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{} can't be read: {error}.", path.display())))
}

fn told(say: &Say, one: &DomainView) -> Done {
    say.result(one, |one| {
        let mut text = format!("{} · {}\n", one.shown, one.status.word());
        if let Some(sentence) = &one.sentence {
            text += &format!("{sentence}\n");
        }
        let row = |r: &domain::view::DnsRecord| {
            vec![
                r.kind.clone(),
                r.name.clone(),
                r.value.clone(),
                r.purpose.clone(),
            ]
        };
        text + &table(&one.records.iter().map(row).collect::<Vec<_>>())
    });
    Ok(Exit::Ok)
}

fn rows(all: &[DomainView]) -> String {
    let head = ["DOMAIN", "STATUS", "LEADS TO", "CERTIFICATE", "VALID UNTIL"].map(str::to_owned);
    let row = |one: &DomainView| {
        let certificate = one.certificate.as_ref();
        let none = || "–".to_owned();
        vec![
            one.shown.clone(),
            one.status.word().to_owned(),
            one.place.as_ref().map_or_else(none, |place| place.title()),
            certificate.map_or_else(none, |c| c.issuer.clone()),
            certificate.map_or_else(none, |c| c.not_after.rfc3339()),
        ]
    };
    let rows = [head.to_vec()].into_iter().chain(all.iter().map(row));
    table(&rows.collect::<Vec<_>>())
}
