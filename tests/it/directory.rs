//! The directory: accounts and services come, change and go.

use std::time::Duration;

use prost_types::FieldMask;
use relevo_tests::{
    Engine, Person, Refused, TestServer, on_every_engine,
    v1::{
        Account, BillingStanding, ChangeState, Contacts, CreateAccountRequest, CreateServiceRequest,
        DeleteServiceRequest, GetAccountRequest, GetContactChangeRequest, ListContactChangesRequest,
        ListServicesRequest, Service, UpdateAccountRequest, UpdateServiceRequest,
    },
};
use tonic::Code;

on_every_engine!(
    an_account_is_kept_as_given_with_its_times_and_etag,
    an_overdue_bill_is_not_lifted_by_an_update_that_forgets_it,
    an_update_takes_over_what_its_mask_names_and_nothing_else,
    an_upsert_adds_what_is_missing_and_updates_what_is_there,
    an_etag_guards_an_update_and_differs_after_each_change,
    a_service_is_registered_with_the_contacts_that_are_named_and_the_ordering_account_for_the_rest,
    an_update_of_a_service_touches_its_kind_and_name_and_never_its_contacts,
    a_deleted_service_cancels_what_is_open_tells_the_parties_and_leaves_nothing_to_its_successor,
    a_change_that_has_expired_is_not_cancelled_with_its_service,
);

fn zoe() -> Account {
    Account {
        account_id: "zz1-ovh".to_owned(),
        display_name: "Zoe".to_owned(),
        email: "zoe@example.com".to_owned(),
        language: "es-MX".to_owned(),
        billing_standing: BillingStanding::Overdue.into(),
        ..Default::default()
    }
}

fn mask(paths: &[&str]) -> Option<FieldMask> {
    Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() })
}

async fn create_account(server: &TestServer, account: Account) -> Result<Account, Refused> {
    let request = CreateAccountRequest { account: Some(account), ..Default::default() };
    Ok(server.contacts().create_account(request).await?.into_inner().account.unwrap())
}

async fn get_account(server: &TestServer, account_id: &str) -> Result<Account, Refused> {
    let request = GetAccountRequest { account_id: account_id.to_owned() };
    Ok(server.contacts().get_account(request).await?.into_inner().account.unwrap())
}

async fn update_account(server: &TestServer, account: Account, paths: &[&str]) -> Result<Account, Refused> {
    let request = UpdateAccountRequest { account: Some(account), update_mask: mask(paths), ..Default::default() };
    Ok(server.contacts().update_account(request).await?.into_inner().account.unwrap())
}

async fn upsert(server: &TestServer, account: Account, paths: &[&str]) -> Result<Account, Refused> {
    let (account, update_mask) = (Some(account), mask(paths));
    let request = UpdateAccountRequest { account, update_mask, allow_missing: true, ..Default::default() };
    Ok(server.contacts().update_account(request).await?.into_inner().account.unwrap())
}

async fn create_service(server: &TestServer, service: Service, account_id: &str) -> Result<Service, Refused> {
    let account_id = account_id.to_owned();
    let request = CreateServiceRequest { service: Some(service), account_id, ..Default::default() };
    Ok(server.contacts().create_service(request).await?.into_inner().service.unwrap())
}

async fn update_service(server: &TestServer, service: Service, paths: &[&str]) -> Result<Service, Refused> {
    let request = UpdateServiceRequest { service: Some(service), update_mask: mask(paths), ..Default::default() };
    Ok(server.contacts().update_service(request).await?.into_inner().service.unwrap())
}

async fn delete_service(server: &TestServer, service_id: &str, etag: &str) -> Result<Vec<String>, Refused> {
    let (service_id, etag) = (service_id.to_owned(), etag.to_owned());
    let request = DeleteServiceRequest { service_id, etag, ..Default::default() };
    Ok(server.contacts().delete_service(request).await?.into_inner().cancelled_change_ids)
}

fn shop() -> Service {
    Service { service_id: "example.com".to_owned(), kind: "domain".to_owned(), ..Default::default() }
}

async fn an_account_is_kept_as_given_with_its_times_and_etag(on: Engine) {
    let server = TestServer::start(on).await;
    // What Relevo sets is not taken from the caller.
    let forged = Some(prost_types::Timestamp { seconds: 1, nanos: 0 });
    let given = Account { create_time: forged, update_time: forged, etag: "mine".to_owned(), ..zoe() };
    let made = create_account(&server, given).await.unwrap();
    let now = Some(prost_types::Timestamp { seconds: server.now().as_second(), nanos: 0 });
    assert_eq!(made, Account { create_time: now, update_time: now, etag: made.etag.clone(), ..zoe() });
    assert!(!made.etag.is_empty() && made.etag != "mine");
    assert_eq!(get_account(&server, "ZZ1-OVH").await.unwrap(), made);

    let bare = Account { account_id: "ZZ2-ovh".to_owned(), language: String::new(), billing_standing: 0, ..zoe() };
    let bare = create_account(&server, bare).await.unwrap();
    assert_eq!((bare.account_id.as_str(), bare.language.as_str()), ("zz2-ovh", "en"));
    assert_eq!(bare.billing_standing(), BillingStanding::Good);
    let refused = create_account(&server, zoe()).await.unwrap_err();
    assert_eq!((refused.code, refused.reason.as_str()), (Code::AlreadyExists, "ACCOUNT_EXISTS"));
    assert!(get_account(&server, "zz3-ovh").await.unwrap_err().is("ACCOUNT_NOT_FOUND"));
}

async fn an_overdue_bill_is_not_lifted_by_an_update_that_forgets_it(on: Engine) {
    let server = TestServer::start(on).await;
    create_account(&server, zoe()).await.unwrap();
    for mask in [&["*"][..], &["billing_standing"]] {
        let refused = update_account(&server, Account { billing_standing: 0, ..zoe() }, mask).await.unwrap_err();
        assert!(refused.is("FIELD_INVALID"), "{refused:?}");
        assert_eq!(refused.violations[0].0, "account.billing_standing");
    }
}

async fn an_update_takes_over_what_its_mask_names_and_nothing_else(on: Engine) {
    let other = Account {
        account_id: "zz1-ovh".to_owned(),
        display_name: "Zora".to_owned(),
        email: "zora@example.com".to_owned(),
        language: "pl".to_owned(),
        billing_standing: BillingStanding::Good.into(),
        ..Default::default()
    };
    let named = Account { display_name: "Zora".to_owned(), ..zoe() };
    let only_id = Account { account_id: "zz1-ovh".to_owned(), ..Default::default() };
    let table: [(&[&str], Account, Account); 9] = [
        (&[], other.clone(), other.clone()),
        (&["*"], other.clone(), other.clone()),
        (&["display_name"], other.clone(), named.clone()),
        (&["email"], other.clone(), Account { email: other.email.clone(), ..zoe() }),
        (
            &["language", "billing_standing"],
            other.clone(),
            Account { language: "pl".to_owned(), billing_standing: BillingStanding::Good.into(), ..zoe() },
        ),
        (&["email", "email"], other.clone(), Account { email: other.email.clone(), ..zoe() }),
        // Without a mask, what is empty is not meant.
        (&[], Account { display_name: "Zora".to_owned(), ..only_id.clone() }, named),
        (&[], only_id.clone(), zoe()),
        // With one, it is: the default.
        (&["language"], only_id, Account { language: "en".to_owned(), ..zoe() }),
    ];
    for (paths, given, expected) in table {
        let server = TestServer::start(on).await;
        let before = create_account(&server, zoe()).await.unwrap();
        server.advance(Duration::from_secs(1));
        let after = update_account(&server, given, paths).await.unwrap();
        assert_eq!(get_account(&server, "zz1-ovh").await.unwrap(), after);
        let (create_time, update_time, etag) = (after.create_time, after.update_time, after.etag.clone());
        assert_eq!(after, Account { create_time, update_time, etag: etag.clone(), ..expected.clone() }, "{paths:?}");
        let has_changed = expected != zoe();
        assert_eq!(create_time, before.create_time);
        assert_eq!((update_time != before.update_time, etag != before.etag), (has_changed, has_changed), "{paths:?}");
    }
}

async fn an_upsert_adds_what_is_missing_and_updates_what_is_there(on: Engine) {
    let server = TestServer::start(on).await;
    // The mask is for an account that is there.
    let made = upsert(&server, zoe(), &["language"]).await.unwrap();
    assert_eq!((made.display_name.as_str(), made.email.as_str()), ("Zoe", "zoe@example.com"));
    // An account that is there needs no more than the update names.
    let pl = Account { account_id: "zz1-ovh".to_owned(), language: "pl".to_owned(), ..Default::default() };
    let updated = upsert(&server, pl, &[]).await.unwrap();
    assert_eq!((updated.display_name.as_str(), updated.language.as_str()), ("Zoe", "pl"));
    assert_eq!(updated.create_time, made.create_time);

    let before = server.everything_stored().await;
    let missing = Account { account_id: "zz2-ovh".to_owned(), language: "pl".to_owned(), ..Default::default() };
    let refused = upsert(&server, missing, &[]).await.unwrap_err();
    let paths: Vec<_> = refused.violations.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["account.display_name", "account.email"]);
    let versioned = Account { account_id: "zz2-ovh".to_owned(), etag: made.etag.clone(), ..zoe() };
    assert!(upsert(&server, versioned, &[]).await.unwrap_err().is("ACCOUNT_NOT_FOUND"));
    assert!(upsert(&server, Account { etag: made.etag, ..zoe() }, &[]).await.unwrap_err().is("ETAG_MISMATCH"));
    let plain = Account { account_id: "zz2-ovh".to_owned(), ..zoe() };
    assert!(update_account(&server, plain, &[]).await.unwrap_err().is("ACCOUNT_NOT_FOUND"));
    assert_eq!(server.everything_stored().await, before);
}

async fn an_etag_guards_an_update_and_differs_after_each_change(on: Engine) {
    let server = TestServer::start(on).await;
    server.leaves_mails_unread();
    let (ann, nora) = (server.person("Ann").await, server.person("Nora").await);
    let account = create_account(&server, zoe()).await.unwrap();
    let mut etags = vec![account.etag.clone()];
    for name in ["Zora", "Zita", "Zoe"] {
        let etag = etags.last().unwrap().clone();
        let given = Account { display_name: name.to_owned(), etag, ..zoe() };
        etags.push(update_account(&server, given.clone(), &["display_name"]).await.unwrap().etag);
        let refused = update_account(&server, given, &["display_name"]).await.unwrap_err();
        assert_eq!((refused.code, refused.reason.as_str()), (Code::Aborted, "ETAG_MISMATCH"));
    }
    let same = update_account(&server, Account { etag: etags[3].clone(), ..zoe() }, &["*"]).await.unwrap();
    assert_eq!(same.etag, etags[3], "nothing has changed");

    let service = create_service(&server, shop(), &ann.account_id).await.unwrap();
    let mut versions = vec![service.etag];
    for name in ["Shop", "Garden shop", ""] {
        let etag = versions.last().unwrap().clone();
        let given = Service { display_name: name.to_owned(), etag, ..shop() };
        versions.push(update_service(&server, given.clone(), &["display_name"]).await.unwrap().etag);
        assert!(update_service(&server, given, &["display_name"]).await.unwrap_err().is("ETAG_MISMATCH"));
    }
    // Opening a change leaves the service as it is; a hand-over changes its contacts.
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    assert_eq!(&ann.sees_service("example.com").await.unwrap().etag, versions.last().unwrap());
    for person in [&ann, &nora] {
        let token = person.reads_one("confirm").await.token();
        person.accepts(&change, &token).await.unwrap();
    }
    versions.push(ann.sees_service("example.com").await.unwrap().etag);
    for all in [&mut etags, &mut versions] {
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count, "{all:?}");
    }
    let newest = ann.sees_service("example.com").await.unwrap().etag;
    let old = versions.iter().find(|version| **version != newest).unwrap();
    assert!(delete_service(&server, "example.com", old).await.unwrap_err().is("ETAG_MISMATCH"));
    delete_service(&server, "example.com", &newest).await.unwrap();
}

async fn a_service_is_registered_with_the_contacts_that_are_named_and_the_ordering_account_for_the_rest(on: Engine) {
    let server = TestServer::start(on).await;
    let (ann, tom, bill) = (server.person("Ann").await, server.person("Tom").await, server.person("Bill").await);
    let [a, t, b] = [&ann, &tom, &bill].map(|person| person.account_id.as_str());
    let named = |administrator: &str, technical: &str, billing: &str| Contacts {
        administrator: administrator.to_owned(),
        technical: technical.to_owned(),
        billing: billing.to_owned(),
    };
    let table = [
        (None, a, named(a, a, a)),
        (Some(named("", "", "")), a, named(a, a, a)),
        (Some(named("", t, "")), a, named(a, t, a)),
        (Some(named(t, "", b)), a, named(t, a, b)),
        (Some(named(a, t, b)), "", named(a, t, b)),
        (Some(named(a, t, b)), t, named(a, t, b)),
    ];
    for (nth, (contacts, ordering, expected)) in table.into_iter().enumerate() {
        let service_id = format!("S{nth}.Example.com");
        let given = Service { service_id: service_id.clone(), display_name: " Shop ".to_owned(), contacts, ..shop() };
        let made = create_service(&server, given, ordering).await.unwrap();
        assert_eq!(made.contacts, Some(expected), "{nth}");
        assert_eq!((made.service_id, made.display_name.as_str()), (service_id.to_lowercase(), "Shop"));
        assert!(made.open_change_ids.is_empty() && made.create_time == made.update_time);
    }
    let before = server.everything_stored().await;
    for (contacts, ordering) in
        [(None, "zz9-ovh"), (Some(named("", "zz9-ovh", "")), a), (Some(named(a, t, "zz9-ovh")), "")]
    {
        let refused = create_service(&server, Service { contacts, ..shop() }, ordering).await.unwrap_err();
        assert_eq!((refused.code, refused.reason.as_str()), (Code::NotFound, "ACCOUNT_NOT_FOUND"));
        assert_eq!(refused.metadata["account_id"], "zz9-ovh");
    }
    let taken = Service { service_id: "s0.example.COM".to_owned(), ..shop() };
    assert!(create_service(&server, taken, a).await.unwrap_err().is("SERVICE_EXISTS"));
    assert_eq!(server.everything_stored().await, before);
    assert!(server.take_mails().await.is_empty());
}

async fn an_update_of_a_service_touches_its_kind_and_name_and_never_its_contacts(on: Engine) {
    let server = TestServer::start(on).await;
    let (ann, tom) = (server.person("Ann").await, server.person("Tom").await);
    let given = Service { display_name: "Shop".to_owned(), ..shop() };
    let made = create_service(&server, given, &ann.account_id).await.unwrap();
    let contacts = Contacts { administrator: tom.account_id.clone(), ..Default::default() };
    let vps = Service { kind: "vps".to_owned(), contacts: Some(contacts), ..shop() };
    let table: [(&[&str], &str, &str); 5] = [
        (&["kind"], "vps", "Shop"),
        (&[], "vps", "Shop"),
        (&["display_name"], "domain", ""),
        (&["*"], "vps", ""),
        (&["kind", "display_name"], "vps", ""),
    ];
    for (paths, kind, name) in table {
        let reset = Service { display_name: "Shop".to_owned(), ..shop() };
        update_service(&server, reset, &["*"]).await.unwrap();
        let after = update_service(&server, vps.clone(), paths).await.unwrap();
        assert_eq!((after.kind.as_str(), after.display_name.as_str()), (kind, name), "{paths:?}");
        assert_eq!(after.contacts, made.contacts);
        assert_eq!(ann.sees_service("example.com").await.unwrap(), after);
    }
    let other = Service { service_id: "example.net".to_owned(), ..vps };
    assert!(update_service(&server, other, &[]).await.unwrap_err().is("SERVICE_NOT_FOUND"));
}

async fn state(server: &TestServer, change_id: &str, viewer: &Person) -> Result<ChangeState, Refused> {
    let (change_id, account_id) = (change_id.to_owned(), viewer.account_id.clone());
    let request = GetContactChangeRequest { change_id, account_id };
    Ok(server.requests().get_contact_change(request).await?.into_inner().change.unwrap().state())
}

async fn a_deleted_service_cancels_what_is_open_tells_the_parties_and_leaves_nothing_to_its_successor(on: Engine) {
    let server = TestServer::start(on).await;
    let (ann, tom, nora) = (server.person("Ann").await, server.person("Tom").await, server.person("Nora").await);
    ann.orders_with("example.com", Contacts { technical: tom.account_id.clone(), ..Default::default() }).await;
    let ended = ann.names(&nora).billing("example.com").await.unwrap();
    let open = ann.names(&nora).technical("example.com").await.unwrap();
    ann.cancels(&ended).await.unwrap();
    server.take_mails().await;

    assert_eq!(delete_service(&server, "EXAMPLE.com", "").await.unwrap(), [open.change_id.as_str()]);
    for person in [&ann, &nora] {
        person.reads_one("cancelled").await;
    }
    assert!(ann.sees_service("example.com").await.unwrap_err().is("SERVICE_NOT_FOUND"));
    assert!(delete_service(&server, "example.com", "").await.unwrap_err().is("SERVICE_NOT_FOUND"));
    assert!(update_service(&server, shop(), &[]).await.unwrap_err().is("SERVICE_NOT_FOUND"));
    assert!(ann.names(&nora).technical("example.com").await.unwrap_err().is("SERVICE_NOT_FOUND"));
    let all = ListServicesRequest::default();
    assert!(server.contacts().list_services(all).await.unwrap().into_inner().services.is_empty());
    // What had been stays readable to those who saw it.
    for person in [&ann, &nora, &tom] {
        assert_eq!(state(&server, &open.change_id, person).await.unwrap(), ChangeState::Cancelled);
    }

    server.advance(Duration::from_secs(1));
    let next = create_service(&server, shop(), &nora.account_id).await.unwrap();
    assert!(next.open_change_ids.is_empty());
    assert!(ann.sees_service("example.com").await.unwrap_err().is("SERVICE_NOT_FOUND"));
    let omar = server.person("Omar").await;
    let handed = nora.names(&omar).administrator("example.com").await.unwrap();
    for person in [&nora, &omar] {
        let token = person.reads_one("confirm").await.token();
        person.accepts(&handed, &token).await.unwrap();
    }
    for person in [&nora, &omar] {
        person.reads_one("done").await;
    }
    // The administrator of the new service is a stranger to the changes of the old one, and the other way round.
    assert!(state(&server, &open.change_id, &omar).await.unwrap_err().is("CHANGE_NOT_FOUND"));
    assert!(state(&server, &handed.change_id, &ann).await.unwrap_err().is("CHANGE_NOT_FOUND"));
    let (account_id, service_id) = (omar.account_id.clone(), "example.com".to_owned());
    let request = ListContactChangesRequest { account_id, service_id, ..Default::default() };
    let listed = server.requests().list_contact_changes(request).await.unwrap().into_inner().changes;
    assert_eq!(listed.iter().map(|it| it.change_id.as_str()).collect::<Vec<_>>(), [handed.change_id.as_str()]);
}

async fn a_change_that_has_expired_is_not_cancelled_with_its_service(on: Engine) {
    let server = TestServer::start(on).await;
    let (ann, nora) = (server.person("Ann").await, server.person("Nora").await);
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    server.take_mails().await;
    server.advance(Duration::from_secs(7 * 24 * 3600));
    assert!(delete_service(&server, "example.com", "").await.unwrap().is_empty());
    assert_eq!(state(&server, &change.change_id, &nora).await.unwrap(), ChangeState::Expired);
    for person in [&ann, &nora] {
        person.reads_one("expired").await;
    }
    assert_eq!(server.sweep().await, 0);
}
