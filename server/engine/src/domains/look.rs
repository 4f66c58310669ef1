//! Looks at DNS, and writes down what came of it.

use super::{DomainError, Domains};
use crate::store::custom_domain::Domain;
use domain::custom_domain::{judge, look_again};
use domain::hint::Topic;

impl Domains {
    pub async fn look(&self, domain: &Domain) -> Result<(), DomainError> {
        let hosts = self.store.hosts_of(&domain.org).await?;
        let seen = self.dns.see(&domain.name).await;
        let ours = &self.options.addresses;
        let token = (domain.token.as_str(), domain.verified_at.is_some());
        let verdict = judge(&domain.name, token, &hosts, ours, &seen);
        let now = self.now();
        let again = look_again(domain.created_at, now.at, &verdict);
        self.store.note_look(domain, &verdict, again, now).await?;
        self.bus.hint(&domain.org, Topic::Domains);
        Ok(())
    }
}
