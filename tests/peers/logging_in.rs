//! TLS and logins with a relay that asks for both.

use std::time::Duration;

use relevo_tests::{
    Engine, TestServer, eventually,
    process::Serving,
    v1::{AttemptOutcome, ContactChange, DeliveryState, ListDeliveriesRequest},
};

use crate::{
    IN_TIME, asked,
    authority::{Authority, Identity},
    deliveries,
    tls_server::{PASSWORD, TlsServer},
};

const HOST: &str = "127.0.0.1";

/// That a change is asked for, and both mails arrive by a login of this kind.
async fn arrives(relay: &TlsServer, settings: &str, mechanism: &str) {
    let server = TestServer::start_with(Engine::Sqlite, settings).await;
    let (ann, nora, change) = asked(&server).await;
    server.deliver().await;
    let taken = relay.reads();
    assert_eq!(taken.len(), 2, "{taken:?}");
    for person in [&ann, &nora] {
        let (letter, by) = taken.iter().find(|(letter, _)| letter.to == person.email).unwrap();
        assert_eq!(by, mechanism);
        person.accepts(&change, &letter.token()).await.unwrap();
    }
}

/// That no mail arrives, as the relay is out of order for this reason.
async fn is_postponed(relay: &TlsServer, settings: &str, why: &str) {
    let server = TestServer::start_with(Engine::Sqlite, settings).await;
    let (ann, nora, change) = asked(&server).await;
    server.deliver().await;
    let mut tried = deliveries(&server, &change, &ann).await;
    tried.extend(deliveries(&server, &change, &nora).await);
    tried.retain(|mail| !mail.attempts.is_empty());
    assert_eq!(tried.len(), 1, "one is enough to find out: {tried:?}");
    let attempt = &tried[0].attempts[0];
    assert_eq!(attempt.outcome(), AttemptOutcome::Postponed, "{attempt:?}");
    assert!(attempt.reply.contains(why), "{why}: {attempt:?}");
    let delivery = tried[0].delivery.as_ref().unwrap();
    assert_eq!((delivery.state(), delivery.attempts), (DeliveryState::Deferred, 0), "{delivery:?}");
    assert!(relay.reads().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_arrive_under_each_kind_of_tls_by_each_kind_of_login() {
    let authority = Authority::new("The company");
    let identity = authority.certifies(HOST);
    for tls in ["implicit", "starttls"] {
        for mechanism in ["PLAIN", "LOGIN"] {
            let relay = TlsServer::start(tls, mechanism, &identity);
            arrives(&relay, &relay.settings(tls, PASSWORD, &authority.settings()), mechanism).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_held_against_no_mail() {
    let authority = Authority::new("The company");
    let identity = authority.certifies(HOST);
    for mechanism in ["PLAIN", "LOGIN"] {
        let relay = TlsServer::start("starttls", mechanism, &identity);
        is_postponed(&relay, &relay.settings("starttls", "wrong", &authority.settings()), "535 5.7.8").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_name_or_of_nobody_known_is_not_spoken_to() {
    let (authority, other) = (Authority::new("The company"), Authority::new("Somebody else"));
    let cases: [(Identity, &Authority, &str); 2] = [
        (authority.certifies("relay.elsewhere.example"), &authority, "not valid for name"),
        (authority.certifies(HOST), &other, "UnknownIssuer"),
    ];
    for (identity, trusted, why) in cases {
        for tls in ["implicit", "starttls"] {
            let relay = TlsServer::start(tls, "PLAIN", &identity);
            is_postponed(&relay, &relay.settings(tls, PASSWORD, &trusted.settings()), why).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_where_starttls_is_asked_for_and_not_offered() {
    let authority = Authority::new("The company");
    let relay = TlsServer::start("none", "PLAIN", &authority.certifies(HOST));
    for tls in ["starttls", "starttls-if-offered"] {
        let settings = relay.settings(tls, PASSWORD, &authority.settings());
        is_postponed(&relay, &settings, "the relay offers no STARTTLS").await;
    }
}

/// The replies to all attempts to send the mails of a change.
async fn replies(serving: &Serving, change: &ContactChange) -> Vec<(AttemptOutcome, String)> {
    let request = ListDeliveriesRequest { change_id: change.change_id.clone(), ..Default::default() };
    let listed = serving.requests().list_deliveries(request).await.unwrap().into_inner().deliveries;
    listed.into_iter().flat_map(|mail| mail.attempts).map(|it| (it.outcome(), it.reply)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_put_right_sends_what_waited_and_no_password_is_in_the_log() {
    const WRONG: &str = "Br0k3n-Lantern-Harbor";
    let authority = Authority::new("The company");
    let relay = TlsServer::start("starttls", "LOGIN", &authority.certifies(HOST));
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("relevo.toml");
    let retry = "[mail.retry]\nfirst = \"100ms\"\nlongest = \"100ms\"\n[log]\nfilter = \"trace\"\n";
    let mut logs = Vec::new();
    let mut asked = None;
    for password in [WRONG, PASSWORD] {
        let told = relay.settings("starttls", password, &authority.settings());
        std::fs::write(&settings, told + retry).unwrap();
        let serving = Serving::start_as(folder.path(), &["serve", "--config", "relevo.toml"], &[]).await;
        let change = match asked.take() {
            Some(change) => change,
            None => {
                let caller = serving.caller();
                caller.account("an000001-ovh", "").await.unwrap();
                caller.account("no000002-ovh", "").await.unwrap();
                caller.service("example.com", "an000001-ovh", "").await.unwrap();
                caller.ask("example.com", "an000001-ovh", "no000002-ovh", "").await.unwrap()
            }
        };
        if password == WRONG {
            eventually("an attempt with the wrong password", IN_TIME, async || {
                let replies = replies(&serving, &change).await;
                let (outcome, reply) = replies.first()?;
                assert_eq!(*outcome, AttemptOutcome::Postponed);
                assert!(reply.starts_with("535 5.7.8 "), "{reply}");
                Some(())
            })
            .await;
            // Operators who look at the log alone see it too.
            eventually("the log says so", IN_TIME, async || serving.log().contains("535 5.7.8").then_some(())).await;
            assert!(relay.reads().is_empty());
        } else {
            eventually("both mails", IN_TIME, async || (relay.reads().len() >= 2).then_some(())).await;
        }
        asked = Some(change);
        serving.signal("TERM").await;
        tokio::time::timeout(Duration::from_secs(30), async {
            logs.push(serving.log());
            assert!(serving.ended().await);
        })
        .await
        .unwrap();
    }
    let taken = relay.reads();
    assert_eq!(taken.len(), 2, "each once: {taken:?}");
    let log = logs.join("\n");
    // As they are, and as AUTH LOGIN and AUTH PLAIN say them (RFC 4616, RFC 4648).
    for secret in [WRONG, PASSWORD, "QnIwazNuLUxhbnRlcm4tSGFyYm", "AHJlbGV2bwBCcjBrM24tTGFudGVybi1IYXJib"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "little was logged");
}
