//! What an operator says about names and certificates when `serve` starts.

use super::exit::{Failure, Got};
use clap::Args;
use engine::domains::{Acme, Binding, DomainOptions};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

#[derive(Args)]
pub struct DomainFlags {
    /// Where applications are served with TLS, such as 0.0.0.0:443. When not said: nowhere, or with
    /// `--runtime tee` beside --proxy-listen, at port 443 where that is 80, else at 8443.
    #[arg(long, env = "SEALDOCK_PROXY_TLS_LISTEN", value_name = "ADDRESS")]
    proxy_tls_listen: Option<SocketAddr>,
    /// An address that this server is reached at, so that a domain which points elsewhere is told
    /// so. May be said more than once; the one of --proxy-listen when not said.
    #[arg(
        long = "public-address",
        env = "SEALDOCK_PUBLIC_ADDRESSES",
        value_name = "IP",
        value_delimiter = ','
    )]
    public_addresses: Vec<IpAddr>,
    /// Asked about domains instead of the system's resolver.
    #[arg(long, env = "SEALDOCK_DNS_SERVER", value_name = "ADDRESS")]
    dns_server: Option<SocketAddr>,
    /// The directory of the certificate authority, such as
    /// `https://acme-v02.api.letsencrypt.org/directory`. Naming it agrees to its terms of service.
    #[arg(long, env = "SEALDOCK_ACME_DIRECTORY", value_name = "URL")]
    acme_directory: Option<String>,
    /// The e-mail address that the authority writes to.
    #[arg(long, env = "SEALDOCK_ACME_CONTACT", value_name = "EMAIL")]
    acme_contact: Option<String>,
    /// Trusted besides the system's roots when speaking with the authority, as PEM.
    #[arg(long, env = "SEALDOCK_ACME_ROOT", value_name = "FILE")]
    acme_root: Option<PathBuf>,
    /// External account binding: the key's id that the authority gave you.
    #[arg(long, env = "SEALDOCK_ACME_EAB_KID", requires = "acme_eab_key_file")]
    acme_eab_kid: Option<String>,
    /// External account binding: a file with the key, in base64url.
    #[arg(
        long,
        env = "SEALDOCK_ACME_EAB_KEY_FILE",
        value_name = "FILE",
        requires = "acme_eab_kid"
    )]
    acme_eab_key_file: Option<PathBuf>,
    /// Proves wildcards: called as `FILE present|cleanup NAME VALUE`, it sets or removes a TXT record
    /// and ends when that can be looked up.
    #[arg(long, env = "SEALDOCK_DNS01_HOOK", value_name = "FILE")]
    dns01_hook: Option<PathBuf>,
}

impl DomainFlags {
    /// `sealed`: there are instances that end TLS themselves, and without it nobody reaches that.
    pub fn tls_listen(&self, proxy_listen: SocketAddr, sealed: bool) -> Option<SocketAddr> {
        let usual = sealed.then(|| beside(proxy_listen));
        self.proxy_tls_listen.or(usual)
    }

    pub fn options(&self, proxy_listen: SocketAddr, sealed: bool) -> Got<DomainOptions> {
        Ok(DomainOptions {
            tls_listen: self.tls_listen(proxy_listen, sealed),
            addresses: self.addresses(proxy_listen),
            dns_server: self.dns_server,
            acme: self.acme()?,
            dns01_hook: self.dns01_hook.clone(),
        })
    }

    fn addresses(&self, proxy_listen: SocketAddr) -> Vec<IpAddr> {
        let own = proxy_listen.ip();
        match self.public_addresses.is_empty() {
            true if own.is_unspecified() => vec![],
            true => vec![own],
            false => self.public_addresses.clone(),
        }
    }

    fn acme(&self) -> Got<Option<Acme>> {
        let said = self.acme_directory.as_ref().filter(|url| !url.is_empty());
        let Some(directory) = said else {
            return Ok(None);
        };
        if !directory.starts_with("https://") {
            let sentence = format!("{directory} is not the address of a certificate authority.");
            return Err(Failure::usage(sentence).way_out("It begins with https://."));
        }
        let binding = self
            .acme_eab_kid
            .clone()
            .zip(self.acme_eab_key_file.clone());
        Ok(Some(Acme {
            directory: directory.clone(),
            contact: self.acme_contact.clone(),
            root: self.acme_root.clone(),
            binding: binding.map(|(key_id, key_file)| Binding { key_id, key_file }),
        }))
    }
}

fn beside(proxy_listen: SocketAddr) -> SocketAddr {
    let port = match proxy_listen.port() {
        80 => 443,
        _ => 8443,
    };
    SocketAddr::new(proxy_listen.ip(), port)
}
