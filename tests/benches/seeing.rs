//! How long the service takes to refuse what an account may not see, beside what does not exist: `make bench`.
//!
//! Both are asked in turn over one connection. Whoever has measured an answer and bets on "it is there" when it took
//! longer than the median of both must be right no more often than [`MOST`].

#![expect(clippy::print_stdout, reason = "it is read by people")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "it stops where it cannot go on")]

use std::time::{Duration, Instant};

use relevo_tests::{
    Call, Engine, TestServer,
    v1::{
        AcceptContactChangeRequest, CancelContactChangeRequest, Contacts, CreateContactChangesRequest,
        GetContactChangeRequest, GetServiceRequest, InspectTokenRequest, ListChangeEventsRequest,
        ListDeliveriesRequest, ListServiceEventsRequest, RefuseContactChangeRequest, ResendTokenRequest,
    },
};

/// How often each is asked.
const TIMES: usize = 3_000;
/// How many bets of a hundred may be won; fifty are by chance.
const MOST: f64 = 58.0;
const NO_TOKEN: &str = "0000-0000-0000-0000-0000-0000-0000-0000";
const NO_CHANGE: &str = "01a1b2c3-0000-7000-8000-000000000000";
/// Nobody shall be told to wait.
const SETTINGS: &str = "limits.account = { per_minute = 1000000, burst = 1000000 }\n\
                        limits.wrong_tokens = { per_minute = 1000000, burst = 1000000 }\n\
                        limits.caller = { per_second = 1000000, burst = 1000000 }\n";

/// The calls of a stranger about a change and its service.
#[expect(clippy::needless_update, reason = "most messages have other fields")]
fn calls(change_id: &str, service_id: &str, stranger: &str) -> Vec<Call> {
    let (change_id, service_id, account_id) = (change_id.to_owned(), service_id.to_owned(), stranger.to_owned());
    let (requester, token) = (account_id.clone(), NO_TOKEN.to_owned());
    let contacts = Some(Contacts { technical: account_id.clone(), ..Default::default() });
    macro_rules! calls {
        ($($request:ident { $($field:ident),* })*) => {
            vec![$(Call::from($request { $($field: $field.clone(),)* ..Default::default() })),*]
        };
    }
    calls! {
        GetContactChangeRequest { change_id, account_id }
        InspectTokenRequest { change_id, token }
        ListDeliveriesRequest { change_id, account_id }
        ListChangeEventsRequest { change_id, account_id }
        CancelContactChangeRequest { change_id, account_id }
        ResendTokenRequest { change_id, account_id }
        AcceptContactChangeRequest { change_id, account_id, token }
        RefuseContactChangeRequest { change_id, account_id, token }
        CreateContactChangesRequest { service_id, requester, contacts }
        GetServiceRequest { service_id, account_id }
        ListServiceEventsRequest { service_id, account_id }
    }
}

async fn refused(server: &TestServer, call: &Call) -> Duration {
    let call = call.clone();
    let asked = Instant::now();
    let answer = call.send(server).await;
    let took = asked.elapsed();
    assert_ne!(answer.unwrap_err().reason, "RATE_LIMITED");
    took
}

/// How many bets of a hundred on the slower, or else on the faster being there are won.
fn won(hidden: &[Duration], missing: &[Duration]) -> f64 {
    let mut all = [hidden, missing].concat();
    all.sort_unstable();
    let middle = all[all.len() / 2];
    let right = hidden.iter().filter(|it| **it > middle).count() + missing.iter().filter(|it| **it <= middle).count();
    let share = 100.0 * right as f64 / all.len() as f64;
    share.max(100.0 - share)
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}

/// Asks a stranger's calls on an engine, and prints how long they took. Answers with those that can be told apart.
async fn told_apart(on: Engine) -> Vec<String> {
    let server = TestServer::start_with(on, SETTINGS).await;
    server.leaves_mails_unread();
    let [ann, nora, stranger] = server.people(["Ann", "Nora", "Stranger"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let there = calls(&change.change_id, "example.com", &stranger.account_id);
    let nowhere = calls(NO_CHANGE, "example.net", &stranger.account_id);
    let mut told_apart = Vec::new();
    for (hidden, missing) in there.iter().zip(&nowhere) {
        let (mut of_hidden, mut of_missing) = (Vec::new(), Vec::new());
        for n in 0..TIMES {
            // Neither always comes first.
            if n % 2 == 0 {
                of_hidden.push(refused(&server, hidden).await);
                of_missing.push(refused(&server, missing).await);
            } else {
                of_missing.push(refused(&server, missing).await);
                of_hidden.push(refused(&server, hidden).await);
            }
        }
        let name = format!("{on:?} {}", hidden.name());
        let won = won(&of_hidden, &of_missing);
        println!(
            "{name:40} hidden {:>8.1?} missing {:>8.1?} bets won {won:.1} %",
            median(&of_hidden),
            median(&of_missing)
        );
        if won > MOST {
            told_apart.push(name);
        }
    }
    told_apart
}

#[tokio::main]
async fn main() {
    let mut all = Vec::new();
    for on in [Engine::Sqlite, Engine::Postgres] {
        all.extend(told_apart(on).await);
    }
    assert!(all.is_empty(), "what one may not see is told apart by the time of the answer: {all:?}");
}
