//! From a `compose.yaml` to projects (P-20): which there are, how each is called, what it is made
//! from. Whether they can be made is for the server to say.

use crate::api::{ComposeFile, NewProject, Reply};
use crate::config::compose::{Composed, LeftOut, MadeFrom, Service, read};
use crate::config::nearest::nearest;
use crate::name;
use crate::refusal::Refusal;
use crate::source::Wanted;
use crate::view::{ImportPlan, ImportedProject};
use sha2::{Digest, Sha256};

/// What the file is called in sentences.
const FILE: &str = "compose.yaml";
const APART: &str = "Each service becomes a project of its own, with its own address, configuration and versions. Projects share no network: where one service calls another by name, give it the other's address as a variable.";

/// What is to be checked and written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// In the order of the file.
    pub projects: Vec<(Service, NewProject)>,
    /// What has no place here.
    pub left_out: Vec<LeftOut>,
}

/// The projects of a file.
pub fn proposed(asked: &ComposeFile) -> Reply<Proposed> {
    let composed = read(asked.file.as_bytes(), &asked.values);
    let composed = composed.map_err(|errors| errors.refusal(FILE))?;
    let prefix = asked.name.clone().or_else(|| composed.name.clone());
    let prefix = prefix.filter(|name| !name.trim().is_empty());
    let (services, left_out) = wanted(composed, &asked.services)?;
    let mut projects: Vec<(Service, NewProject)> = vec![];
    for service in services {
        let name = project_name(prefix.as_deref(), &service)?;
        if let Some((other, _)) = projects.iter().find(|(_, new)| new.name == name) {
            return Err(same_name(&other.name, &service.name, &name));
        }
        let new = NewProject {
            name,
            source: source(asked, &service)?,
            environment: None,
            config: service.config.clone(),
            runtime: asked.runtime.clone(),
        };
        projects.push((service, new));
    }
    Ok(Proposed { projects, left_out })
}

/// Only those that are asked for, with what is left out of them and of the file as a whole.
fn wanted(composed: Composed, only: &[String]) -> Reply<(Vec<Service>, Vec<LeftOut>)> {
    let names = || composed.services.iter().map(|s| s.name.as_str());
    for name in only {
        if !names().any(|known| known == name) {
            return Err(no_service(name, nearest(name, names())));
        }
    }
    let is_wanted = |name: &str| only.is_empty() || only.iter().any(|o| o == name);
    let others: Vec<_> = names()
        .filter(|name| !is_wanted(name))
        .map(|name| format!("services.{name}"))
        .collect();
    let of_another = |left: &LeftOut| {
        let inside = |other: &String| {
            let rest = left.path.strip_prefix(other.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        others.iter().any(inside)
    };
    let Composed {
        services, left_out, ..
    } = composed.clone();
    let left_out = left_out.into_iter().filter(|l| !of_another(l)).collect();
    let services = services.into_iter().filter(|s| is_wanted(&s.name));
    Ok((services.collect(), left_out))
}

fn no_service(name: &str, near: Option<&str>) -> Refusal {
    let no = Refusal::invalid("services", format!("The file has no service `{name}`."));
    match near {
        Some(near) => no.way_out(format!("Did you mean `{near}`?")),
        None => no.way_out("Name services as the file does, or none for all of them."),
    }
}

/// `shop` and `web_api` make `shop-web-api`.
fn project_name(prefix: Option<&str>, service: &Service) -> Reply<String> {
    let plain = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() => c,
        _ => '-',
    };
    let both = match prefix {
        Some(prefix) => format!("{}-{}", prefix.trim(), service.name),
        None => service.name.clone(),
    };
    let name: String = both.chars().map(plain).collect();
    name::project(name.trim_matches('-')).map_err(|no| {
        no.way_out("Give the projects another name to begin with; each is called `<name>-<service>`, in at most 40 letters.")
    })
}

fn same_name(one: &str, other: &str, name: &str) -> Refusal {
    let sentence = format!("`{one}` and `{other}` would both be called `{name}`.");
    Refusal::invalid("name", sentence).way_out("Call one of the services otherwise.")
}

fn source(asked: &ComposeFile, service: &Service) -> Reply<Wanted> {
    match &service.made_from {
        MadeFrom::Image { reference, local } => Ok(Wanted::Image {
            reference: reference.clone(),
            local: *local,
        }),
        MadeFrom::Repository => {
            let url = asked
                .url
                .as_deref()
                .map(str::trim)
                .filter(|u| !u.is_empty());
            let url = url.ok_or_else(|| no_repository(service))?;
            Ok(Wanted::Git {
                url: url.to_owned(),
                revision: asked.revision.clone(),
            })
        }
    }
}

fn no_repository(service: &Service) -> Refusal {
    let sentence = format!(
        "`{}` (line {}) is built, and no repository is given to build it from.",
        service.name, service.line
    );
    Refusal::invalid("url", sentence)
        .way_out("Give the Git URL of the repository that the file lies in.")
}

/// The plan with its digest; `seen` is what else must not change until it is confirmed.
pub fn plan(projects: Vec<ImportedProject>, left_out: Vec<LeftOut>, seen: &[String]) -> ImportPlan {
    let plan = ImportPlan {
        digest: String::new(),
        projects,
        left_out,
        notes: vec![APART.to_owned()],
    };
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(&(&plan, seen)).unwrap_or_default());
    let digits = hash.finalize();
    ImportPlan {
        digest: digits.iter().map(|byte| format!("{byte:02x}")).collect(),
        ..plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(file: &str) -> ComposeFile {
        ComposeFile {
            file: file.into(),
            ..ComposeFile::default()
        }
    }

    const TWO: &str =
        "name: shop\nservices:\n  web: {build: ./web}\n  my_api: {image: 'a:1', restart: always}\n";

    #[test]
    fn p20_each_service_is_a_project_called_after_the_file() {
        let no = proposed(&asked(TWO)).unwrap_err();
        assert_eq!(no.place.as_deref(), Some("url"));
        let with = ComposeFile {
            url: Some("https://git.example/shop.git".into()),
            ..asked(TWO)
        };
        let names = |asked: &ComposeFile| -> Vec<String> {
            let all = proposed(asked).unwrap().projects;
            all.into_iter().map(|(_, new)| new.name).collect()
        };
        assert_eq!(names(&with), ["shop-web", "shop-my-api"]);
        let other = ComposeFile {
            name: Some("Other".into()),
            ..with
        };
        assert_eq!(names(&other), ["other-web", "other-my-api"]);
    }

    #[test]
    fn p20_only_the_services_that_are_asked_for_are_looked_at() {
        let only = |name: &str| ComposeFile {
            services: vec![name.into()],
            ..asked(TWO)
        };
        let found = proposed(&only("my_api")).unwrap();
        assert_eq!((found.projects.len(), found.left_out.len()), (1, 1));
        let with = ComposeFile {
            url: Some("/r".into()),
            ..only("web")
        };
        assert_eq!(proposed(&with).unwrap().left_out, []);
        let no = proposed(&only("my-api")).unwrap_err();
        assert_eq!(no.way_out.as_deref(), Some("Did you mean `my_api`?"));
    }

    #[test]
    fn p20_a_fault_says_the_line_and_a_name_is_given_once() {
        let no = proposed(&asked("services:\n  a: {image: a, privileged: true}")).unwrap_err();
        assert_eq!(no.code, "config_invalid");
        assert!(no.place.unwrap().starts_with("compose.yaml, line 2"));
        let no = proposed(&asked("services: {a_b: {image: a}, a-b: {image: a}}")).unwrap_err();
        assert!(no.sentence.contains("both be called `a-b`"));
        let long = format!("services: {{{}: {{image: a}}}}", "a".repeat(41));
        assert!(proposed(&asked(&long)).is_err());
    }

    #[test]
    fn p20_the_digest_is_of_everything_that_was_shown() {
        let digest = |seen: &str| plan(vec![], vec![], &[seen.to_owned()]).digest;
        assert_eq!(digest("a"), digest("a"));
        assert_ne!(digest("a"), digest("b"));
    }
}
