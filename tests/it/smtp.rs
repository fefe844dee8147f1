//! Every step of the conversation with a relay, and every kind of reply to it: what becomes of the mail.

use std::time::Duration;

use relevo_outbound::{Message, Relay, RelaySettings, Timeouts, Tls, Transport, Verdict};
use relevo_tests::{
    Engine, Person, TestServer,
    smtp::{Answer, Step, TestRelay},
    tls::Authority,
    v1::{ContactChange, Delivery, DeliveryState},
};

const BEFORE_THE_RECIPIENT: [(Step, &str); 8] = [
    (Step::Greeting, "PLAIN"),
    (Step::Ehlo, "PLAIN"),
    (Step::StartTls, "PLAIN"),
    (Step::EhloAgain, "PLAIN"),
    (Step::Auth, "LOGIN PLAIN"),
    (Step::Auth, "LOGIN"),
    (Step::Challenge, "LOGIN"),
    (Step::Mail, "PLAIN"),
];
const FROM_THE_RECIPIENT_ON: [Step; 3] = [Step::Rcpt, Step::Data, Step::Dot];

/// What a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Yes,
    Later,
    Never,
    /// None: cut, silent, or nothing that means anything here.
    None,
}

/// What may be said at any step: what it is, and which codes are kept of it.
const REPLIES: [(Answer, Kind, &str); 31] = [
    (Answer::Dribble, Kind::Yes, ""),
    (Answer::ManyLines, Kind::Yes, ""),
    (Answer::Say("421 4.7.0 good night"), Kind::Later, "421 4.7.0"),
    (Answer::Say("432 4.7.12 not with this one"), Kind::Later, "432 4.7.12"),
    (Answer::Say("450 busy"), Kind::Later, "450"),
    (Answer::Say("451-4.7.1 come back\r\n451-4.7.1 in a while\r\n451 4.7.1 please"), Kind::Later, "451 4.7.1"),
    (Answer::Say("452 4.2.2 full"), Kind::Later, "452 4.2.2"),
    (Answer::Say("454 4.7.0 for the moment"), Kind::Later, "454 4.7.0"),
    (Answer::Say("500 5.5.1 what?"), Kind::Never, "500 5.5.1"),
    (Answer::Say("530 5.7.0 not so"), Kind::Never, "530 5.7.0"),
    (Answer::Say("535 5.7.8 not you"), Kind::Never, "535 5.7.8"),
    (Answer::Say("550-5.1.1 no\r\n550 5.1.1 no"), Kind::Never, "550 5.1.1"),
    (Answer::Say("552 5.2.2 full"), Kind::Never, "552 5.2.2"),
    (Answer::Say("554"), Kind::Never, "554"),
    (Answer::Say("150 nearly"), Kind::None, ""),
    (Answer::Say("399 go on?"), Kind::None, ""),
    (Answer::Say("650 6.0.0 what is that"), Kind::None, ""),
    (Answer::Say("099 nothing"), Kind::None, ""),
    (Answer::Say("+OK"), Kind::None, ""),
    (Answer::Say("HTTP/1.1 400 Bad Request"), Kind::None, ""),
    (Answer::Say("250-2.0.0 yes\r\n550 5.0.0 no"), Kind::None, ""),
    (Answer::Say("450 4.0.0 no\r\n250 2.0.0 yes"), Kind::None, ""),
    (Answer::Say("\x16\x03\x01\x02\x00"), Kind::None, ""),
    (Answer::HangUp, Kind::None, ""),
    (Answer::SayAndHangUp(b"45"), Kind::None, ""),
    (Answer::SayAndHangUp(b"250 2.0.0 Ok"), Kind::None, ""),
    (Answer::SayAndHangUp(b"250-one\r\n"), Kind::None, ""),
    (Answer::SayAndHangUp(b"\xff\xfe\x00\x01\n\n"), Kind::None, ""),
    (Answer::Silence, Kind::None, ""),
    (Answer::Flood(b"250 x"), Kind::None, ""),
    (Answer::Flood(b"250-\n"), Kind::None, ""),
];

const BRIEF: &str = "[mail.smtp.timeout]\nconnect = \"3s\"\nhandshake = \"3s\"\nreply = \"3s\"\ntake = \"3s\"\n";

async fn anns_delivery(ann: &Person, change: &ContactChange) -> Delivery {
    let seen = ann.sees(change).await.unwrap();
    seen.confirmations.into_iter().next().unwrap().delivery.unwrap()
}

/// A mail to Ann, and what becomes of it and of the next try for each reply to a step.
async fn each_reply_to(step: Step, mechanisms: &'static str) {
    let authority = Authority::new();
    let relay = TestRelay::start_with_starttls(&authority).await;
    relay.wants_login(mechanisms);
    let settings = relay.settings_with_tls("starttls", &authority) + &TestRelay::login() + BRIEF;
    let server = TestServer::start_with(Engine::Sqlite, &settings).await;
    let [ann, tom] = server.people(["Ann", "Tom"]).await;
    let is_before = !FROM_THE_RECIPIENT_ON.contains(&step);

    for (nth, (answer, kind, codes)) in REPLIES.iter().enumerate() {
        let case = format!("{step:?} {mechanisms} {answer:?}");
        let service = format!("n{nth}.example.com");
        ann.orders_beside(&service, &tom, &ann).await;
        let change = ann.names(&ann).technical(&service).await.unwrap();
        let (before, flooded) = (relay.heard().len(), relay.flooded());
        relay.answers(step, answer.clone());
        server.deliver().await;

        let expected = match (kind, is_before) {
            (Kind::Yes, _) => (DeliveryState::Sent, 1),
            // Held against no mail.
            (_, true) => (DeliveryState::Deferred, 0),
            (Kind::Never, false) => (DeliveryState::Failed, 1),
            (_, false) => (DeliveryState::Deferred, 1),
        };
        let seen = anns_delivery(&ann, &change).await;
        assert_eq!((seen.state(), seen.attempts), expected, "{case}: {seen:?}");
        match kind {
            Kind::Yes => assert!(
                seen.last_reply.starts_with("250 2.0.0") && seen.last_reply.ends_with("Ok: queued"),
                "{case}: {seen:?}"
            ),
            Kind::None => assert!(seen.last_reply.starts_with(|c: char| c.is_alphabetic()), "{case}: {seen:?}"),
            _ => assert!(seen.last_reply.starts_with(codes), "{case}: {seen:?}"),
        }
        assert!(relay.flooded() - flooded < 32 << 20, "{case}: {} bytes were taken", relay.flooded() - flooded);
        let heard = relay.heard().split_off(before);
        // As it is, and as PLAIN and LOGIN code it.
        let password = ["open sesame", TestRelay::PLAIN.trim_end_matches('='), "b3BlbiBzZXNhbWU"];
        let in_clear: Vec<_> = heard.iter().filter(|heard| !heard.under_tls).map(|heard| &heard.line).collect();
        assert!(in_clear.iter().all(|line| password.iter().all(|part| !line.contains(part))), "{case}: {in_clear:?}");

        // Whatever it was, it is over: the mail goes the next time, unless it was refused for good.
        server.advance(Duration::from_secs(20 * 60));
        server.deliver().await;
        let last = if expected.0 == DeliveryState::Failed { DeliveryState::Failed } else { DeliveryState::Sent };
        assert_eq!(anns_delivery(&ann, &change).await.state(), last, "{case}");
        let taken = relay.take();
        let at_most = 1 + usize::from(step == Step::Dot);
        assert!(taken.len() <= at_most && (last == DeliveryState::Failed || !taken.is_empty()), "{case}: {taken:?}");
    }
}

/// All of them at a time, as most of it is waiting.
async fn each_reply_to_each(steps: &[(Step, &'static str)]) {
    let running: Vec<_> = steps.iter().map(|(step, how)| tokio::spawn(each_reply_to(*step, how))).collect();
    for ended in running {
        ended.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_said_before_the_recipient_is_the_relays_fault() {
    each_reply_to_each(&BEFORE_THE_RECIPIENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_said_from_the_recipient_on_is_this_mails_fate() {
    each_reply_to_each(&FROM_THE_RECIPIENT_ON.map(|step| (step, "PLAIN"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_where_the_mail_should_begin_is_no_invitation_and_an_invitation_elsewhere_is_no_yes() {
    for (step, line, attempts) in [
        (Step::Data, "250 2.0.0 Ok", 1),
        (Step::Rcpt, "354 Go on", 1),
        (Step::Dot, "354 Go on", 1),
        (Step::Mail, "354 Go on", 0),
        (Step::Greeting, "354 Go on", 0),
    ] {
        let relay = TestRelay::start().await;
        let server = TestServer::start_with(Engine::Sqlite, &(relay.settings() + BRIEF)).await;
        let [ann, tom] = server.people(["Ann", "Tom"]).await;
        ann.orders_beside("example.com", &tom, &ann).await;
        let change = ann.names(&ann).technical("example.com").await.unwrap();
        relay.answers(step, Answer::Say(line));
        server.deliver().await;
        let seen = anns_delivery(&ann, &change).await;
        assert_eq!((seen.state(), seen.attempts), (DeliveryState::Deferred, attempts), "{step:?}: {seen:?}");
        assert!(seen.last_reply.contains("out of step"), "{step:?}: {seen:?}");
        server.advance(Duration::from_secs(120));
        server.deliver().await;
        assert_eq!(relay.take().len(), 1, "{step:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_whose_own_state_keeps_mails_to_two_domains_is_out_of_order() {
    for step in FROM_THE_RECIPIENT_ON {
        let relay = TestRelay::start().await;
        let server = TestServer::start_with(Engine::Sqlite, &relay.settings()).await;
        let [ann, tom, mut nora] = server.people(["Ann", "Tom", "Nora"]).await;
        nora.moves_to("nora@elsewhere.example").await;
        ann.orders_beside("example.com", &tom, &ann).await;
        let change = ann.names(&nora).technical("example.com").await.unwrap();
        relay.always_answers(step, Answer::Say("452 4.3.1 disk full"));
        server.deliver().await;
        let of = async |person: &Person| {
            let seen = person.sees(&change).await.unwrap();
            let own = seen.confirmations.into_iter().find(|it| it.account_id == person.account_id).unwrap();
            own.delivery.unwrap()
        };
        let mut attempts = [of(&ann).await.attempts, of(&nora).await.attempts];
        attempts.sort_unstable();
        assert_eq!(attempts, [0, 1], "{step:?}: the second was held against no mail");

        // The pauses grow, and no mail pays for them.
        for wait in [75, 150, 300, 600] {
            let connections = relay.connections();
            server.advance(Duration::from_secs(wait));
            server.deliver().await;
            assert_eq!(relay.connections(), connections + 1, "{step:?}: one mail is tried after {wait} s");
        }
        assert_eq!(of(&ann).await.attempts + of(&nora).await.attempts, 1, "{step:?}");
        relay.goes_along();
        server.advance(Duration::from_secs(1200));
        server.deliver().await;
        assert_eq!(relay.take().len(), 2, "{step:?}");
        assert_eq!(of(&ann).await.attempts + of(&nora).await.attempts, 3, "{step:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_keeps_mails_to_one_domain_may_be_that_of_the_domain_and_holds_up_no_other() {
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(Engine::Sqlite, &relay.settings()).await;
    let [ann, tom, mut nora] = server.people(["Ann", "Tom", "Nora"]).await;
    nora.moves_to("nora@elsewhere.example").await;
    for service in ["a.example.com", "b.example.com"] {
        ann.orders_beside(service, &tom, &ann).await;
    }
    relay.does_with_recipient(&ann.email, Answer::Say("451 4.3.0 lookup failure"));
    for service in ["a.example.com", "b.example.com"] {
        ann.names(&ann).technical(service).await.unwrap();
    }
    server.deliver().await;
    let change = ann.names(&nora).billing("a.example.com").await.unwrap();
    server.deliver().await;
    let noras = nora.sees(&change).await.unwrap().confirmations.into_iter().find(|it| it.account_id == nora.account_id);
    assert_eq!(
        noras.unwrap().delivery.unwrap().state(),
        DeliveryState::Sent,
        "two mails to Ann are no reason to pause"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_goes_out_whatever_else_a_relay_offers() {
    for offer in [
        "250 relay.example",
        "250-relay.example\r\n250 8BITMIME",
        "250-relay.example\r\n250-SIZE\r\n250 HELP",
        "250-relay.example\r\n250-SIZE 10\r\n250 8BITMIME",
        "250-relay.example\r\n250-SIZE 35882577\r\n250-8BITMIME\r\n250-DSN\r\n250-CHUNKING\r\n250 SMTPUTF8",
        "250-relay.example greets you\r\n250-AUTH=PLAIN LOGIN\r\n250-AUTH GSSAPI\r\n250-X-UNKNOWN a b\r\n250 ok",
    ] {
        let relay = TestRelay::start().await;
        let server = TestServer::start_with(Engine::Sqlite, &relay.settings()).await;
        let [mut ann, tom] = server.people(["Ann", "Tom"]).await;
        // An internationalised domain needs nothing of the relay.
        ann.moves_to("ann@exámple.net").await;
        ann.orders_beside("example.com", &tom, &ann).await;
        ann.names(&ann).technical("example.com").await.unwrap();
        relay.answers(Step::Ehlo, Answer::Say(offer));
        server.deliver().await;
        let taken = relay.take_raw();
        assert_eq!((taken.len(), taken[0].to.as_str()), (1, "ann@xn--exmple-qta.net"), "{offer}");
        assert_eq!(taken[0].from, "<relevo@relevo.example>", "{offer}: no parameters");
        assert!(taken[0].raw.is_ascii(), "{offer}: there may be no 8BITMIME");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bounces_come_back_to_the_return_path() {
    let relay = TestRelay::start().await;
    let settings = relay.settings().replace("[mail]\n", "[mail]\nreturn_path = \"bounces@exámple.net\"\n");
    let server = TestServer::start_with(Engine::Sqlite, &settings).await;
    let [ann, tom] = server.people(["Ann", "Tom"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    ann.names(&ann).technical("example.com").await.unwrap();
    server.deliver().await;
    let taken = relay.take_raw();
    assert_eq!(taken[0].from, "<bounces@xn--exmple-qta.net>");
    let letter = relevo_tests::Letter::parse(&taken[0].raw, &taken[0].to);
    assert!(
        letter.headers.contains("relevo@relevo.example") && !letter.headers.contains("bounces"),
        "{}",
        letter.headers
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_names_others_is_kept_without_their_addresses() {
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(Engine::Sqlite, &relay.settings()).await;
    let [ann, tom] = server.people(["Ann", "Tom"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&ann).technical("example.com").await.unwrap();
    let said = format!("550 5.1.1 <{}> is forwarded to <boss@secret.example>, not bob@secret.example.", ann.email);
    relay.answers(Step::Rcpt, Answer::Say(Box::leak(said.into_boxed_str())));
    server.deliver().await;
    let kept = anns_delivery(&ann, &change).await.last_reply;
    assert_eq!(kept, format!("550 5.1.1 <{}> is forwarded to <(an address)>, not (an address)", ann.email));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_sent_once_says_with_which_words_it_was_taken_and_leaves_no_conversation() {
    let relay = TestRelay::start().await;
    let brief = Duration::from_secs(5);
    let settings = RelaySettings {
        host: "127.0.0.1".to_owned(),
        port: relay.address.port(),
        tls: Tls::None,
        ca_file: None,
        login: None,
        connections: 1,
        idle_timeout: brief,
        timeouts: Timeouts { connect: brief, handshake: brief, reply: brief, take: brief },
    };
    let message = Message {
        message_id: "test@relevo.example".to_owned(),
        date: jiff::Timestamp::UNIX_EPOCH,
        envelope_from: "relevo@relevo.example".to_owned(),
        envelope_to: "ann@example.com".to_owned(),
        raw: b"Subject: a test\r\n\r\n.\r\n..\r\n".to_vec(),
        needs_smtputf8: false,
    };
    let verdict = Transport::Smtp(Relay::new(settings).unwrap()).send_once(&message).await;
    let Verdict::Taken(reply) = verdict else { panic!("{verdict:?}") };
    assert_eq!((reply.codes.as_str(), reply.text.as_str()), ("250 2.0.0", "Ok: queued"));
    assert_eq!(relay.heard().last().unwrap().line, "QUIT");
    assert!(relay.take_raw()[0].raw.starts_with(&message.raw));
}
