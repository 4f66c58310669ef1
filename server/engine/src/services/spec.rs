//! What a managed service is made of, by the environment that the official images of its kind
//! understand. Pure.

use crate::driver::services::ServiceSpec;
use crate::store::service::{Managed, Service};
use domain::service::{Address, Kind};
use std::collections::BTreeMap;

/// Where the volume is.
const DATA: &str = "/data";
/// The user and the database that are made.
const APP: &str = "app";
/// Redis reads its password from here: a command line shows to everybody on the machine.
pub const REDIS_CONF: &str = "/sealdock-redis.conf";

/// Where a new managed service will be, and what opens it.
pub fn address(kind: Kind, name: &str, password: String) -> Address {
    let app = if kind == Kind::Postgres { APP } else { "" };
    Address {
        tls: false,
        host: name.to_owned(),
        port: kind.port(false),
        user: app.to_owned(),
        password,
        name: app.to_owned(),
        options: vec![],
    }
}

pub fn of(service: &Service, managed: &Managed) -> ServiceSpec {
    let address = &service.address;
    let (command, env, files) = match service.kind {
        Kind::Redis => redis(address),
        Kind::Postgres | Kind::S3 => postgres(address),
    };
    ServiceSpec {
        id: service.id.clone(),
        org: service.org.clone(),
        name: service.name.clone(),
        image: managed.image.clone(),
        command,
        env: pairs(&env),
        files: pairs(&files),
        data: DATA.into(),
        memory_mib: managed.memory_mib,
    }
}

type Pairs = Vec<(&'static str, String)>;

fn pairs(pairs: &Pairs) -> BTreeMap<String, String> {
    let owned = pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone()));
    owned.collect()
}

/// Its data in a directory of our own volume: images of different versions declare different ones.
fn postgres(address: &Address) -> (Vec<String>, Pairs, Pairs) {
    let env = vec![
        ("PGDATA", format!("{DATA}/pgdata")),
        ("POSTGRES_DB", address.name.clone()),
        ("POSTGRES_PASSWORD", address.password.clone()),
        ("POSTGRES_USER", address.user.clone()),
    ];
    (vec![], env, vec![])
}

fn redis(address: &Address) -> (Vec<String>, Pairs, Pairs) {
    let conf = format!(
        "dir {DATA}\nport {}\nbind * -::*\nprotected-mode no\nappendonly yes\nrequirepass {}\n",
        address.port, address.password
    );
    let command = ["redis-server", REDIS_CONF].map(str::to_owned).to_vec();
    (command, vec![], vec![(REDIS_CONF, conf)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{OrgId, RuntimeId, ServiceId};
    use domain::time::Time;
    use expect_test::{Expect, expect};

    fn check(kind: Kind, expected: Expect) {
        let service = Service {
            id: ServiceId::new(Time(0), 1),
            org: OrgId::new(Time(0), 2),
            name: "store".into(),
            kind,
            address: address(kind, "store", "s3cret".into()),
            managed: None,
            deleting: false,
            created_at: Time(0),
        };
        let managed = Managed {
            runtime: RuntimeId::new(Time(0), 3),
            image: "image:1".into(),
            memory_mib: 512,
            schedule: None,
            next_backup_at: None,
            keep: 7,
        };
        let spec = of(&service, &managed);
        let shown = (
            &spec.command,
            &spec.env,
            &spec.files,
            &spec.data,
            service.address.url(kind),
        );
        expected.assert_eq(&format!("{shown:#?}\n"));
        let other = Managed {
            image: "image:2".into(),
            ..managed
        };
        assert_ne!(spec.digest(), of(&service, &other).digest());
    }

    #[test]
    fn p23_a_postgres_is_made_as_the_official_image_reads_it() {
        check(
            Kind::Postgres,
            expect![[r#"
                (
                    [],
                    {
                        "PGDATA": "/data/pgdata",
                        "POSTGRES_DB": "app",
                        "POSTGRES_PASSWORD": "s3cret",
                        "POSTGRES_USER": "app",
                    },
                    {},
                    "/data",
                    "postgres://app:s3cret@store:5432/app",
                )
            "#]],
        );
    }

    #[test]
    fn p23_a_redis_reads_its_password_from_a_file() {
        check(
            Kind::Redis,
            expect![[r#"
                (
                    [
                        "redis-server",
                        "/sealdock-redis.conf",
                    ],
                    {},
                    {
                        "/sealdock-redis.conf": "dir /data\nport 6379\nbind * -::*\nprotected-mode no\nappendonly yes\nrequirepass s3cret\n",
                    },
                    "/data",
                    "redis://:s3cret@store:6379",
                )
            "#]],
        );
    }
}
