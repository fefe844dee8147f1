//! Test mails: an operator asks whether mails reach somebody, and is told what the relay said.

use std::{path::Path, process::Output, time::Duration};

use relevo_tests::{
    Engine, Letter, Refused, TestServer, on_every_engine,
    process::run,
    smtp::{Answer, Step, TestRelay},
    v1::{AttemptOutcome, SendTestMailRequest, SendTestMailResponse},
};

on_every_engine!(
    a_test_mail_goes_to_an_account_in_its_language_and_the_reply_is_told,
    what_the_relay_says_of_a_test_mail_is_told_and_leaves_no_trace,
    a_test_mail_to_nobody_is_refused,
);

async fn sends(server: &TestServer, account_id: &str) -> Result<SendTestMailResponse, Refused> {
    let request = SendTestMailRequest { account_id: account_id.to_owned() };
    Ok(server.contacts().send_test_mail(request).await?.into_inner())
}

async fn a_test_mail_goes_to_an_account_in_its_language_and_the_reply_is_told(on: Engine) {
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(on, &relay.settings()).await;
    let luz = server.person_speaking("Luz", "es-MX").await;
    let before = server.everything_stored().await;
    let (one, two) = (sends(&server, &luz.account_id).await.unwrap(), sends(&server, &luz.account_id).await.unwrap());
    assert_eq!((one.outcome(), one.reply.as_str()), (AttemptOutcome::Sent, "250 2.0.0 Ok: queued"));
    let letters = relay.take();
    let [first, second] = letters.as_slice() else { panic!("{} mails", letters.len()) };
    assert_eq!((&first.to, first.subject.as_str()), (&luz.email, "Mensaje de prueba"));
    assert_eq!([&first.message_id, &second.message_id], [&one.message_id, &two.message_id]);
    assert_ne!(one.message_id, two.message_id);
    let (mut before, mut after) = (before, server.everything_stored().await);
    let [were, are] = [&mut before, &mut after].map(|stored| stored.remove("event").unwrap());
    assert!(are.starts_with(&were) && are.len() == were.len() + 2, "{are:?}");
    assert!(
        are[were.len()..].iter().all(|event| event.contains("test-mail-sent") && event.contains("local")),
        "{are:?}"
    );
    let [were, are] = [&mut before, &mut after].map(|stored| stored.remove("chain").unwrap());
    assert_eq!(were.len(), are.len());
    // Where SQLite counts the events.
    for stored in [&mut before, &mut after] {
        stored.remove("sqlite_sequence");
    }
    assert_eq!(after, before, "nothing but that is stored");
}

async fn what_the_relay_says_of_a_test_mail_is_told_and_leaves_no_trace(on: Engine) {
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(on, &relay.settings()).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    for (line, outcome) in
        [("550 5.1.1 no such mailbox", AttemptOutcome::Failed), ("450 4.2.1 mailbox busy", AttemptOutcome::Deferred)]
    {
        relay.answers_recipient(&ann.email, line);
        let told = sends(&server, &ann.account_id).await.unwrap();
        assert_eq!((told.outcome(), told.reply.as_str()), (outcome, line));
    }
    relay.answers(Step::Mail, Answer::Say("451 4.3.0 out of disk"));
    let told = sends(&server, &ann.account_id).await.unwrap();
    assert_eq!((told.outcome(), told.reply.as_str()), (AttemptOutcome::Postponed, "451 4.3.0 out of disk"));
    // Other mails are sent as if nothing had been.
    relay.goes_along();
    ann.orders("example.com").await;
    ann.names(&nora).technical("example.com").await.unwrap();
    server.deliver().await;
    assert_eq!(relay.take().len(), 2);
}

async fn a_test_mail_to_nobody_is_refused(on: Engine) {
    let server = TestServer::start(on).await;
    assert_eq!(sends(&server, "xx000000-ovh").await.unwrap_err().reason, "ACCOUNT_NOT_FOUND");
    assert_eq!(sends(&server, "").await.unwrap_err().reason, "FIELD_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_hangs_is_given_eight_seconds() {
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(Engine::Sqlite, &relay.settings()).await;
    let ann = server.person("Ann").await;
    relay.answers(Step::Rcpt, Answer::Hold(None));
    let told = tokio::time::timeout(Duration::from_secs(9), sends(&server, &ann.account_id)).await;
    let told = told.expect("it is told before the call is over").unwrap();
    assert_eq!(told.outcome(), AttemptOutcome::Postponed);
    assert!(told.reply.contains("has not answered within 8 s"), "{told:?}");
}

async fn command(folder: &Path, arguments: &[&str], relay: Option<&TestRelay>) -> Output {
    let port = relay.map(|relay| relay.address.port().to_string()).unwrap_or_default();
    let smtp = [("RELEVO__MAIL__TRANSPORT", "smtp"), ("RELEVO__MAIL__SMTP__PORT", port.as_str())];
    let environment = if relay.is_some() { smtp.as_slice() } else { &[] };
    run(folder, &[&["send-test-mail"], arguments].concat(), environment).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_sends_a_test_mail_and_says_what_the_relay_said() {
    let relay = TestRelay::start().await;
    let folder = tempfile::tempdir().unwrap();
    let sent = command(folder.path(), &["--to", "ann@example.com", "--language", "pl"], Some(&relay)).await;
    assert!(sent.status.success(), "{sent:?}");
    let said = String::from_utf8(sent.stdout).unwrap();
    let letter = relay.take().pop().unwrap();
    assert_eq!(letter.to, "ann@example.com");
    let expected = format!("Taken for ann@example.com: 250 2.0.0 Ok: queued\nMessage-ID: {}\n", letter.message_id);
    assert_eq!(said, expected);
    assert!(!folder.path().join("data").exists(), "no database, no key");

    relay.answers_recipient("nobody@example.com", "550 5.1.1 no such mailbox");
    let refused = command(folder.path(), &["--to", "nobody@example.com"], Some(&relay)).await;
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(said, "relevo: the test mail was not sent: refused for good: 550 5.1.1 no such mailbox\n");
    for (arguments, what) in [
        (["--to", "nobody", "--language", "en"], "--to"),
        (["--to", "ann@example.com", "--language", "e n"], "--language"),
    ] {
        let wrong = command(folder.path(), &arguments, Some(&relay)).await;
        assert_eq!(wrong.status.code(), Some(1));
        let said = String::from_utf8(wrong.stderr).unwrap();
        assert!(said.contains(what), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_relay_the_command_keeps_the_test_mail_as_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let sent = command(folder.path(), &["--to", "ann@example.com"], None).await;
    assert!(sent.status.success(), "{sent:?}");
    let mails: Vec<_> = std::fs::read_dir(folder.path().join("data/mail")).unwrap().collect();
    let path = mails.into_iter().next().unwrap().unwrap().path();
    assert_eq!(Letter::parse(&std::fs::read(path).unwrap(), "").subject, "Test message");
}
