//! Lists: order, filters and pages.

use std::collections::BTreeSet;

use relevo_tests::{
    Engine, Refused, TestServer, on_every_engine,
    v1::{
        Account, CreateAccountRequest, DeleteServiceRequest, ListAccountsRequest, ListContactChangesRequest,
        ListServicesRequest, Role,
    },
};
use tonic::Code;

on_every_engine!(
    pages_of_accounts_hold_each_once_in_order_while_others_come,
    pages_of_services_hold_each_once_in_order_while_others_come_and_go,
    pages_of_changes_hold_each_once_newest_first_while_others_come_and_end,
    a_page_holds_fifty_unless_asked_for_more_and_a_thousand_at_the_most,
    a_page_token_is_good_for_its_own_list_with_its_own_filters_alone,
);

async fn accounts(server: &TestServer, page_size: i32, token: &str) -> Result<(Vec<String>, String), Refused> {
    let request = ListAccountsRequest { page_size, page_token: token.to_owned() };
    let page = server.contacts().list_accounts(request).await?.into_inner();
    Ok((page.accounts.into_iter().map(|it| it.account_id).collect(), page.next_page_token))
}

async fn services(server: &TestServer, request: ListServicesRequest) -> Result<(Vec<String>, String), Refused> {
    let page = server.contacts().list_services(request).await?.into_inner();
    Ok((page.services.into_iter().map(|it| it.service_id).collect(), page.next_page_token))
}

async fn changes(server: &TestServer, request: ListContactChangesRequest) -> Result<(Vec<String>, String), Refused> {
    let page = server.requests().list_contact_changes(request).await?.into_inner();
    Ok((page.changes.into_iter().map(|it| it.change_id).collect(), page.next_page_token))
}

async fn add_account(server: &TestServer, account_id: &str) {
    let account = Account {
        account_id: account_id.to_owned(),
        display_name: "Somebody".to_owned(),
        email: "somebody@example.com".to_owned(),
        ..Default::default()
    };
    let request = CreateAccountRequest { account: Some(account), ..Default::default() };
    server.contacts().create_account(request).await.unwrap();
}

async fn delete_service(server: &TestServer, service_id: &str) {
    let request = DeleteServiceRequest { service_id: service_id.to_owned(), ..Default::default() };
    server.contacts().delete_service(request).await.unwrap();
}

/// Reads a list to its end, with something happening between the pages. Says what was read and in how many pages.
async fn read_through(
    page_size: usize,
    page: impl AsyncFn(i32, String) -> Result<(Vec<String>, String), Refused>,
    mut meanwhile: impl AsyncFnMut(usize),
) -> (Vec<String>, usize) {
    let (mut seen, mut token) = (Vec::new(), String::new());
    for nth in 1..1000 {
        let (items, next) = page(i32::try_from(page_size).unwrap(), token).await.unwrap();
        assert!(next.is_empty() || items.len() == page_size, "only the last page may be shorter");
        assert!(items.len() <= page_size);
        seen.extend(items);
        if next.is_empty() {
            assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "once each: {seen:?}");
            return (seen, nth);
        }
        token = next;
        meanwhile(nth).await;
    }
    panic!("it does not end: {seen:?}");
}

async fn pages_of_accounts_hold_each_once_in_order_while_others_come(on: Engine) {
    let server = TestServer::start(on).await;
    let ids = ["aa9", "aa10", "ab1", "ba007", "ba07", "ba7", "zz999999999999"];
    let mut lasting: Vec<_> = ids.iter().map(|id| format!("{id}-ovh")).collect();
    for account_id in lasting.iter().rev() {
        add_account(&server, account_id).await;
    }
    lasting.sort();
    for page_size in 1..=lasting.len() + 1 {
        let (seen, pages) = read_through(
            page_size,
            async |size, token| accounts(&server, size, &token).await,
            async |nth| {
                // One before all of them, one in their midst, one behind; not for ever.
                for prefix in ["aa", "ba", "zz"].into_iter().filter(|_| nth < 5) {
                    add_account(&server, &format!("{prefix}{page_size}{nth:04}-ovh")).await;
                }
            },
        )
        .await;
        assert!(seen.is_sorted(), "{seen:?}");
        assert!(pages > 1 || page_size > lasting.len(), "{page_size}");
        let kept: Vec<_> = seen.into_iter().filter(|id| lasting.contains(id)).collect();
        assert_eq!(kept, lasting, "pages of {page_size}");
    }
}

async fn pages_of_services_hold_each_once_in_order_while_others_come_and_go(on: Engine) {
    let server = TestServer::start(on).await;
    let ann = server.person("Ann").await;
    let lasting: Vec<_> = (0..7).map(|nth| format!("m{nth}0.example")).collect();
    for service_id in lasting.iter().rev() {
        ann.orders(service_id).await;
    }
    let mut guest: Option<String> = None;
    for account_id in ["", &ann.account_id] {
        for page_size in 1..=8 {
            let (seen, _) = read_through(
                page_size,
                async |page_size, page_token| {
                    let account_id = account_id.to_owned();
                    let request = ListServicesRequest { account_id, page_size, page_token, ..Default::default() };
                    services(&server, request).await
                },
                async |nth| {
                    if let Some(gone) = guest.take() {
                        delete_service(&server, &gone).await;
                    }
                    let comes = format!("m{nth}5.example");
                    ann.orders(&comes).await;
                    guest = Some(comes);
                },
            )
            .await;
            assert!(seen.is_sorted(), "{seen:?}");
            let kept: Vec<_> = seen.into_iter().filter(|id| lasting.contains(id)).collect();
            assert_eq!(kept, lasting, "pages of {page_size}");
        }
    }
}

async fn pages_of_changes_hold_each_once_newest_first_while_others_come_and_end(on: Engine) {
    let server = TestServer::start(on).await;
    server.leaves_mails_unread();
    let (ann, nora) = (server.person("Ann").await, server.person("Nora").await);
    let mut lasting = Vec::new();
    for nth in 0..7 {
        let service_id = format!("s{nth}.example");
        ann.orders(&service_id).await;
        lasting.insert(0, ann.names(&nora).technical(&service_id).await.unwrap().change_id);
    }
    for account_id in ["", &ann.account_id, &nora.account_id] {
        for page_size in 1..=8 {
            let (seen, _) = read_through(
                page_size,
                async |page_size, page_token| {
                    let account_id = account_id.to_owned();
                    let request = ListContactChangesRequest { account_id, page_size, page_token, ..Default::default() };
                    changes(&server, request).await
                },
                async |nth| {
                    // Every page would double the list.
                    if nth > 4 {
                        return;
                    }
                    let service_id = format!("s{nth}.example");
                    let change = ann.names(&nora).billing(&service_id).await.unwrap();
                    ann.cancels(&change).await.unwrap();
                },
            )
            .await;
            assert!(seen.is_sorted_by(|newer, older| newer > older), "{seen:?}");
            let kept: Vec<_> = seen.into_iter().filter(|id| lasting.contains(id)).collect();
            assert_eq!(kept, lasting, "pages of {page_size}");
        }
    }
}

/// Rows by the thousand, as many as no test could make call by call.
const THOUSANDS: &str = "
    WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1100)
    INSERT INTO account SELECT 'zz' || n || '-ovh', 'Somebody', 'somebody@example.com', 'en', 'good', 0, 0, 1, NULL FROM n;
    WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1100)
    INSERT INTO service SELECT new_uuid(), 's' || n || '.example', 'vps', NULL, 0, 0, NULL, 1 FROM n;
    INSERT INTO contact SELECT service_key, role, 'zz1-ovh', service_id FROM service,
        (SELECT 'administrator' AS role UNION SELECT 'technical' UNION SELECT 'billing') AS roles;
    INSERT INTO contact_change SELECT service_key, service_key, service_id, 2, 'zz2-ovh', 'zz1-ovh', 'zz2-ovh', 0, 1,
        NULL, 'expired', 1, NULL, NULL, NULL FROM service;
    INSERT INTO confirmation SELECT change_id, 'zz2-ovh', 'pending', NULL, 1, TRUE, 0, NULL, 0 FROM contact_change;
    INSERT INTO participant SELECT change_id, 'requester', 'zz2-ovh', state FROM contact_change;
    INSERT INTO participant SELECT change_id, 'nominee', 'zz2-ovh', state FROM contact_change;
";

async fn a_page_holds_fifty_unless_asked_for_more_and_a_thousand_at_the_most(on: Engine) {
    let server = TestServer::start(on).await;
    let new_uuid = match on {
        Engine::Sqlite => "randomblob(16)",
        Engine::Postgres => "gen_random_uuid()",
    };
    server.database().await.run(&THOUSANDS.replace("new_uuid()", new_uuid)).await;
    for (page_size, expected) in [(0, 50), (1, 1), (999, 999), (1000, 1000), (1001, 1000), (i32::MAX, 1000)] {
        assert_eq!(accounts(&server, page_size, "").await.unwrap().0.len(), expected);
        for account_id in ["", "zz1-ovh"] {
            let account_id = account_id.to_owned();
            let request = ListServicesRequest { account_id, page_size, ..Default::default() };
            assert_eq!(services(&server, request).await.unwrap().0.len(), expected);
        }
        for account_id in ["", "zz2-ovh"] {
            let account_id = account_id.to_owned();
            let request = ListContactChangesRequest { account_id, page_size, ..Default::default() };
            assert_eq!(changes(&server, request).await.unwrap().0.len(), expected);
        }
    }
}

/// That a list refuses a page token.
fn is_refused(answer: Result<(Vec<String>, String), Refused>, what: &str) {
    let refused = answer.expect_err(what);
    assert_eq!((refused.code, refused.reason.as_str()), (Code::InvalidArgument, "PAGE_TOKEN_INVALID"), "{what}");
    let paths: Vec<_> = refused.violations.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["page_token"], "{what}");
}

async fn a_page_token_is_good_for_its_own_list_with_its_own_filters_alone(on: Engine) {
    let server = TestServer::start(on).await;
    server.leaves_mails_unread();
    let (ann, nora) = (server.person("Ann").await, server.person("Nora").await);
    for service_id in ["a.example", "b.example"] {
        ann.orders(service_id).await;
        ann.names(&nora).technical(service_id).await.unwrap();
    }
    let account_id = ann.account_id.clone();
    let of_services = ListServicesRequest {
        account_id: account_id.clone(),
        roles: vec![Role::Technical.into()],
        kind: "domain".to_owned(),
        text: String::new(),
        page_size: 1,
        page_token: String::new(),
    };
    let of_changes = ListContactChangesRequest {
        account_id,
        parts: vec![1],
        states: vec![1],
        service_id: String::new(),
        page_size: 1,
        page_token: String::new(),
    };
    let accounts_token = accounts(&server, 1, "").await.unwrap().1;
    let services_token = services(&server, of_services.clone()).await.unwrap().1;
    let changes_token = changes(&server, of_changes.clone()).await.unwrap().1;
    // Another page size is the same list.
    let (services_token, changes_token) = (services_token.as_str(), changes_token.as_str());
    let page = |token: &str, size| {
        let page_token = token.to_owned();
        ListServicesRequest { page_token, page_size: size, ..of_services.clone() }
    };
    let changes_page = |token: &str, size| {
        let page_token = token.to_owned();
        ListContactChangesRequest { page_token, page_size: size, ..of_changes.clone() }
    };
    assert_eq!(services(&server, page(services_token, 7)).await.unwrap().0, ["b.example"]);
    assert_eq!(changes(&server, changes_page(changes_token, 7)).await.unwrap().0.len(), 1);

    let strange = TestServer::start(on).await;
    strange.person("Ann").await;
    strange.person("Nora").await;
    let of_another = accounts(&strange, 1, "").await.unwrap().1;
    let cut = &accounts_token[..accounts_token.len() - 2];
    for token in ["x", "00", "0", "ümlaut", "\0", cut, services_token, changes_token, &of_another, &"0".repeat(1 << 16)]
    {
        is_refused(accounts(&server, 1, token).await, token);
    }
    for (nth, digit) in accounts_token.char_indices() {
        let mut altered = accounts_token.clone();
        altered.replace_range(nth..=nth, if digit == '0' { "1" } else { "0" });
        is_refused(accounts(&server, 1, &altered).await, &altered);
    }
    for token in [&accounts_token, changes_token] {
        is_refused(services(&server, page(token, 1)).await, token);
    }
    for token in [&accounts_token, services_token] {
        is_refused(changes(&server, changes_page(token, 1)).await, token);
    }

    let good = page(services_token, 1);
    for other in [
        ListServicesRequest { account_id: nora.account_id.clone(), ..good.clone() },
        ListServicesRequest { roles: vec![], ..good.clone() },
        ListServicesRequest { roles: vec![1], ..good.clone() },
        ListServicesRequest { kind: "vps".to_owned(), ..good.clone() },
        ListServicesRequest { kind: String::new(), ..good.clone() },
        ListServicesRequest { text: "b".to_owned(), ..good.clone() },
        ListServicesRequest { account_id: String::new(), roles: vec![], ..good.clone() },
    ] {
        let what = format!("{other:?}");
        is_refused(services(&server, other).await, &what);
    }
    let good = changes_page(changes_token, 1);
    for other in [
        ListContactChangesRequest { account_id: nora.account_id.clone(), ..good.clone() },
        ListContactChangesRequest { parts: vec![], ..good.clone() },
        ListContactChangesRequest { parts: vec![2], ..good.clone() },
        ListContactChangesRequest { states: vec![], ..good.clone() },
        ListContactChangesRequest { states: vec![1, 2], ..good.clone() },
        ListContactChangesRequest { service_id: "a.example".to_owned(), ..good.clone() },
        ListContactChangesRequest { account_id: String::new(), parts: vec![], ..good.clone() },
    ] {
        let what = format!("{other:?}");
        is_refused(changes(&server, other).await, &what);
    }
}
