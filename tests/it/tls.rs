//! What is said to a relay, and that nobody else hears what must stay between the two.

use std::time::Duration;

use relevo_tests::{
    Engine, TestServer,
    smtp::{Answer, Step, TestRelay, Wrap},
    tls::Authority,
    v1::{Delivery, DeliveryState},
};

/// What becomes of a mail to Ann through a relay.
async fn mailed(settings: &str) -> Delivery {
    let server = TestServer::start_with(Engine::Sqlite, settings).await;
    let [ann, tom] = server.people(["Ann", "Tom"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&ann).technical("example.com").await.unwrap();
    server.deliver().await;
    let seen = ann.sees(&change).await.unwrap();
    seen.confirmations.into_iter().next().unwrap().delivery.unwrap()
}

fn is_sent(delivery: &Delivery) {
    assert_eq!((delivery.state(), delivery.attempts), (DeliveryState::Sent, 1), "{delivery:?}");
}

/// That the relay was out of order, for this reason.
fn is_out_of_order(delivery: &Delivery, why: &str) {
    assert_eq!((delivery.state(), delivery.attempts), (DeliveryState::Deferred, 0), "{delivery:?}");
    assert!(delivery.last_reply.contains(why), "{why}: {delivery:?}");
}

/// What was said where anybody could hear it.
fn in_clear(relay: &TestRelay) -> Vec<String> {
    relay.heard().into_iter().filter(|heard| !heard.under_tls).map(|heard| heard.line).collect()
}

fn under_tls(relay: &TestRelay) -> Vec<String> {
    relay.heard().into_iter().filter(|heard| heard.under_tls).map(|heard| heard.line).collect()
}

const EHLO: &str = "EHLO [127.0.0.1]";

#[tokio::test(flavor = "multi_thread")]
async fn with_starttls_nothing_but_the_greeting_is_said_in_clear() {
    let authority = Authority::new();
    for mode in ["starttls", "starttls-if-offered"] {
        let relay = TestRelay::start_with_starttls(&authority).await;
        relay.wants_login("LOGIN PLAIN");
        is_sent(&mailed(&(relay.settings_with_tls(mode, &authority) + &TestRelay::login())).await);
        assert_eq!(in_clear(&relay), [EHLO, "STARTTLS"], "{mode}");
        let said = under_tls(&relay);
        assert_eq!(said[..2], [EHLO, &format!("AUTH PLAIN {}", TestRelay::PLAIN)], "{mode}: PLAIN before LOGIN");
        assert_eq!(relay.take().len(), 1, "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_implicit_tls_nothing_at_all_is_said_in_clear() {
    let authority = Authority::new();
    let relay = TestRelay::start_wrapped(Wrap::Implicit(authority.certifies("127.0.0.1"))).await;
    relay.wants_login("CRAM-MD5 LOGIN XOAUTH2");
    is_sent(&mailed(&(relay.settings_with_tls("implicit", &authority) + &TestRelay::login())).await);
    assert!(in_clear(&relay).is_empty());
    let said = under_tls(&relay);
    assert_eq!(said[..4], [EHLO, "AUTH LOGIN", "cmVsZXZv", "b3BlbiBzZXNhbWU="]);
    assert_eq!(relay.take().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_certified_as_well_as_an_address() {
    let authority = Authority::new();
    let relay = TestRelay::start_wrapped(Wrap::StartTls(authority.certifies("localhost"))).await;
    let settings = relay.settings_with_tls("starttls", &authority).replace("127.0.0.1", "localhost");
    is_sent(&mailed(&settings).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_cannot_prove_its_name_hears_nothing() {
    let (authority, other) = (Authority::new(), Authority::new());
    for (acceptor, trusted, why) in [
        (authority.certifies("127.0.0.1"), &other, "UnknownIssuer"),
        (authority.certifies("relay.example"), &authority, "not valid for name"),
        (authority.certifies("127.0.0.2"), &authority, "not valid for name"),
        (authority.certified("127.0.0.1"), &authority, "expired"),
    ] {
        for (mode, wrap) in
            [("starttls", Wrap::StartTls(acceptor.clone())), ("implicit", Wrap::Implicit(acceptor.clone()))]
        {
            let relay = TestRelay::start_wrapped(wrap).await;
            let settings = relay.settings_with_tls(mode, trusted) + &TestRelay::login();
            is_out_of_order(&mailed(&settings).await, why);
            assert!(under_tls(&relay).is_empty(), "{mode} {why}");
            assert!(in_clear(&relay).iter().all(|line| line == EHLO || line == "STARTTLS"), "{mode} {why}");
        }
    }
    // Those of the system do not know it either.
    let relay = TestRelay::start_with_starttls(&authority).await;
    is_out_of_order(&mailed(&(relay.settings() + "tls = \"starttls\"\n")).await, "UnknownIssuer");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_starttls_no_mail_is_sent_and_no_password_said() {
    let authority = Authority::new();
    for mechanisms in ["", "PLAIN LOGIN"] {
        let relay = TestRelay::start().await;
        relay.wants_login(mechanisms);
        let settings = |mode| relay.settings_with_tls(mode, &authority);
        is_out_of_order(&mailed(&settings("starttls")).await, "the relay offers no STARTTLS");
        is_out_of_order(&mailed(&(settings("starttls") + &TestRelay::login())).await, "the relay offers no STARTTLS");
        let why = "a password is never said without TLS";
        is_out_of_order(&mailed(&(settings("starttls-if-offered") + &TestRelay::login())).await, why);
        assert_eq!(in_clear(&relay), [EHLO; 3], "{mechanisms}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lenient_mode_goes_on_in_clear_where_starttls_is_not_offered_and_nowhere_else() {
    let authority = Authority::new();
    let relay = TestRelay::start().await;
    is_sent(&mailed(&relay.settings_with_tls("starttls-if-offered", &authority)).await);
    assert_eq!(relay.take().len(), 1);
    // What was offered and does not work is out of order.
    for refused in ["454 4.7.0 not now", "501 5.5.4 no"] {
        let relay = TestRelay::start_with_starttls(&authority).await;
        relay.answers(Step::StartTls, Answer::Say(refused));
        is_out_of_order(&mailed(&relay.settings_with_tls("starttls-if-offered", &authority)).await, refused);
        assert_eq!(in_clear(&relay), [EHLO, "STARTTLS"], "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_with_the_answer_to_starttls_was_not_said_under_tls() {
    let authority = Authority::new();
    for injected in ["220 2.0.0 Ready\r\n250-relay.example\r\n250 AUTH PLAIN", "220 2.0.0 Ready\r\n2"] {
        for mode in ["starttls", "starttls-if-offered"] {
            let relay = TestRelay::start_with_starttls(&authority).await;
            relay.answers(Step::StartTls, Answer::Say(injected));
            let settings = relay.settings_with_tls(mode, &authority) + &TestRelay::login();
            is_out_of_order(&mailed(&settings).await, "more than it was asked");
            assert_eq!(in_clear(&relay), [EHLO, "STARTTLS"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_offered_in_clear_is_forgotten_under_tls() {
    let authority = Authority::new();
    let relay = TestRelay::start_with_starttls(&authority).await;
    relay.answers(Step::Ehlo, Answer::Say("250-relay.example\r\n250-SMTPUTF8\r\n250-AUTH PLAIN\r\n250 STARTTLS"));
    let settings = relay.settings_with_tls("starttls", &authority) + &TestRelay::login();
    is_out_of_order(&mailed(&settings).await, "neither AUTH PLAIN nor AUTH LOGIN");
    assert_eq!(in_clear(&relay), [EHLO, "STARTTLS"]);
    assert_eq!(under_tls(&relay), [EHLO]);

    // And so is that it takes addresses beyond ASCII.
    let relay = TestRelay::start_with_starttls(&authority).await;
    relay.answers(Step::Ehlo, Answer::Say("250-relay.example\r\n250-SMTPUTF8\r\n250 STARTTLS"));
    let settings = relay.settings_with_tls("starttls", &authority);
    let server = TestServer::start_with(Engine::Sqlite, &settings).await;
    let [mut ann, tom] = server.people(["Ann", "Tom"]).await;
    ann.moves_to("áñn@example.net").await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&ann).technical("example.com").await.unwrap();
    server.deliver().await;
    let seen = ann.sees(&change).await.unwrap().confirmations.remove(0).delivery.unwrap();
    assert_eq!(seen.state(), DeliveryState::Failed);
    assert!(seen.last_reply.contains("SMTPUTF8"), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_refused_pauses_all_sending_and_is_quoted_nowhere() {
    let authority = Authority::new();
    for (mechanisms, step) in [("PLAIN", Step::Auth), ("LOGIN", Step::Challenge), ("PLAIN LOGIN", Step::Auth)] {
        for said in [
            "535 5.7.8 not open sesame",
            "535 5.7.8 failed: AHJlbGV2bwBvcGVuIHNlc2FtZQ==",
            "500 5.5.1 what is b3BlbiBzZXNhbWU=?",
        ] {
            let relay = TestRelay::start_with_starttls(&authority).await;
            relay.wants_login(mechanisms);
            relay.answers(step, Answer::Say(said));
            let seen = mailed(&(relay.settings_with_tls("starttls", &authority) + &TestRelay::login())).await;
            is_out_of_order(&seen, "does not take the username and password");
            assert!(seen.last_reply.starts_with(&said[..9]), "{seen:?}");
            for secret in ["sesame", "AHJl", "b3Bl"] {
                assert!(!seen.last_reply.contains(secret), "{seen:?}");
            }
            // One refusal is enough: no other mechanism is tried with a wrong password.
            assert_eq!(under_tls(&relay).iter().filter(|line| line.starts_with("AUTH")).count(), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_is_not_answered_is_waited_for_no_longer_than_told() {
    let authority = Authority::new();
    let brief = "[mail.smtp.timeout]\nhandshake = \"200ms\"\n";
    // It takes the connection and waits for a line, as a relay in clear does; and it says yes to STARTTLS and no more.
    let silent = TestRelay::start().await;
    silent.always_answers(Step::Greeting, Answer::Silence);
    let mute = TestRelay::start_with_starttls(&authority).await;
    mute.answers(Step::StartTls, Answer::Say("220 2.0.0 Ready"));
    for (relay, mode) in [(silent, "implicit"), (mute, "starttls")] {
        let settings = relay.settings_with_tls(mode, &authority) + brief;
        let seen = tokio::time::timeout(Duration::from_secs(20), mailed(&settings)).await.unwrap();
        is_out_of_order(&seen, "");
        assert!(!seen.last_reply.is_empty());
    }
}
