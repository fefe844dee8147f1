//! What is kept: an event of every effect, and no secret. Read from the database itself, as no call shows it.

use std::time::Duration;

use relevo_tests::{
    Engine, TestServer, on_every_engine,
    v1::{AcceptContactChangeRequest, ChangeState},
};

on_every_engine!(
    every_effect_leaves_an_event_that_is_never_changed,
    the_history_holds_ids_and_neither_names_addresses_reasons_nor_codes,
    no_code_is_stored_in_any_form,
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
            ("token-resent", by_nora),
            ("change-accepted", by_nora),
            ("change-done", None),
        ],
        "and what had no effect is no event"
    );
    assert!(new.iter().all(|event| event.is_of_a_change && !event.caller.is_empty()));
    let moments: Vec<_> = new.iter().map(|event| server.now().as_microsecond() - event.time).collect();
    assert_eq!(moments, [60_000_000, 0, 0, 0, 0]);
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
