//! What is kept: an event of every effect, and no secret; who may read it. What no call shows is read from the database
//! itself.

use std::time::Duration;

use relevo_tests::{
    Engine, Person, Refused, TestServer, on_every_engine,
    v1::{
        self, AcceptContactChangeRequest, Account, BillingStanding, ChangeState, ContactChange, EventKind,
        ListChangeEventsRequest, ListServiceEventsRequest, Service, UpdateAccountRequest, UpdateServiceRequest,
    },
};

on_every_engine!(
    every_effect_leaves_an_event_that_is_never_changed,
    the_history_holds_ids_and_neither_names_addresses_reasons_nor_codes,
    no_code_is_stored_in_any_form,
    events_say_who_did_what_to_what_and_what_moved_from_what_to_what,
    each_viewer_sees_the_events_that_he_may_see,
    to_a_stranger_there_are_no_events_as_there_is_no_service_and_no_change,
    events_are_listed_page_by_page_newest_first,
    the_events_of_a_deleted_service_are_there_for_those_who_see_everything,
    whatever_happened_the_history_is_found_whole,
);

/// One row of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Event {
    id: i64,
    time: i64,
    kind: String,
    caller: String,
    account_id: Option<String>,
    is_of_a_change: bool,
}

async fn history(server: &TestServer) -> Vec<Event> {
    let columns = "event_id || ' ' || event_time || ' ' || kind || ' ' || caller || ' ' || CASE WHEN change_id IS NULL THEN 0 ELSE 1 END \
                   || ' ' || coalesce(account_id, '')";
    let rows = server.database().await.texts(&format!("SELECT {columns} FROM event ORDER BY event_id")).await;
    let event = |row: &String| {
        let [id, time, kind, caller, is_of_a_change, account_id] =
            row.split(' ').collect::<Vec<_>>().try_into().unwrap();
        Event {
            id: id.parse().unwrap(),
            time: time.parse().unwrap(),
            kind: kind.to_owned(),
            caller: caller.to_owned(),
            account_id: (!account_id.is_empty()).then(|| account_id.to_owned()),
            is_of_a_change: is_of_a_change == "1",
        }
    };
    rows.iter().map(event).collect()
}

async fn every_effect_leaves_an_event_that_is_never_changed(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let before = history(&server).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, _) = (ann.reads_code().await, nora.reads_code().await);
    server.advance(Duration::from_secs(60));
    ann.accepts(&change, &anns).await.unwrap();
    nora.accepts(&change, &anns).await.unwrap_err();
    nora.asks_to_resend(&change).await.unwrap();
    let noras = nora.reads_code().await;
    nora.accepts(&change, &noras).await.unwrap();
    let after = history(&server).await;

    assert_eq!(after.get(..before.len()).unwrap(), before, "what was written stays as it was");
    let new = after.get(before.len()..).unwrap();
    let told: Vec<_> = new.iter().map(|event| (&*event.kind, event.account_id.as_deref())).collect();
    let (by_ann, by_nora) = (Some(&*ann.account_id), Some(&*nora.account_id));
    assert_eq!(
        told,
        [
            ("change-opened", by_ann),
            ("change-accepted", by_ann),
            ("token-refused", by_nora),
            ("token-resent", by_nora),
            ("change-accepted", by_nora),
            ("change-done", None),
        ],
        "and what had no effect is no event"
    );
    assert!(new.iter().all(|event| event.is_of_a_change && !event.caller.is_empty()));
    let moments: Vec<_> = new.iter().map(|event| server.now().as_microsecond() - event.time).collect();
    assert_eq!(moments, [60_000_000, 0, 0, 0, 0, 0]);
    server.leaves_mails_unread();
}

async fn the_history_holds_ids_and_neither_names_addresses_reasons_nor_codes(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, mut nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, _) = (ann.reads_code().await, nora.reads_code().await);
    nora.moves_to("nora@new.example").await;
    assert_eq!(ann.refuses(&change, &anns, "Changed my mind.").await.unwrap().state(), ChangeState::Refused);

    let history = format!("{:?}", history(&server).await);
    assert!(history.contains("change-refused") && history.contains("account-updated"), "{history}");
    for secret in ["Ann\"", "Nora\"", "@", "Changed my mind", &anns] {
        assert!(!history.contains(secret), "{secret:?} is in {history}");
    }
    server.leaves_mails_unread();
}

async fn no_code_is_stored_in_any_form(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    // A call that is remembered, so that it can be repeated, holds the code too.
    let request = AcceptContactChangeRequest {
        change_id: change.change_id.clone(),
        account_id: ann.account_id.clone(),
        token: anns.clone(),
        request_id: "5f3c0e6e-8d0b-4a5e-9d2c-0f5b1a7c9e42".to_owned(),
        ..Default::default()
    };
    server.requests().accept_contact_change(request).await.unwrap();
    nora.accepts(&change, &anns).await.unwrap_err();

    let home = server.home();
    for text in [&nora.email, &ann.account_id] {
        assert!(home.keeps(text).await, "what is looked for would be found");
    }
    for code in [&anns, &noras] {
        assert!(!home.keeps(code).await && !home.keeps(&code.replace('-', "")).await);
    }
}

/// All events of a service, oldest first, as one sees them who sees everything.
async fn all_events(server: &TestServer, service_id: &str) -> Vec<v1::Event> {
    let request = ListServiceEventsRequest { service_id: service_id.to_owned(), ..Default::default() };
    let mut events = server.contacts().list_service_events(request).await.unwrap().into_inner().events;
    events.reverse();
    events
}

/// An event as a line: what happened, by or to whom, and what moved.
fn line(event: &v1::Event) -> String {
    let details = event.details.iter().map(|it| format!("{} {}>{}", it.what, it.from, it.to)).collect::<Vec<_>>();
    let kind = event.kind().as_str_name().replace("EVENT_KIND_", "").to_lowercase();
    format!("{kind} [{}] {}", event.account_id, details.join(", ")).trim_end().to_owned()
}

fn lines(events: &[v1::Event]) -> Vec<String> {
    events.iter().map(line).collect()
}

/// Ann's service, on which Tom is technical and Bea billing contact, and her wish for Nora in Tom's place.
struct Story {
    server: TestServer,
    ann: Person,
    tom: Person,
    bea: Person,
    nora: Person,
    change: ContactChange,
}

async fn asked(on: Engine) -> Story {
    let server = TestServer::start(on).await;
    server.leaves_mails_unread();
    let [ann, tom, bea, nora] = server.people(["Ann", "Tom", "Bea", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &bea).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    Story { server, ann, tom, bea, nora, change }
}

async fn events_say_who_did_what_to_what_and_what_moved_from_what_to_what(on: Engine) {
    let Story { server, ann, tom, bea, nora, change } = asked(on).await;
    let [anns, mut noras] = [ann.reads_code().await, nora.reads_code().await];
    let service = Service { service_id: "example.com".to_owned(), kind: "vps".to_owned(), ..Default::default() };
    let service = Service { display_name: "My shop".to_owned(), ..service };
    let update = UpdateServiceRequest { service: Some(service), ..Default::default() };
    server.contacts().update_service(update).await.unwrap();
    ann.accepts(&change, &anns).await.unwrap();
    server.advance(Duration::from_secs(60));
    let mut moving = nora.clone();
    moving.moves_to("nora@new.example").await;
    nora.asks_to_resend(&change).await.unwrap();
    noras.clone_from(&moving.reads().await.into_iter().find_map(|letter| letter.token).unwrap());
    nora.accepts(&change, &noras).await.unwrap();
    let refused = ann.names(&nora).billing("example.com").await.unwrap();
    let code = moving.reads().await.into_iter().find_map(|letter| letter.token).unwrap();
    nora.refuses(&refused, &code, "Not my money.").await.unwrap();
    let cancelled = ann.names(&tom).billing("example.com").await.unwrap();
    ann.cancels(&cancelled).await.unwrap();
    ann.names(&tom).billing("example.com").await.unwrap();
    server.advance(Duration::from_secs(6 * 24 * 3600));
    server.sweep().await;
    server.advance(Duration::from_secs(24 * 3600));
    server.sweep().await;
    ann.names(&tom).billing("example.com").await.unwrap();
    server.deletes_service("example.com").await;

    let (a, t, b, n) = (&ann.account_id, &tom.account_id, &bea.account_id, &nora.account_id);
    let events = all_events(&server, "example.com").await;
    assert_eq!(
        lines(&events),
        [
            format!(
                "service_created [] service_id >example.com, kind >domain, administrator >{a}, technical >{t}, billing >{b}"
            ),
            format!("change_opened [{a}] state >pending, technical {t}>{n}"),
            "service_updated [] kind domain>vps, display_name >".to_owned(),
            format!("change_accepted [{a}] decision pending>accepted"),
            format!("token_superseded [{n}] token good>superseded"),
            format!("token_resent [{n}] generation 1>2"),
            format!("change_accepted [{n}] decision pending>accepted"),
            format!("change_done [] state pending>done, technical {t}>{n}"),
            format!("change_opened [{a}] state >pending, billing {b}>{n}"),
            format!("change_refused [{n}] decision pending>refused, state pending>refused"),
            format!("change_opened [{a}] state >pending, billing {b}>{t}"),
            format!("change_cancelled [{a}] state pending>cancelled"),
            format!("change_opened [{a}] state >pending, billing {b}>{t}"),
            format!("party_reminded [{a}]"),
            format!("party_reminded [{t}]"),
            "change_expired [] state pending>expired".to_owned(),
            format!("change_opened [{a}] state >pending, billing {b}>{t}"),
            "change_cancelled [] state pending>cancelled, cause >service-deleted".to_owned(),
            "service_deleted []".to_owned(),
        ]
    );
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), (1..=19).collect::<Vec<_>>());
    let callers: Vec<_> = events.iter().map(|event| event.caller.as_str()).collect();
    assert!(
        callers.iter().enumerate().all(|(n, caller)| (*caller == "sweeper") == (13..=15).contains(&n)),
        "{callers:?}"
    );
    assert!(callers.iter().all(|caller| !caller.is_empty()));
    let of_change = |event: &&v1::Event| event.change_id == change.change_id;
    let mut own = server_events_of(&server, &change).await;
    own.reverse();
    assert_eq!(own, events.iter().filter(of_change).cloned().collect::<Vec<_>>());

    // Accounts have a history of their own.
    bea.has_bills(BillingStanding::Overdue).await;
    let account = Account { account_id: b.clone(), language: "es".to_owned(), ..Default::default() };
    let account = Account { display_name: "Beatrix".to_owned(), ..account };
    let update = UpdateAccountRequest { account: Some(account), ..Default::default() };
    server.contacts().update_account(update).await.unwrap();
    let details =
        format!("SELECT details FROM event WHERE account_id = '{b}' AND service_key IS NULL ORDER BY event_id");
    let details = server.database().await.texts(&details).await;
    assert_eq!(details, ["billing_standing:  -> good", "billing_standing: good -> overdue", "display_name\nlanguage"]);
    server.has_whole_history().await;
}

async fn server_events_of(server: &TestServer, change: &ContactChange) -> Vec<v1::Event> {
    let request = ListChangeEventsRequest { change_id: change.change_id.clone(), ..Default::default() };
    server.requests().list_change_events(request).await.unwrap().into_inner().events
}

async fn each_viewer_sees_the_events_that_he_may_see(on: Engine) {
    let Story { server, ann, tom, bea, nora, change } = asked(on).await;
    let (_, noras) = (ann.reads_code().await, nora.reads_code().await);
    server.advance(Duration::from_secs(60));
    ann.asks_to_resend(&change).await.unwrap();
    nora.refuses(&change, &noras, "Not now.").await.unwrap();

    let (a, t, b, n) = (&ann.account_id, &tom.account_id, &bea.account_id, &nora.account_id);
    let opened = format!("change_opened [{a}] state >pending, technical {t}>{n}");
    let whole = [
        format!("change_refused [{n}] decision pending>refused, state pending>refused"),
        format!("token_resent [{a}] generation 1>2"),
        opened.clone(),
    ];
    // That he was to be replaced, and that it came to nothing; not by whom.
    let of_state = ["change_refused [] state pending>refused".to_owned(), opened];
    for party in [&ann, &nora] {
        assert_eq!(lines(&party.sees_events(&change).await.unwrap()), whole);
    }
    assert_eq!(lines(&tom.sees_events(&change).await.unwrap()), of_state);
    assert!(bea.sees_events(&change).await.unwrap_err().is("CHANGE_NOT_FOUND"));

    let made = format!(
        "service_created [] service_id >example.com, kind >domain, administrator >{a}, technical >{t}, billing >{b}"
    );
    let made_for_contacts = "service_created [] service_id >example.com, kind >domain".to_owned();
    let with = |events: &[String], made: &str| events.iter().cloned().chain([made.to_owned()]).collect::<Vec<_>>();
    assert_eq!(lines(&ann.sees_service_events("example.com").await.unwrap()), with(&whole, &made));
    assert_eq!(lines(&tom.sees_service_events("example.com").await.unwrap()), with(&of_state, &made_for_contacts));
    assert_eq!(lines(&bea.sees_service_events("example.com").await.unwrap()), [made_for_contacts]);
    assert!(nora.sees_service_events("example.com").await.unwrap_err().is("SERVICE_NOT_FOUND"), "it is not hers");
    for event in ann.sees_service_events("example.com").await.unwrap() {
        assert_eq!(event.caller, "", "which program called is for those who see everything");
    }
    assert!(server_events_of(&server, &change).await.iter().all(|event| !event.caller.is_empty()));

    // With the administration the sight of what was passes.
    let handing_over = ann.names(&bea).administrator("example.com").await.unwrap();
    let codes = [&ann, &bea]
        .map(async |party: &Person| party.reads().await.into_iter().rev().find_map(|letter| letter.token).unwrap());
    for (party, code) in [&ann, &bea].into_iter().zip(codes) {
        party.accepts(&handing_over, &code.await).await.unwrap();
    }
    assert_eq!(lines(&bea.sees_events(&change).await.unwrap()), whole);
    let events = lines(&bea.sees_service_events("example.com").await.unwrap());
    assert!(events.ends_with(&with(&whole, &made)), "{events:?}");
    assert!(ann.sees_service_events("example.com").await.unwrap_err().is("SERVICE_NOT_FOUND"), "she holds no role");
}

async fn to_a_stranger_there_are_no_events_as_there_is_no_service_and_no_change(on: Engine) {
    let Story { server, nora, change, .. } = asked(on).await;
    let xeno = server.person("Xeno").await;
    for stranger in [&xeno, &nora] {
        let there = stranger.sees_service_events("example.com").await.unwrap_err();
        assert!(there.is("SERVICE_NOT_FOUND"));
        assert_eq!(there, stranger.sees_service_events("nowhere.example.com").await.unwrap_err());
        assert_eq!(there, stranger.sees_service("example.com").await.unwrap_err());
    }
    let there = xeno.sees_events(&change).await.unwrap_err();
    assert!(there.is("CHANGE_NOT_FOUND"));
    let nowhere = ContactChange { change_id: "01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a20".to_owned(), ..Default::default() };
    assert_eq!(there, xeno.sees_events(&nowhere).await.unwrap_err());
}

async fn events_are_listed_page_by_page_newest_first(on: Engine) {
    let Story { server, ann, tom, nora, change, .. } = asked(on).await;
    for _ in 0..4 {
        server.advance(Duration::from_secs(60));
        nora.asks_to_resend(&change).await.unwrap();
    }
    let page = async |size: i32, token: &str, viewer: &Person| -> Result<(Vec<v1::Event>, String), Refused> {
        let (service_id, account_id) = ("example.com".to_owned(), viewer.account_id.clone());
        let request =
            ListServiceEventsRequest { service_id, account_id, page_size: size, page_token: token.to_owned() };
        let page = server.contacts().list_service_events(request).await?.into_inner();
        Ok((page.events, page.next_page_token))
    };
    let of_change = async |size: i32, token: &str| -> Result<(Vec<v1::Event>, String), Refused> {
        let (change_id, account_id) = (change.change_id.clone(), ann.account_id.clone());
        let request = ListChangeEventsRequest { change_id, account_id, page_size: size, page_token: token.to_owned() };
        let page = server.requests().list_change_events(request).await?.into_inner();
        Ok((page.events, page.next_page_token))
    };
    let all = ann.sees_service_events("example.com").await.unwrap();
    assert_eq!(all.len(), 6);
    assert!(all.is_sorted_by_key(|event| std::cmp::Reverse(event.sequence)));
    for size in [1, 2, 5, 6, 7] {
        let (mut listed, mut token) = (Vec::new(), String::new());
        loop {
            let (events, next) = page(size, &token, &ann).await.unwrap();
            assert!(events.len() <= usize::try_from(size).unwrap());
            listed.extend(events);
            token = next;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(listed, all, "{size}");
    }
    let (first, token) = of_change(2, "").await.unwrap();
    assert_eq!([first, of_change(50, &token).await.unwrap().0].concat(), all.get(..5).unwrap());
    let (_, other) = page(2, "", &ann).await.unwrap();
    for wrong in [page(2, &other, &tom).await, page(2, "x", &ann).await, of_change(2, &other).await] {
        assert_eq!(wrong.unwrap_err().reason, "PAGE_TOKEN_INVALID");
    }
    // What he may not see is no part of a page.
    assert_eq!(page(2, "", &tom).await.unwrap().0.len(), 2);
    assert_eq!(page(2, "", &tom).await.unwrap().1, "");
}

async fn the_events_of_a_deleted_service_are_there_for_those_who_see_everything(on: Engine) {
    let Story { server, ann, .. } = asked(on).await;
    server.deletes_service("example.com").await;
    let events = all_events(&server, "example.com").await;
    assert_eq!(events.last().unwrap().kind(), EventKind::ServiceDeleted);
    assert_eq!(events.len(), 4);
    assert!(ann.sees_service_events("example.com").await.unwrap_err().is("SERVICE_NOT_FOUND"));
    server.advance(Duration::from_secs(1));
    ann.orders("example.com").await;
    assert_eq!(lines(&all_events(&server, "example.com").await).len(), 1, "the new one inherits no history");
    assert_eq!(ann.sees_service_events("example.com").await.unwrap().len(), 1);
    server.has_whole_history().await;
}

async fn whatever_happened_the_history_is_found_whole(on: Engine) {
    let Story { server, ann, mut nora, tom, change, .. } = asked(on).await;
    nora.moves_to("nora@new.example").await;
    ann.cancels(&change).await.unwrap();
    ann.names(&tom).billing("example.com").await.unwrap();
    server.advance(Duration::from_secs(8 * 24 * 3600));
    server.sweep().await;
    server.deletes_service("example.com").await;
    server.deliver().await;
    nora.leaves().await.unwrap();
    let chains = server.database().await.texts("SELECT name FROM chain ORDER BY name").await;
    assert_eq!(chains.len(), 5);
    let open = server.database().await.texts("SELECT kind FROM event WHERE chain IS NULL").await;
    assert_eq!(open, [""; 0]);
    let lengths = "SELECT CAST(sum(length) AS text) FROM chain UNION ALL SELECT CAST(count(*) AS text) FROM event";
    let lengths = server.database().await.texts(lengths).await;
    assert_eq!(lengths[0], lengths[1]);
    server.has_whole_history().await;
}
