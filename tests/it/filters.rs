//! What each filter lets through, alone and with the others, held against a model of a few lines.

use std::time::Duration;

use relevo_tests::{
    Engine, Person, TestServer, on_every_engine,
    v1::{
        ChangePart, ChangeState, ContactChange, Contacts, DeleteServiceRequest, GetServiceRequest,
        ListContactChangesRequest, ListServicesRequest, Role, Service, UpdateServiceRequest,
    },
};

on_every_engine!(
    services_are_listed_by_account_role_kind_and_beginning,
    changes_are_listed_by_account_part_state_and_service_and_expire_unswept,
    a_service_names_its_open_changes_until_they_end_or_expire,
);

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

fn numbers<T: Copy + Into<i32>>(values: &[T]) -> Vec<i32> {
    values.iter().map(|value| (*value).into()).collect()
}

fn holds(service: &Service, role: Role) -> &str {
    let contacts = service.contacts.as_ref().unwrap();
    match role {
        Role::Administrator => &contacts.administrator,
        Role::Technical => &contacts.technical,
        _ => &contacts.billing,
    }
}

async fn services_are_listed_by_account_role_kind_and_beginning(on: Engine) {
    let server = TestServer::start(on).await;
    let (ann, tom, nora) = (server.person("Ann").await, server.person("Tom").await, server.person("Nora").await);
    let toms = |technical: bool, billing: bool| Contacts {
        technical: if technical { tom.account_id.clone() } else { String::new() },
        billing: if billing { tom.account_id.clone() } else { String::new() },
        ..Default::default()
    };
    let mut all = Vec::new();
    let ids = ["a-b.example", "a_b.example", "a.example", "ab", "example-shop.com", "example.com", "example.com.au"];
    for (nth, service_id) in ids.into_iter().chain(["example.net", "xn--bcher-kva.example", "0.example"]).enumerate() {
        all.push(ann.orders_with(service_id, toms(nth % 2 == 0, nth % 3 == 0)).await);
        if nth % 4 == 0 {
            let service = Service { service_id: service_id.to_owned(), kind: "vps".to_owned(), ..Default::default() };
            let request = UpdateServiceRequest { service: Some(service), ..Default::default() };
            let updated = server.contacts().update_service(request).await.unwrap().into_inner();
            *all.last_mut().unwrap() = updated.service.unwrap();
        }
    }
    ann.orders("example.gone").await;
    let gone = DeleteServiceRequest { service_id: "example.gone".to_owned(), ..Default::default() };
    server.contacts().delete_service(gone).await.unwrap();
    all.sort_by(|one, other| one.service_id.cmp(&other.service_id));

    let (administrator, technical, billing) = (Role::Administrator, Role::Technical, Role::Billing);
    let several: [&[Role]; 7] = [
        &[],
        &[administrator],
        &[technical],
        &[billing],
        &[billing, technical],
        &[technical, technical],
        &[administrator, technical, billing],
    ];
    let mut lists = 0;
    let mut longest = 0;
    for account_id in ["", &ann.account_id, &tom.account_id, &nora.account_id, "zz9-ovh"] {
        for roles in several.into_iter().filter(|roles| roles.is_empty() || !account_id.is_empty()) {
            for kind in ["", "domain", "vps", "hosting"] {
                for text in
                    ["", "a", "A", "EXAMPLE.", "example.c", "example.com", "xn--", "0", "é", "%", "example.gone"]
                {
                    let request = ListServicesRequest {
                        account_id: account_id.to_owned(),
                        roles: numbers(roles),
                        kind: kind.to_owned(),
                        text: text.to_owned(),
                        ..Default::default()
                    };
                    let what = format!("{request:?}");
                    let listed = server.contacts().list_services(request).await.unwrap().into_inner();
                    let any = if roles.is_empty() { &[administrator, technical, billing] } else { roles };
                    let expected: Vec<_> = all
                        .iter()
                        .filter(|it| account_id.is_empty() || any.iter().any(|role| holds(it, *role) == account_id))
                        .filter(|it| kind.is_empty() || it.kind == kind)
                        .filter(|it| it.service_id.starts_with(&text.to_lowercase()))
                        .cloned()
                        .collect();
                    assert_eq!(listed.services, expected, "{what}");
                    assert_eq!(listed.next_page_token, "");
                    lists += 1;
                    longest = longest.max(expected.len());
                }
            }
        }
    }
    assert_eq!((lists, longest), ((1 + 4 * 7) * 4 * 11, all.len()));

    for text in ["a".repeat(253), "é".repeat(253)] {
        let request = ListServicesRequest { text, ..Default::default() };
        assert!(server.contacts().list_services(request).await.unwrap().into_inner().services.is_empty());
    }
}

/// The newest code that a person was mailed.
async fn code(person: &Person) -> String {
    person.reads().await.iter().rev().find_map(|letter| letter.token.clone()).unwrap()
}

/// Changes in every state, two of them expired and one of these not marked so; newest first. Tom, Bill and Omar
/// administrate nothing but what Omar is handed.
async fn changes_in_every_state(server: &TestServer, people: &[Person; 5]) -> Vec<(ContactChange, ChangeState)> {
    use ChangeState::{Cancelled, Done, Expired, Failed, Pending, Refused};
    let [ann, tom, bill, nora, omar] = people;
    let contacts = |technical: &Person, billing: &Person| Contacts {
        technical: technical.account_id.clone(),
        billing: billing.account_id.clone(),
        ..Default::default()
    };
    ann.orders_with("s1.example", contacts(tom, bill)).await;
    ann.orders_with("s2.example", contacts(tom, ann)).await;
    ann.orders("s3.example").await;

    let swept = ann.names(nora).technical("s1.example").await.unwrap();
    server.advance(WEEK);
    assert_eq!(server.sweep().await, 1);
    let unswept = ann.names(nora).billing("s3.example").await.unwrap();
    server.advance(WEEK);

    let refused = tom.names(omar).technical("s1.example").await.unwrap();
    omar.refuses(&refused, &code(omar).await, "").await.unwrap();
    let cancelled = tom.names(nora).technical("s1.example").await.unwrap();
    ann.cancels(&cancelled).await.unwrap();
    let failed = ann.names(nora).technical("s2.example").await.unwrap();
    let done = ann.names(omar).administrator("s2.example").await.unwrap();
    ann.accepts(&done, &code(ann).await).await.unwrap();
    omar.accepts(&done, &code(omar).await).await.unwrap();
    let pending = bill.names(nora).billing("s1.example").await.unwrap();
    let another = omar.names(ann).technical("s2.example").await.unwrap();
    vec![
        (another, Pending),
        (pending, Pending),
        (done, Done),
        (failed, Failed),
        (cancelled, Cancelled),
        (refused, Refused),
        (unswept, Expired),
        (swept, Expired),
    ]
}

async fn changes_are_listed_by_account_part_state_and_service_and_expire_unswept(on: Engine) {
    let server = TestServer::start(on).await;
    server.leaves_mails_unread();
    let mut people = Vec::new();
    for name in ["Ann", "Tom", "Bill", "Nora", "Omar", "Sam"] {
        people.push(server.person(name).await);
    }
    let sam = people.pop().unwrap();
    let people: [Person; 5] = people.try_into().unwrap();
    let [ann, .., omar] = &people;
    let all = changes_in_every_state(&server, &people).await;

    let administers = |service_id: &str| if service_id == "s2.example" { &omar.account_id } else { &ann.account_id };
    let has = |change: &ContactChange, account_id: &str, part: ChangePart| match part {
        ChangePart::Requester => change.requester == account_id,
        ChangePart::Nominee => change.nominee == account_id,
        ChangePart::Incumbent => change.incumbent == account_id,
        _ => administers(&change.service_id) == account_id,
    };
    use ChangePart::{Administrator, Incumbent, Nominee, Requester};
    use ChangeState::{Cancelled, Done, Expired, Failed, Pending, Refused};
    let several_parts: [&[ChangePart]; 7] = [
        &[],
        &[Requester],
        &[Nominee],
        &[Incumbent],
        &[Administrator],
        &[Nominee, Incumbent],
        &[Administrator, Incumbent, Nominee, Requester],
    ];
    let several_states: [&[ChangeState]; 9] = [
        &[],
        &[Pending],
        &[Done],
        &[Refused],
        &[Cancelled],
        &[Expired],
        &[Failed],
        &[Expired, Pending],
        &[Done, Done, Failed],
    ];
    for swept in [false, true] {
        let mut lists = 0;
        let accounts = people.iter().chain([&sam]).map(|person| person.account_id.as_str());
        for account_id in accounts.chain([""]) {
            for parts in several_parts.into_iter().filter(|parts| parts.is_empty() || !account_id.is_empty()) {
                for states in several_states {
                    for service_id in ["", "s1.example", "S2.example", "s9.example"] {
                        let request = ListContactChangesRequest {
                            account_id: account_id.to_owned(),
                            parts: numbers(parts),
                            states: numbers(states),
                            service_id: service_id.to_owned(),
                            ..Default::default()
                        };
                        let what = format!("{request:?}");
                        let listed = server.requests().list_contact_changes(request).await.unwrap().into_inner();
                        let listed: Vec<_> =
                            listed.changes.into_iter().map(|it| (it.change_id.clone(), it.state())).collect();
                        let any = if parts.is_empty() { several_parts[6] } else { parts };
                        let expected: Vec<_> = all
                            .iter()
                            .filter(|(it, _)| {
                                account_id.is_empty() || any.iter().any(|part| has(it, account_id, *part))
                            })
                            .filter(|(_, state)| states.is_empty() || states.contains(state))
                            .filter(|(it, _)| service_id.is_empty() || it.service_id == service_id.to_lowercase())
                            .map(|(it, state)| (it.change_id.clone(), *state))
                            .collect();
                        assert_eq!(listed, expected, "{what}");
                        lists += 1;
                    }
                }
            }
        }
        assert_eq!(lists, (6 * 7 + 1) * 9 * 4);
        assert_eq!(server.sweep().await, usize::from(!swept), "the one that had expired unswept");
    }
}

async fn a_service_names_its_open_changes_until_they_end_or_expire(on: Engine) {
    let server = TestServer::start(on).await;
    server.leaves_mails_unread();
    let (ann, nora) = (server.person("Ann").await, server.person("Nora").await);
    ann.orders("example.com").await;
    ann.orders("example.net").await;
    let open = async || {
        let request = GetServiceRequest { service_id: "example.com".to_owned(), ..Default::default() };
        let got = server.contacts().get_service(request).await.unwrap().into_inner().service.unwrap();
        let request = ListServicesRequest { account_id: ann.account_id.clone(), ..Default::default() };
        let listed = server.contacts().list_services(request).await.unwrap().into_inner().services;
        assert_eq!(listed[0], got);
        assert!(listed[1].open_change_ids.is_empty());
        assert_eq!(got.open_change_ids, ann.sees_service("example.com").await.unwrap().open_change_ids);
        got.open_change_ids
    };
    assert!(open().await.is_empty());
    let technical = ann.names(&nora).technical("example.com").await.unwrap();
    let billing = ann.names(&nora).billing("example.com").await.unwrap();
    server.advance(WEEK / 2);
    let administrator = ann.names(&nora).administrator("example.com").await.unwrap();
    assert_eq!(open().await, [&*technical.change_id, &*billing.change_id, &*administrator.change_id]);
    ann.cancels(&billing).await.unwrap();
    assert_eq!(open().await, [&*technical.change_id, &*administrator.change_id]);
    // Expired, though nothing has marked it so.
    server.advance(WEEK / 2);
    assert_eq!(open().await, [&*administrator.change_id]);
    nora.refuses(&administrator, &code(&nora).await, "").await.unwrap();
    assert!(open().await.is_empty());
}
