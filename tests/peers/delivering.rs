//! What Postfix takes, puts off and refuses, and what arrives.

use std::time::Duration;

use relevo_tests::{
    Engine, Letter, TestServer,
    v1::{AttemptOutcome, ChangeState, ContactChange, DeliveryState, MailDelivery},
};

use crate::{asked, authority::Authority, deliveries, delivery, postfix::Postfix};

const ANN: &str = "ann@example.com";
const NORA: &str = "nora@example.com";
const TOM: &str = "tom@example.com";
const HOUR: Duration = Duration::from_secs(3600);

async fn relayed(postfix: &Postfix) -> TestServer {
    TestServer::start_with(Engine::Sqlite, &postfix.settings("")).await
}

/// The value of a header, where it stands once.
fn header<'a>(letter: &'a Letter, name: &str) -> &'a str {
    let values: Vec<_> =
        letter.headers.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect();
    assert_eq!(values.len(), 1, "{name} in {}", letter.headers);
    values[0]
}

/// That Postfix has left the headers as they were, and added those of the envelope.
fn is_intact(letter: &Letter, change: &ContactChange) {
    assert_eq!(header(letter, "Return-Path"), "<bounces@relevo.example>");
    assert_eq!(header(letter, "Delivered-To"), letter.to);
    assert!(letter.message_id.starts_with(&format!("{}.{}.", letter.kind, change.change_id)), "{letter:?}");
    assert_eq!(header(letter, "Message-ID"), format!("<{}>", letter.message_id));
    let thread = format!("<change.{}@relevo.example>", change.change_id);
    assert_eq!((header(letter, "References"), header(letter, "In-Reply-To")), (thread.as_str(), thread.as_str()));
    assert_eq!(header(letter, "Auto-Submitted"), "auto-generated");
    // The clock of the tests stands still.
    assert_eq!(letter.date.as_second(), change.create_time.unwrap().seconds);
    assert_eq!(header(letter, "Date").split(' ').take(4).collect::<Vec<_>>(), ["Mon,", "5", "Jan", "2026"]);
}

/// Tom's role passes to Nora by codes out of Maildirs.
async fn a_role_passes(postfix: &Postfix, settings: &str) -> Vec<Letter> {
    let server = TestServer::start_with(Engine::Sqlite, settings).await;
    let [ann, nora, tom] = server.people(["Ann", "Nora", "Tom"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    server.deliver().await;
    for person in [&ann, &nora] {
        let code = postfix.reads_one(&person.email, "confirm").await.token();
        person.accepts(&change, &code).await.unwrap();
    }
    server.deliver().await;
    server.deliver().await;
    assert_eq!(server.shows_operator(&change).await.state(), ChangeState::Done);

    let expected = [(&ann, &["confirm", "done"][..]), (&nora, &["confirm", "done"]), (&tom, &["replaced"])];
    let mut letters = Vec::new();
    for (person, kinds) in expected {
        assert_eq!(postfix.kinds(&person.email).await, kinds, "mails to {}", person.email);
        for mail in deliveries(&server, &change, person).await {
            assert_eq!(mail.attempts.len(), 1, "{mail:?}");
            assert_eq!(mail.attempts[0].outcome(), AttemptOutcome::Sent, "{mail:?}");
        }
        letters.extend(postfix.reads(&person.email).await);
    }
    for letter in &letters {
        is_intact(letter, &change);
    }
    letters
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mail_of_a_change_lands_once_and_intact_where_it_belongs_over_loopback() {
    let postfix = Postfix::start(&[ANN, NORA, TOM], "").await;
    a_role_passes(&postfix, &postfix.settings("tls = \"none\"\n")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mail_of_a_change_lands_once_and_intact_where_it_belongs_under_starttls() {
    let authority = Authority::new("The company");
    let postfix = Postfix::start(&[ANN, NORA, TOM], &Postfix::with_tls(&authority.certifies("127.0.0.1"))).await;
    let settings = postfix.settings(&format!("tls = \"starttls\"\n{}", authority.settings()));
    for letter in a_role_passes(&postfix, &settings).await {
        assert!(letter.headers.contains("(using TLSv1.3 with cipher"), "{}", letter.headers);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_postfix_does_not_know_is_shown_and_the_other_party_is_told() {
    let postfix = Postfix::start(&[ANN], "").await;
    let server = relayed(&postfix).await;
    let (ann, nora, change) = asked(&server).await;
    server.deliver().await;
    server.deliver().await;

    let failed = delivery(&server, &change, &nora).await;
    assert_eq!((failed.state(), failed.attempts), (DeliveryState::Failed, 1));
    assert!(failed.last_reply.starts_with("550 5.1.1 ") && failed.last_reply.contains("User unknown"), "{failed:?}");
    let listed = deliveries(&server, &change, &nora).await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    let attempt = &listed[0].attempts[0];
    assert_eq!(attempt.outcome(), AttemptOutcome::Failed);
    assert!(attempt.reply.starts_with("550 5.1.1 "), "{attempt:?}");
    // The other party sees that it failed, and by which codes.
    let seen = ann.sees(&change).await.unwrap().confirmations;
    let own = seen.into_iter().find(|party| party.account_id == nora.account_id).unwrap();
    assert_eq!(own.delivery.unwrap().last_reply, "550 5.1.1");

    assert_eq!(postfix.kinds(ANN).await, ["confirm", "undelivered"]);
    is_intact(&postfix.reads_one(ANN, "undelivered").await, &change);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postfix_is_stopped_mails_wait_and_then_each_arrives_once() {
    let mut postfix = Postfix::start(&[ANN, NORA], "").await;
    let server = relayed(&postfix).await;
    postfix.stop();
    let (ann, nora, change) = asked(&server).await;
    server.deliver().await;
    // The first to be tried finds out for both.
    let mut tried = Vec::<MailDelivery>::new();
    for person in [&ann, &nora] {
        tried.extend(deliveries(&server, &change, person).await);
        assert_eq!(delivery(&server, &change, person).await.attempts, 0, "it is held against no mail");
    }
    let tried: Vec<_> = tried.iter().filter(|mail| !mail.attempts.is_empty()).collect();
    assert_eq!(tried.len(), 1, "{tried:?}");
    assert_eq!(tried[0].attempts[0].outcome(), AttemptOutcome::Postponed, "{tried:?}");
    assert!(tried[0].attempts[0].reply.contains("refused"), "{tried:?}");
    assert_eq!(tried[0].delivery.as_ref().unwrap().state(), DeliveryState::Deferred);

    postfix.starts_again().await;
    server.advance(HOUR);
    server.deliver().await;
    for address in [ANN, NORA] {
        assert_eq!(postfix.kinds(address).await, ["confirm"], "{address}");
    }
    server.advance(HOUR);
    server.deliver().await;
    assert_eq!((postfix.reads(ANN).await.len(), postfix.reads(NORA).await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_is_put_off_gets_its_mail_once_it_is_open_again() {
    let postfix = Postfix::start(&[ANN, NORA], "").await;
    let server = relayed(&postfix).await;
    let (_, nora, change) = asked(&server).await;
    postfix.answers_recipients(&[(NORA, "450 4.2.1 mailbox is being moved")]);
    server.deliver().await;
    let deferred = delivery(&server, &change, &nora).await;
    assert_eq!((deferred.state(), deferred.attempts), (DeliveryState::Deferred, 1));
    assert!(deferred.last_reply.starts_with("450 4.2.1 "), "{deferred:?}");
    assert!(deferred.last_reply.contains("mailbox is being moved"), "{deferred:?}");
    assert_eq!(postfix.kinds(ANN).await, ["confirm"], "nobody else waits for it");

    postfix.answers_recipients(&[]);
    server.deliver().await;
    assert!(postfix.reads(NORA).await.is_empty(), "it is not asked again before its time");
    server.advance(HOUR);
    server.deliver().await;
    let sent = delivery(&server, &change, &nora).await;
    assert_eq!((sent.state(), sent.attempts), (DeliveryState::Sent, 2));
    assert_eq!(postfix.kinds(NORA).await, ["confirm"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_internationalised_mailbox_gets_its_mail_from_a_relay_that_takes_smtputf8() {
    const ZOE: &str = "zoë@example.com";
    for (enabled, state) in [("yes", DeliveryState::Sent), ("no", DeliveryState::Failed)] {
        let postfix = Postfix::start(&[ANN, NORA, ZOE], &format!("smtputf8_enable = {enabled}\n")).await;
        let server = relayed(&postfix).await;
        let (ann, mut nora) = (server.person("Ann").await, server.person("Nora").await);
        nora.moves_to(ZOE).await;
        ann.orders("example.com").await;
        let change = ann.names(&nora).technical("example.com").await.unwrap();
        server.deliver().await;
        let now = delivery(&server, &change, &nora).await;
        assert_eq!(now.state(), state, "{now:?}");
        assert_eq!(postfix.kinds(ANN).await[0], "confirm", "whatever becomes of the other mail");
        if state == DeliveryState::Sent {
            let letter = postfix.reads_one(ZOE, "confirm").await;
            is_intact(&letter, &change);
            assert!(letter.headers.contains("UTF8SMTP"), "{}", letter.headers);
            nora.accepts(&change, &letter.token()).await.unwrap();
        } else {
            assert!(now.last_reply.contains("SMTPUTF8"), "{now:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_internationalised_domain_is_written_to_by_its_ascii_name() {
    const ASCII: &str = "nora@xn--bcher-kva.example";
    // Nothing that would have to be said in UTF-8 is offered.
    let postfix = Postfix::start(&[ANN, ASCII], "smtputf8_enable = no\n").await;
    let server = relayed(&postfix).await;
    let (ann, mut nora) = (server.person("Ann").await, server.person("Nora").await);
    nora.moves_to("nora@bücher.example").await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    server.deliver().await;
    let letter = postfix.reads_one(ASCII, "confirm").await;
    is_intact(&letter, &change);
    nora.accepts(&change, &letter.token()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_too_long_for_postfix_fails_and_says_why() {
    let postfix = Postfix::start(&[ANN, NORA], "message_size_limit = 2000\n").await;
    let server = relayed(&postfix).await;
    let (ann, nora, change) = asked(&server).await;
    server.deliver().await;
    for person in [&ann, &nora] {
        let failed = delivery(&server, &change, person).await;
        assert_eq!((failed.state(), failed.attempts), (DeliveryState::Failed, 1));
        assert!(failed.last_reply.starts_with("552 5.3.4 "), "{failed:?}");
        assert!(postfix.reads(&person.email).await.is_empty());
    }
}
