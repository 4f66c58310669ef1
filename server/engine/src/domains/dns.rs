//! What DNS says, asked of the system's resolver or of the operator's, and never from a cache: who
//! has just set a record wants to see it.

use domain::custom_domain::{DomainName, Seen};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

const ANSWER_WITHIN: Duration = Duration::from_secs(3);
const TRIES: usize = 2;
/// However many servers there are to try: somebody waits.
const IN_ALL_WITHIN: Duration = Duration::from_secs(7);
/// What is read of a name: more records than this are somebody's mistake.
const MOST_RECORDS: usize = 64;

/// `Err`: there is no resolver on this machine, and why.
pub struct Dns(Result<TokioResolver, String>);

impl Dns {
    pub fn new(server: Option<SocketAddr>) -> Self {
        let builder = match server {
            Some(address) => Ok(TokioResolver::builder_with_config(
                asking(address),
                TokioRuntimeProvider::default(),
            )),
            None => TokioResolver::builder_tokio(),
        };
        let resolver = builder.and_then(|mut builder| {
            tune(builder.options_mut());
            builder.build()
        });
        Self(resolver.map_err(|error| format!("this machine has no DNS server set ({error})")))
    }

    /// Everything that is asked about a domain.
    pub async fn see(&self, name: &DomainName) -> Seen {
        // A name that nobody set by itself shows what the wildcard says.
        let host = match name.is_wildcard() {
            true => format!("sealdock-check.{}", name.base()),
            false => name.base().to_owned(),
        };
        let (txt, cname, v4, v6) = tokio::join!(
            self.ask(name.proof_host(), RecordType::TXT),
            self.ask(host.clone(), RecordType::CNAME),
            self.ask(host.clone(), RecordType::A),
            self.ask(host, RecordType::AAAA),
        );
        Seen {
            txt: txt.map(|all| all.iter().filter_map(text).collect()),
            cname: cname.map(|all| all.iter().find_map(target)),
            addresses: both(v4, v6),
        }
    }

    /// No record is an empty list.
    async fn ask(&self, name: String, kind: RecordType) -> Result<Vec<RData>, String> {
        let resolver = self.0.as_ref().map_err(String::clone)?;
        let asked = tokio::time::timeout(IN_ALL_WITHIN, resolver.lookup(format!("{name}."), kind));
        let Ok(answer) = asked.await else {
            return Err("the DNS server did not answer in time".into());
        };
        match answer {
            Ok(found) => Ok(found
                .answers()
                .iter()
                .filter(|record| record.record_type() == kind)
                .take(MOST_RECORDS)
                .map(|record| record.data.clone())
                .collect()),
            Err(error) if is_nothing(&error) => Ok(vec![]),
            Err(error) => Err(format!("the DNS server did not answer ({error})")),
        }
    }
}

fn asking(server: SocketAddr) -> ResolverConfig {
    let at_port = |mut connection: ConnectionConfig| {
        connection.port = server.port();
        connection
    };
    let connections = vec![
        at_port(ConnectionConfig::udp()),
        at_port(ConnectionConfig::tcp()),
    ];
    ResolverConfig::from_name_servers(vec![NameServerConfig::new(server.ip(), true, connections)])
}

fn tune(options: &mut ResolverOpts) {
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options.timeout = ANSWER_WITHIN;
    options.attempts = TRIES;
}

fn is_nothing(error: &NetError) -> bool {
    error.is_no_records_found() || error.is_nx_domain()
}

fn both(
    v4: Result<Vec<RData>, String>,
    v6: Result<Vec<RData>, String>,
) -> Result<Vec<IpAddr>, String> {
    let all = [v4?, v6?].concat();
    Ok(all.iter().filter_map(RData::ip_addr).collect())
}

fn text(data: &RData) -> Option<String> {
    let RData::TXT(txt) = data else {
        return None;
    };
    let bytes: Vec<u8> = txt.txt_data.iter().flat_map(|part| part.to_vec()).collect();
    String::from_utf8(bytes).ok()
}

fn target(data: &RData) -> Option<String> {
    let RData::CNAME(name) = data else {
        return None;
    };
    let name = name.0.to_ascii().to_ascii_lowercase();
    Some(name.trim_end_matches('.').to_owned())
}
