//! That nobody alters the history unseen who has the database and not the key.

use std::collections::BTreeSet;

use relevo_domain::{Chain, Detail, Effects, Event, EventKind, Key, Keyring, ServiceKey};
use relevo_persistence::{Audit, Author, Error, Mark};
use uuid::Uuid;

use crate::{
    engine::Database,
    people::{account, ann_named_nora, at, author, id, keyring, service},
};

on_every_engine!(
    a_history_that_nobody_touched_is_whole,
    whatever_column_of_whichever_event_is_altered_it_is_found,
    events_that_are_taken_away_added_swapped_or_moved_are_found,
    a_head_that_is_altered_or_taken_away_is_found,
    a_chain_that_is_written_anew_without_the_key_is_found,
    a_chain_that_is_put_back_with_its_head_is_told_by_a_checkpoint,
    a_checkpoint_out_of_order_or_unreadable_is_refused,
    what_was_done_to_a_chain_is_not_hidden_by_what_is_appended_to_it,
    a_ring_that_turns_goes_on_and_needs_the_old_key_until_the_heads_are_proved_anew,
    an_event_whose_id_is_far_off_is_found_as_soon_as_any,
    what_is_written_without_a_chain_is_found_until_it_is_adopted,
    a_head_that_was_taken_away_is_not_begun_anew_by_adopting,
    chains_that_many_append_to_at_once_are_whole,
);

const FIRST: u128 = 1;
const OTHER: u128 = 2;

fn chain(service: u128) -> Chain {
    Chain::of_service(ServiceKey(Uuid::from_u128(service)))
}

fn of_service(service: u128, kind: EventKind) -> Event {
    Event {
        kind,
        account_id: Some(id("ann")),
        service_key: Some(ServiceKey(Uuid::from_u128(service))),
        change_id: Some(relevo_domain::ChangeId(Uuid::from_u128(77))),
        details: vec![Detail::moved("kind", "domain", "vps"), Detail::field("display_name")],
    }
}

fn of_ann(kind: EventKind) -> Event {
    Event { kind, account_id: Some(id("ann")), service_key: None, change_id: None, details: Vec::new() }
}

async fn push(db: &Database, events: Vec<Event>, keyring: &Keyring) {
    let tx = db.store.write().await.unwrap();
    let author = Author { name: "caller", keyring };
    tx.push(&Effects { events, ..Effects::default() }, author, at(9)).await.unwrap();
    tx.commit().await.unwrap();
}

/// Ann, and two services of hers with five events each.
async fn written(db: &Database) {
    let tx = db.store.write().await.unwrap();
    tx.insert_account(&account("ann")).await.unwrap();
    for (n, name) in [(FIRST, "example.com"), (OTHER, "example.net")] {
        tx.insert_service(&service(n, name, "ann ann ann")).await.unwrap();
    }
    tx.commit().await.unwrap();
    push(db, vec![of_ann(EventKind::AccountCreated)], &keyring()).await;
    for n in [FIRST, OTHER] {
        push(db, vec![of_service(n, EventKind::ServiceCreated)], &keyring()).await;
    }
    for _ in 0..2 {
        let updated = |n| of_service(n, EventKind::ServiceUpdated);
        push(db, vec![updated(FIRST), updated(OTHER), updated(OTHER), updated(FIRST)], &keyring()).await;
    }
}

async fn audit(db: &Database, keyring: &Keyring, marks: Vec<Result<Mark, Error>>) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    let audit = db.store.read().await?.audit(keyring, marks.into_iter(), |it| found.push(it.to_string())).await?;
    assert_eq!(audit.findings, found.len() as u64);
    Ok(found)
}

async fn found(db: &Database) -> Vec<String> {
    audit(db, &keyring(), Vec::new()).await.unwrap()
}

async fn marks(db: &Database) -> Vec<Result<Mark, Error>> {
    marks_under(db, &keyring()).await.into_iter().map(Ok).collect()
}

async fn found_since(db: &Database, marks: Vec<Result<Mark, Error>>) -> Vec<String> {
    audit(db, &keyring(), marks).await.unwrap()
}

/// Notes the history as it is under a name, heads and all.
async fn keep(db: &Database, name: &str) {
    db.execute(&format!("CREATE TABLE event_{name} AS SELECT * FROM event")).await;
    db.execute(&format!("CREATE TABLE chain_{name} AS SELECT * FROM chain")).await;
}

/// Puts it back.
async fn put_back(db: &Database, name: &str) {
    for table in ["event", "chain"] {
        db.execute(&format!("DELETE FROM {table}")).await;
        db.execute(&format!("INSERT INTO {table} SELECT * FROM {table}_{name}")).await;
    }
}

/// The event of a chain at a place, in SQL.
fn place(service: u128, sequence: i64) -> String {
    format!("chain = '{}' AND sequence = {sequence}", chain(service))
}

async fn columns(db: &Database) -> BTreeSet<String> {
    let of = match db.is_file() {
        true => "(SELECT count(*) FROM pragma_table_info('event'))",
        false => "(SELECT count(*) FROM information_schema.columns WHERE table_name = 'event')",
    };
    let all = [
        "event_id",
        "event_time",
        "kind",
        "caller",
        "account_id",
        "service_key",
        "change_id",
        "details",
        "chain",
        "sequence",
        "digest",
    ];
    assert_eq!(
        db.number(&format!("SELECT {of}")).await,
        i64::try_from(all.len()).unwrap(),
        "a column that is not tried"
    );
    all.into_iter().map(str::to_owned).collect()
}

async fn a_history_that_nobody_touched_is_whole(db: &Database) {
    written(db).await;
    let view = db.store.read().await.unwrap();
    let audit = view.audit(&keyring(), marks(db).await.into_iter(), |it| panic!("{it}")).await.unwrap();
    assert_eq!(audit, Audit { chains: 3, events: 11, findings: 0 });
    let events = view.events_of_service(ServiceKey(Uuid::from_u128(FIRST)), None, None, 50).await.unwrap();
    assert_eq!(events.iter().map(|event| event.sequence.unwrap()).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
    assert_eq!(events[0].details, of_service(FIRST, EventKind::ServiceUpdated).details);
}

async fn whatever_column_of_whichever_event_is_altered_it_is_found(db: &Database) {
    written(db).await;
    keep(db, "whole").await;
    let other = |column: &str| format!("(SELECT {column} FROM event_whole WHERE {})", place(OTHER, 2));
    for column in columns(db).await {
        let mut values = match column.as_str() {
            "event_id" => vec!["event_id + 1000".to_owned()],
            "event_time" => vec!["event_time + 1".to_owned(), "event_time - 1".to_owned()],
            "sequence" => vec!["sequence + 100".to_owned(), "-1".to_owned(), "0".to_owned()],
            "kind" => vec!["'service-deleted'".to_owned(), "''".to_owned()],
            "account_id" => vec!["'no1-ovh'".to_owned(), "''".to_owned()],
            "change_id" => vec![other("service_key")],
            "details" => vec!["'kind: domain -> dedicated'".to_owned(), "''".to_owned(), "details || ' '".to_owned()],
            "service_key" | "digest" => vec![other(&column)],
            "chain" => vec!["chain || '0'".to_owned(), "'account/an1-ovh'".to_owned()],
            _ => vec!["'other'".to_owned(), "''".to_owned()],
        };
        if ["account_id", "service_key", "change_id", "details", "chain", "sequence", "digest"]
            .contains(&column.as_str())
        {
            values.push("NULL".to_owned());
        }
        for (sequence, value) in [1, 3, 5].into_iter().flat_map(|sequence| values.iter().map(move |it| (sequence, it)))
        {
            let told = format!("{column} = {value} of {sequence}");
            // Two at the place of an account's first event are refused by the index of places.
            if value.contains("account/") && sequence == 1 {
                continue;
            }
            let sql = format!("UPDATE event SET {column} = {value} WHERE {}", place(FIRST, sequence));
            assert_eq!(db.execute(&sql).await, 1, "{told}");
            let found = found(db).await;
            let named = format!("{} (example.com) {sequence}", chain(FIRST));
            assert!(found.iter().any(|it| it.starts_with(&named)), "{told}: {found:?}");
            put_back(db, "whole").await;
        }
    }
    assert_eq!(found(db).await, [""; 0]);
}

async fn events_that_are_taken_away_added_swapped_or_moved_are_found(db: &Database) {
    written(db).await;
    keep(db, "whole").await;
    let (of, other) = (chain(FIRST), chain(OTHER));
    let copied = |chain: &str, sequence: &str, from: i64| {
        format!(
            "INSERT INTO event SELECT event_id + 500, event_time, kind, caller, account_id, service_key, change_id, details,
             {chain}, {sequence}, digest FROM event WHERE {}",
            place(FIRST, from)
        )
    };
    let delete = |sequence| format!("DELETE FROM event WHERE {}", place(FIRST, sequence));
    let moved = |to: String, sequence| {
        format!(
            "UPDATE event SET chain = '{other}', sequence = {to}, service_key = (SELECT service_key FROM event WHERE {}) WHERE {}",
            place(OTHER, 1),
            place(FIRST, sequence)
        )
    };
    for (what, statements, expected) in [
        ("the first is deleted", vec![delete(1)], vec![format!("{of} (example.com) 1: missing")]),
        ("one is deleted", vec![delete(3)], vec![format!("{of} (example.com) 3: missing")]),
        ("the newest is deleted", vec![delete(5)], vec![format!("{of} (example.com) 5: missing")]),
        (
            "the newest three are",
            vec![delete(3), delete(4), delete(5)],
            vec![format!("{of} (example.com) 3 to 5: missing")],
        ),
        (
            "all events are deleted",
            vec![format!("DELETE FROM event WHERE chain = '{of}'")],
            vec![format!("{of} (example.com) 1 to 5: missing")],
        ),
        (
            "and the head too",
            vec![format!("DELETE FROM event WHERE chain = '{of}'"), format!("DELETE FROM chain WHERE name = '{of}'")],
            vec![format!("{of} (example.com) head: missing")],
        ),
        (
            "one is added at the end",
            vec![copied("chain", "6", 5)],
            vec![format!("{of} (example.com) 6: altered"), format!("{of} (example.com) 6: added")],
        ),
        (
            "one is put in between",
            vec![format!("UPDATE event SET sequence = 6 WHERE {}", place(FIRST, 5)), copied("chain", "5", 4)],
            vec![
                format!("{of} (example.com) 5: altered"),
                format!("{of} (example.com) 6: altered"),
                format!("{of} (example.com) 6: added"),
            ],
        ),
        ("one is added before the first", vec![copied("chain", "0", 1)], vec![format!("{of} (example.com) 0: added")]),
        (
            "two are swapped",
            vec![
                format!("UPDATE event SET sequence = 99 WHERE {}", place(FIRST, 2)),
                format!("UPDATE event SET sequence = 2 WHERE {}", place(FIRST, 3)),
                format!("UPDATE event SET sequence = 3 WHERE {}", place(FIRST, 99)),
            ],
            vec![
                format!("{of} (example.com) 2: altered"),
                format!("{of} (example.com) 3: altered"),
                format!("{of} (example.com) 4: altered"),
            ],
        ),
        (
            "the newest is moved to another service",
            vec![moved("6".to_owned(), 5)],
            vec![
                format!("{of} (example.com) 5: missing"),
                format!("{other} (example.net) 6: altered"),
                format!("{other} (example.net) 6: added"),
            ],
        ),
        (
            "it takes the place of one there",
            vec![format!("DELETE FROM event WHERE {}", place(OTHER, 5)), moved("5".to_owned(), 5)],
            vec![
                format!("{of} (example.com) 5: missing"),
                format!("{other} (example.net) 5: altered"),
                format!("{other} (example.net) head: not that of the newest event"),
            ],
        ),
        (
            "the service itself is deleted",
            vec![
                "DELETE FROM contact WHERE service_id = 'example.com'".to_owned(),
                "DELETE FROM service WHERE service_id = 'example.com'".to_owned(),
            ],
            vec![format!("{of}: what it is the history of is missing")],
        ),
    ] {
        for statement in &statements {
            assert!(db.force(statement).await > 0, "{what}: {statement}");
        }
        assert_eq!(found(db).await, expected, "{what}");
        put_back(db, "whole").await;
    }
    assert_eq!(found(db).await, [format!("{of}: what it is the history of is missing")], "which was the last");
}

async fn a_head_that_is_altered_or_taken_away_is_found(db: &Database) {
    written(db).await;
    keep(db, "whole").await;
    let of = chain(FIRST);
    let of_other = |column: &str| format!("(SELECT {column} FROM chain_whole WHERE name = '{}')", chain(OTHER));
    let digest = format!("(SELECT digest FROM event_whole WHERE {})", place(FIRST, 4));
    let altered = vec![format!("{of} (example.com) head: altered")];
    for (set, expected) in [
        ("length = 4".to_owned(), altered.clone()),
        ("length = 6".to_owned(), altered.clone()),
        (format!("digest = {digest}"), altered.clone()),
        // Back by one, as good as it can be done.
        (format!("length = 4, digest = {digest}"), altered.clone()),
        (format!("proof = {}", of_other("proof")), altered.clone()),
        (format!("digest = {}, proof = {}", of_other("digest"), of_other("proof")), altered.clone()),
        (
            "key_id = 'lost'".to_owned(),
            vec![format!("{of} (example.com) head: cannot be verified without the key \"lost\"")],
        ),
    ] {
        assert_eq!(db.execute(&format!("UPDATE chain SET {set} WHERE name = '{of}'")).await, 1);
        assert_eq!(found(db).await, expected, "{set}");
        put_back(db, "whole").await;
    }
    db.execute(&format!("DELETE FROM chain WHERE name = '{of}'")).await;
    assert_eq!(found(db).await, [format!("{of} (example.com) head: missing")]);
    put_back(db, "whole").await;
    db.execute(&format!("UPDATE chain SET name = 'service/of-nobody' WHERE name = '{of}'")).await;
    let nobody = ["service/of-nobody head: altered", "service/of-nobody: what it is the history of is missing"];
    assert_eq!(found(db).await, [&format!("{of} (example.com) head: missing"), nobody[0], nobody[1]]);
}

async fn a_chain_that_is_written_anew_without_the_key_is_found(db: &Database) {
    written(db).await;
    keep(db, "whole").await;
    let of = chain(FIRST);
    let forger = Keyring::new(Key::new([66; 32]), Vec::new());
    let forge = async || {
        for (table, column) in [("event", "chain"), ("chain", "name")] {
            db.execute(&format!("DELETE FROM {table} WHERE {column} = '{of}'")).await;
        }
        push(db, vec![of_service(FIRST, EventKind::ServiceCreated)], &forger).await;
        for _ in 0..4 {
            push(db, vec![of_service(FIRST, EventKind::ServiceDeleted)], &forger).await;
        }
    };
    forge().await;
    let own = forger.signing().key_id().0.clone();
    assert_eq!(found(db).await, [format!("{of} (example.com) head: cannot be verified without the key {own:?}")]);
    let key = &keyring().signing().key_id().0.clone();
    db.execute(&format!("UPDATE chain SET key_id = '{key}' WHERE name = '{of}'")).await;
    assert_eq!(found(db).await, [format!("{of} (example.com) head: altered")]);
    // Under the head that was there, which is of as many events.
    db.execute(&format!("DELETE FROM chain WHERE name = '{of}'")).await;
    db.execute(&format!("INSERT INTO chain SELECT * FROM chain_whole WHERE name = '{of}'")).await;
    assert_eq!(found(db).await, [format!("{of} (example.com) head: not that of the newest event")]);
}

async fn a_chain_that_is_put_back_with_its_head_is_told_by_a_checkpoint(db: &Database) {
    written(db).await;
    keep(db, "before").await;
    push(db, vec![of_service(FIRST, EventKind::ServiceDeleted)], &keyring()).await;
    let noted: Vec<Mark> = marks(db).await.into_iter().map(Result::unwrap).collect();
    let checkpoint = || noted.iter().cloned().map(Ok).collect::<Vec<_>>();
    let of = chain(FIRST);
    assert_eq!(found_since(db, checkpoint()).await, [""; 0]);
    push(db, vec![of_service(OTHER, EventKind::ServiceDeleted)], &keyring()).await;
    assert_eq!(found_since(db, checkpoint()).await, [""; 0], "what came since is no matter");

    put_back(db, "before").await;
    assert_eq!(found(db).await, [""; 0], "nothing in the database tells");
    let missing = format!("{of} (example.com) 6 to 6: missing since the checkpoint");
    assert_eq!(found_since(db, checkpoint()).await, [missing]);
    // It goes on from there as if nothing were.
    push(db, vec![of_service(FIRST, EventKind::ServiceUpdated)], &keyring()).await;
    assert_eq!(found(db).await, [""; 0]);
    let another = format!("{of} (example.com) 6: another than at the checkpoint");
    assert_eq!(found_since(db, checkpoint()).await, [another]);

    for table in ["contact", "service"] {
        db.force(&format!("DELETE FROM {table} WHERE service_id = 'example.com'")).await;
    }
    for (table, column) in [("event", "chain"), ("chain", "name")] {
        db.execute(&format!("DELETE FROM {table} WHERE {column} = '{of}'")).await;
    }
    assert_eq!(found(db).await, [""; 0], "as if it had never been");
    assert_eq!(found_since(db, checkpoint()).await, [format!("{of} 1 to 6: missing since the checkpoint")]);
}

async fn a_checkpoint_out_of_order_or_unreadable_is_refused(db: &Database) {
    written(db).await;
    let wrong = vec![Err(Error::Checkpoint("line 1 is not right".to_owned()))];
    let error = audit(db, &keyring(), wrong).await.unwrap_err();
    assert_eq!(error.to_string(), "the checkpoint cannot be read: line 1 is not right");
    // A head that proves nothing is not noted as if it did.
    db.execute("UPDATE chain SET length = 4 WHERE length = 5").await;
    let marks = db.store.read().await.unwrap().marks_after(None, &keyring()).await.unwrap();
    let (noted, unproven): (Vec<_>, Vec<_>) = marks.into_iter().partition(Result::is_ok);
    assert_eq!(noted.len(), 1, "Ann's");
    assert_eq!(unproven, [Err(chain(FIRST)), Err(chain(OTHER))]);
}

async fn what_was_done_to_a_chain_is_not_hidden_by_what_is_appended_to_it(db: &Database) {
    written(db).await;
    keep(db, "whole").await;
    let of = chain(FIRST);
    let more = || push_updates(db);
    let head = format!(
        "UPDATE chain SET length = 4, digest = (SELECT digest FROM event WHERE {}) WHERE name = '{of}'",
        place(FIRST, 4)
    );
    let newest = format!("DELETE FROM event WHERE {}", place(FIRST, 5));
    let all = [format!("DELETE FROM event WHERE chain = '{of}'"), format!("DELETE FROM chain WHERE name = '{of}'")];
    let key = format!("{head} AND key_id <> 'lost'").replace("SET length", "SET key_id = 'lost', length");
    for (statements, expected) in [
        (vec![head.clone(), newest.clone()], " (example.com) head: altered"),
        (vec![key, newest], " (example.com) head: altered"),
        (all.to_vec(), " (example.com) head: missing"),
    ] {
        for statement in &statements {
            assert!(db.execute(statement).await > 0, "{statement}");
        }
        more().await;
        more().await;
        let found = found(db).await;
        assert!(found.contains(&format!("{of}{expected}")), "{statements:?}: {found:?}");
        put_back(db, "whole").await;
    }
}

async fn push_updates(db: &Database) {
    push(db, vec![of_service(FIRST, EventKind::ServiceUpdated)], &keyring()).await;
}

async fn a_ring_that_turns_goes_on_and_needs_the_old_key_until_the_heads_are_proved_anew(db: &Database) {
    written(db).await;
    let new = Key::new([8; 32]);
    let turned = Keyring::new(new.clone(), vec![keyring().signing().clone()]);
    push(db, vec![of_service(FIRST, EventKind::ServiceUpdated)], &turned).await;
    // A process that does not sign with it yet.
    let waiting = Keyring::new(keyring().signing().clone(), vec![new.clone()]);
    push(db, vec![of_service(FIRST, EventKind::ServiceUpdated)], &waiting).await;
    push(db, vec![of_service(FIRST, EventKind::ServiceUpdated)], &turned).await;
    for ring in [&turned, &waiting] {
        assert_eq!(audit(db, ring, Vec::new()).await.unwrap(), [""; 0]);
    }
    let lost = Keyring::new(new, Vec::new());
    let old = &keyring().signing().key_id().0.clone();
    let needs_it = |of: String| format!("{of} head: cannot be verified without the key {old:?}");
    let expected = [needs_it("account/an1-ovh".to_owned()), needs_it(format!("{} (example.net)", chain(OTHER)))];
    assert_eq!(audit(db, &lost, Vec::new()).await.unwrap(), expected);

    let checkpoint: Vec<Mark> = marks_under(db, &turned).await;
    db.execute(&format!("UPDATE chain SET length = 4 WHERE name = '{}'", chain(OTHER))).await;
    let unproven = db.store.prove_heads(&turned).await.unwrap();
    assert_eq!(unproven, [chain(OTHER)], "what was altered is not proved as if it were not");
    assert_eq!(audit(db, &lost, Vec::new()).await.unwrap(), expected[1..]);
    db.execute(&format!("UPDATE chain SET length = 5 WHERE name = '{}'", chain(OTHER))).await;
    assert_eq!(db.store.prove_heads(&turned).await.unwrap(), []);
    assert_eq!(audit(db, &lost, checkpoint.into_iter().map(Ok).collect()).await.unwrap(), [""; 0]);
    assert_eq!(audit(db, &keyring(), Vec::new()).await.unwrap().len(), 3, "the old key proves nothing any more");
    push(db, vec![of_service(OTHER, EventKind::ServiceUpdated)], &lost).await;
    assert_eq!(audit(db, &lost, Vec::new()).await.unwrap(), [""; 0]);
}

async fn marks_under(db: &Database, keyring: &Keyring) -> Vec<Mark> {
    let marks = db.store.read().await.unwrap().marks_after(None, keyring).await.unwrap();
    marks.into_iter().map(Result::unwrap).collect()
}

/// What a process of the version before writes.
async fn writes_as_before(db: &Database, kind: &str, of: &str) {
    let sql = format!(
        "INSERT INTO event (event_time, kind, caller, service_key) SELECT {}, '{kind}', 'old', service_key FROM service
         WHERE service_id = '{of}'",
        at(20).as_microsecond()
    );
    assert_eq!(db.execute(&sql).await, 1);
}

async fn an_event_whose_id_is_far_off_is_found_as_soon_as_any(db: &Database) {
    written(db).await;
    let ids = [-4_000_000_000_000_000_000_i64, 1_000_000, 4_000_000_000_000_000_000];
    for id in ids.into_iter().skip(usize::from(db.is_file())) {
        let sql =
            format!("INSERT INTO event (event_id, event_time, kind, caller) VALUES ({id}, 0, 'account-updated', 'x')");
        db.execute(&sql).await;
    }
    let found = found(db).await;
    assert!(found.len() == 1 && found[0].contains(" in no chain, of 1970-01-01T00:00:00Z"), "{found:?}");
}

async fn what_is_written_without_a_chain_is_found_until_it_is_adopted(db: &Database) {
    // Nothing of it has been chained: this is what an old version leaves, but for the change.
    ann_named_nora(db).await;
    writes_as_before(db, "service-created", "example.com").await;
    writes_as_before(db, "service-updated", "example.com").await;
    let all = found(db).await;
    let unchained = "events 1 to 3: 3 in no chain, of 2026-03-02T09:00:00Z to 2026-03-02T09:00:20Z: written by an older version, or added";
    assert!(all.contains(&format!("{} (example.com) head: missing", chain(1))), "{all:?}");
    assert!(
        all.contains(&"account/an1-ovh head: missing".to_owned()) && all.contains(&unchained.to_owned()),
        "{all:?}"
    );
    assert_eq!(all.len(), 6 + 1 + 1);

    let early = db.store.adopt(&keyring(), at(-1), at(30)).await.unwrap();
    assert_eq!((early.chains, early.events), (0, 0), "nothing was there then");
    let first = db.store.adopt(&keyring(), at(19), at(30)).await.unwrap();
    assert_eq!((first.chains, first.events), (7, 1));
    assert_eq!(found(db).await.len(), 1, "those that were written later");
    let rest = db.store.adopt(&keyring(), at(20), at(31)).await.unwrap();
    assert_eq!((rest.chains, rest.events), (0, 2));
    assert_eq!(found(db).await, [""; 0]);
    assert_eq!(db.store.adopt(&keyring(), at(99), at(32)).await.unwrap(), relevo_persistence::Adopted::default());

    push_updates(db).await;
    writes_as_before(db, "service-updated", "example.com").await;
    push_updates(db).await;
    assert_eq!(found(db).await.len(), 1, "what an old process wrote meanwhile");
    db.store.adopt(&keyring(), at(99), at(33)).await.unwrap();
    assert_eq!(found(db).await, [""; 0]);
    let view = db.store.read().await.unwrap();
    let events = view.events_of_service(ServiceKey(Uuid::from_u128(1)), None, None, 50).await.unwrap();
    let places: Vec<_> = events.iter().rev().map(|event| event.sequence.unwrap()).collect();
    assert_eq!(places, [1, 2, 3, 4, 6, 5], "the one that was adopted last is the last of the chain");
    assert_eq!(events[1].details, [Detail::new("adopted", at(33))]);
}

async fn a_head_that_was_taken_away_is_not_begun_anew_by_adopting(db: &Database) {
    written(db).await;
    db.execute(&format!("DELETE FROM chain WHERE name = '{}'", chain(FIRST))).await;
    let before = found(db).await;
    let adopted = db.store.adopt(&keyring(), at(99), at(99)).await.unwrap();
    assert_eq!((adopted.chains, adopted.events), (0, 0));
    assert_eq!(found(db).await, before);
}

async fn chains_that_many_append_to_at_once_are_whole(db: &Database) {
    written(db).await;
    let tasks = (0..16).map(|n| {
        let store = db.store.clone();
        tokio::spawn(async move {
            for _ in 0..5 {
                // In either order.
                let mut events = vec![of_service(FIRST, EventKind::ServiceUpdated), of_ann(EventKind::AccountUpdated)];
                events.push(of_service(OTHER, EventKind::ServiceUpdated));
                if n % 2 == 0 {
                    events.reverse();
                }
                let tx = store.write().await.unwrap();
                tx.push(&Effects { events, ..Effects::default() }, author("caller"), at(n)).await.unwrap();
                if n == 3 {
                    tx.roll_back().await.unwrap();
                } else {
                    tx.commit().await.unwrap();
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(found(db).await, [""; 0]);
    assert_eq!(db.number("SELECT count(*) FROM event").await, 11 + 15 * 5 * 3);
}
