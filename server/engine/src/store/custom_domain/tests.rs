//! Whose a domain is, and what stands of it after steps that were cut off.

use super::*;
use domain::access::Role;
use domain::frontage::Answer;
use domain::id::UserId;
use domain::secret::SecretText;

async fn two() -> (Store, Caller, Caller) {
    let store = Store::in_memory().await.unwrap();
    let mut callers = vec![];
    for n in [1, 2] {
        let caller = Caller {
            user: UserId::new(Time(1), n),
            email: format!("{n}@example.org"),
            org: OrgId::new(Time(1), n),
            org_name: format!("Org {n}"),
            role: Role::Owner,
        };
        sqlx::query("INSERT INTO orgs (id, name, created_at) VALUES ($1, $2, 1)")
            .bind(caller.org.as_str())
            .bind(&caller.org_name)
            .execute(store.pool())
            .await
            .unwrap();
        callers.push(caller);
    }
    let (second, first) = (callers.pop().unwrap(), callers.pop().unwrap());
    (store, first, second)
}

fn now(at: i64) -> Now {
    Now {
        at: Time(at),
        entropy: rand::random(),
    }
}

async fn added(store: &Store, caller: &Caller, name: &str) -> Domain {
    let (id, name) = (
        DomainId::new(Time(1), rand::random()),
        DomainName::stored(name.into()),
    );
    let new = store.add_domain(caller, (&id, &name, "tok"), None, now(1));
    assert_eq!(new.await.unwrap(), AddedDomain::Done);
    again(store, caller, &id).await
}

async fn again(store: &Store, caller: &Caller, id: &DomainId) -> Domain {
    store.kept_domain(&caller.org, id).await.unwrap().unwrap()
}

fn proved() -> Verdict {
    Verdict {
        proof: Some(Proof::Txt),
        is_proved: true,
        points_here: Some(true),
        problem: None,
    }
}

#[tokio::test]
async fn i15_many_may_ask_for_a_name_and_one_has_it() {
    let (store, first, second) = two().await;
    let ours = added(&store, &first, "shop.example.com").await;
    let theirs = added(&store, &second, "shop.example.com").await;
    let there = (&DomainId::new(Time(1), 9), &ours.name, "tok");
    let twice = store.add_domain(&first, there, None, now(1)).await.unwrap();
    assert_eq!(twice, AddedDomain::There);
    assert!(
        store
            .note_look(&ours, &proved(), Time(9), now(2))
            .await
            .unwrap()
    );
    assert!(
        !store
            .note_look(&theirs, &proved(), Time(9), now(3))
            .await
            .unwrap()
    );
    let (ours, theirs) = (
        again(&store, &first, &ours.id).await,
        again(&store, &second, &theirs.id).await,
    );
    assert_eq!(
        (ours.verified_at, ours.proof),
        (Some(Time(2)), Some(Proof::Txt))
    );
    assert_eq!(theirs.verified_at, None);
    assert!(
        theirs
            .problem
            .as_ref()
            .unwrap()
            .contains("another organization")
    );
    assert!(
        store
            .kept_domain(&second.org, &ours.id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(store.remove_domain(&first, &ours, now(4)).await.unwrap());
    assert!(
        store
            .note_look(&theirs, &proved(), Time(9), now(5))
            .await
            .unwrap()
    );
}

fn asked(url: &str) -> OrderRow {
    OrderRow {
        url: Some(url.into()),
        begun_at: Some(Time(5)),
        claimed_at: Some(Time(6)),
        answers: vec![Answer {
            host: "shop.example.com".into(),
            token: "t".into(),
            text: "t.k".into(),
        }],
        records: vec![Record {
            name: "_acme-challenge.shop.example.com".into(),
            value: "v".into(),
        }],
        tries: 3,
        due_at: Time(7),
        problem: Some("before".into()),
    }
}

fn certificate(key: &str) -> KeptCertificate {
    KeptCertificate {
        chain: "chain".into(),
        key: text(key),
        served: Served {
            issuer: "Authority".into(),
            serial: "01".into(),
            not_before: Time(1),
            not_after: Time(100),
            set_at: Time(8),
        },
    }
}

fn text(text: &str) -> SecretText {
    text.to_owned().into()
}

#[tokio::test]
async fn i15_an_order_is_read_as_it_was_written_and_ends_with_the_certificate() {
    let (store, first, _) = two().await;
    let domain = added(&store, &first, "shop.example.com").await;
    let order = asked("https://ca/order/1");
    store.put_order(&domain, &order).await.unwrap();
    let domain = again(&store, &first, &domain.id).await;
    assert_eq!(domain.order.as_ref(), Some(&order));
    let kept = certificate("key");
    store.keep_issued(&domain, &kept, now(8)).await.unwrap();
    let domain = again(&store, &first, &domain.id).await;
    assert_eq!(
        (&domain.order, domain.certificate.as_ref()),
        (&None, Some(&kept.served))
    );
    assert_eq!(store.certificate(&domain).await.unwrap(), Some(kept));
    // A step that is still under way when the domain is removed brings nothing back.
    let domain = again(&store, &first, &domain.id).await;
    assert!(store.remove_domain(&first, &domain, now(9)).await.unwrap());
    store.put_order(&domain, &order).await.unwrap();
    assert_eq!(store.domains_of_all().await.unwrap(), vec![]);
}

#[tokio::test]
async fn i15_the_key_to_come_outlives_steps_and_belongs_to_one_order() {
    let (store, first, _) = two().await;
    let domain = added(&store, &first, "shop.example.com").await;
    let (one, other) = (asked("https://ca/order/1"), asked("https://ca/order/2"));
    let url = |order: &OrderRow| order.url.clone().unwrap();
    store.put_order(&domain, &one).await.unwrap();
    let put = async |order: &OrderRow, key| {
        let (url, key) = (url(order), text(key));
        let put = store.put_order_key(&domain, &url, &key, Time(9));
        put.await.unwrap();
        store.order_key(&domain).await.unwrap()
    };
    assert_eq!(put(&one, "first").await, Some(text("first")));
    store.put_order(&domain, &one).await.unwrap();
    assert_eq!(store.order_key(&domain).await.unwrap(), Some(text("first")));
    // A step of an order that is over by now.
    assert_eq!(put(&other, "second").await, Some(text("first")));
    store.put_order(&domain, &other).await.unwrap();
    assert_eq!(store.order_key(&domain).await.unwrap(), None);
    assert_eq!(put(&other, "second").await, Some(text("second")));
    let failed = OrderRow::default();
    store.fail_order(&domain, &failed, now(9)).await.unwrap();
    assert_eq!(store.order_key(&domain).await.unwrap(), None);
}

/// Every text of the tables, as the file holds it.
async fn sealed(store: &Store) -> Vec<String> {
    let sql = "SELECT sealed_key FROM certificates UNION ALL SELECT sealed_key FROM certificate_orders \
               UNION ALL SELECT sealed FROM acme_accounts";
    let all = sqlx::query_scalar(sql).fetch_all(store.pool());
    all.await.unwrap()
}

#[tokio::test]
async fn x15_keys_of_certificates_and_accounts_are_sealed_and_come_with_new_data_keys() {
    let (store, first, second) = two().await;
    let served = added(&store, &first, "shop.example.com").await;
    let coming = added(&store, &first, "soon.example.com").await;
    let (kept, at) = (certificate("served-key-1"), Time(9));
    store.keep_issued(&served, &kept, now(8)).await.unwrap();
    let order = asked("https://ca/order/1");
    store.put_order(&coming, &order).await.unwrap();
    let (key, account) = (text("coming-key-2"), text("account-key-3"));
    let put = store.put_order_key(&coming, "https://ca/order/1", &key, at);
    put.await.unwrap();
    let (org, directory) = (&first.org, "https://ca/dir");
    let keep = store.keep_acme_account(org, directory, &account, at);
    keep.await.unwrap();
    let before = sealed(&store).await;
    assert_eq!(before.len(), 3);
    assert!(
        before.iter().all(|one| !one.contains("-key-")),
        "{before:?}"
    );
    assert_eq!(store.replace_data_keys(Time(10)).await.unwrap(), 3);
    let after = sealed(&store).await;
    assert!(after.iter().all(|one| one.starts_with("2.")), "{after:?}");
    assert_eq!(store.certificate(&served).await.unwrap(), Some(kept));
    assert_eq!(store.order_key(&coming).await.unwrap(), Some(key));
    let read = store.acme_account(org, directory).await.unwrap();
    assert_eq!(read, Some(account));
    let theirs = store.acme_account(&second.org, directory).await.unwrap();
    assert_eq!(theirs, None);
    // Moved to another row, it opens as nothing.
    let sql = "UPDATE certificate_orders SET sealed_key = (SELECT sealed_key FROM certificates)";
    sqlx::query(sql).execute(store.pool()).await.unwrap();
    let moved = store.order_key(&coming).await;
    assert!(matches!(moved, Err(StoreError::Shut(_))), "{moved:?}");
}
