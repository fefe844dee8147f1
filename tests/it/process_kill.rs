//! `kill -9` after every answer: what was answered OK is there, and what was due is sent.

use std::time::Duration;

use relevo_tests::{
    Caller, Engine, Home, Letter, eventually, on_every_engine,
    process::Serving,
    request_id,
    smtp::TestRelay,
    v1::{ChangeState, Decision},
};

on_every_engine!(nothing_that_was_answered_is_lost_and_nothing_that_was_due_is_forgotten);

/// Longer than the mails in hand of a killed process wait for the next one.
const IN_TIME: Duration = Duration::from_secs(100);
const ANN: &str = "an000001-ovh";
const NORA: &str = "no000002-ovh";

async fn start(home: &Home, port: u16) -> Serving {
    let port = port.to_string();
    let environment = [
        ("RELEVO__MAIL__TRANSPORT", "smtp"),
        ("RELEVO__MAIL__SMTP__PORT", port.as_str()),
        ("RELEVO__MAIL__RETRY__FIRST", "200ms"),
        ("RELEVO__MAIL__RETRY__LONGEST", "200ms"),
    ];
    Serving::start_at(home, &environment).await
}

/// Makes a call, kills the server once it has answered, and makes the same call of the next one.
async fn survives<T: PartialEq + std::fmt::Debug>(
    serving: Serving,
    home: &Home,
    port: u16,
    call: impl AsyncFn(&Caller, &str) -> Result<T, tonic::Status>,
) -> (Serving, T) {
    let id = request_id();
    let answer = call(&serving.caller(), &id).await.unwrap();
    serving.kill().await;
    let serving = start(home, port).await;
    assert_eq!(call(&serving.caller(), &id).await.unwrap(), answer, "it is answered as the first time");
    (serving, answer)
}

async fn mail(relay: &TestRelay, letters: &mut Vec<Letter>, beginning: &str) -> Letter {
    let arrived = eventually(beginning, IN_TIME, async || {
        letters.extend(relay.take());
        letters.iter().find(|letter| letter.message_id.starts_with(beginning)).cloned()
    });
    arrived.await
}

async fn nothing_that_was_answered_is_lost_and_nothing_that_was_due_is_forgotten(on: Engine) {
    let home = &Home::new(on).await;
    let address = TestRelay::start().await.stop().await;
    let port = address.port();

    let mut serving = start(home, port).await;
    for account in [ANN, NORA] {
        (serving, _) = survives(serving, home, port, async |caller, id| caller.account(account, id).await).await;
    }
    (serving, _) = survives(serving, home, port, async |caller, id| caller.service("example.com", ANN, id).await).await;
    let (serving, asked) =
        survives(serving, home, port, async |caller, id| caller.ask("example.com", ANN, NORA, id).await).await;
    assert_eq!(serving.caller().see_service("example.com").await.unwrap().open_change_ids.join(" "), asked.change_id);
    assert_eq!(
        serving.caller().ask("example.com", ANN, NORA, "").await.unwrap_err().code(),
        tonic::Code::AlreadyExists
    );

    // The relay was down all the time: both mails are still to be sent.
    let relay = TestRelay::start_at(address).await;
    let mut letters = Vec::new();
    let change_id = asked.change_id.as_str();
    let anns = mail(&relay, &mut letters, &format!("confirm.{change_id}.{ANN}.1@")).await.token();
    mail(&relay, &mut letters, &format!("confirm.{change_id}.{NORA}.1@")).await;

    let (serving, _) = survives(serving, home, port, async |caller, id| caller.resend(change_id, NORA, id).await).await;
    let noras = mail(&relay, &mut letters, &format!("confirm.{change_id}.{NORA}.2@")).await.token();
    let (serving, _) =
        survives(serving, home, port, async |caller, id| caller.accept(change_id, ANN, &anns, id).await).await;
    let seen = serving.caller().see(change_id).await.unwrap();
    let decisions: Vec<_> = seen.confirmations.iter().map(|it| it.decision()).collect();
    assert_eq!((seen.state(), decisions), (ChangeState::Pending, vec![Decision::Accepted, Decision::Pending]));

    let (serving, done) =
        survives(serving, home, port, async |caller, id| caller.accept(change_id, NORA, &noras, id).await).await;
    assert_eq!(done.state(), ChangeState::Done);
    let service = serving.caller().see_service("example.com").await.unwrap();
    assert_eq!(service.contacts.unwrap().technical, NORA);
    assert!(service.open_change_ids.is_empty());
    for account in [ANN, NORA] {
        mail(&relay, &mut letters, &format!("done.{change_id}.{account}.0@")).await;
    }

    // A mail that was sent twice is the same mail.
    letters.sort_by(|a, b| a.message_id.cmp(&b.message_id));
    for pair in letters.windows(2).filter(|pair| pair[0].message_id == pair[1].message_id) {
        assert_eq!(pair[0].token, pair[1].token);
        assert_eq!(pair[0].text, pair[1].text);
    }
    letters.dedup_by(|a, b| a.message_id == b.message_id);
    assert_eq!(letters.len(), 5, "{:?}", letters.iter().map(|it| &it.message_id).collect::<Vec<_>>());
}
