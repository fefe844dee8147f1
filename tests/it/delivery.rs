//! Mails that wait: how long, how often, until when; and that nothing waits for them.

use std::time::Duration;

use relevo_server::{Clock, Config, Server};
use relevo_tests::{
    Engine, Person, TestServer, on_every_engine,
    smtp::{Answer, Step, TestRelay},
    v1::{Account, ChangeState, ContactChange, Delivery, DeliveryState, GetContactChangeRequest, UpdateAccountRequest},
};

on_every_engine!(
    a_mail_that_is_put_off_waits_twice_as_long_each_time_until_its_code_is_dead,
    a_mail_that_is_put_off_is_tried_once_more_before_its_code_is_dead,
    waits_are_spread_so_that_mails_put_off_together_do_not_come_back_together,
    a_relay_that_stays_down_is_asked_ever_less_often_but_every_quarter_of_an_hour,
    a_relay_that_comes_back_gets_all_that_is_still_due_each_once_and_nothing_else,
    a_mail_that_waits_is_withdrawn_once_its_change_has_ended,
    a_mail_that_waits_is_withdrawn_once_its_code_is_superseded,
    a_party_that_has_decided_gets_no_code_that_was_waiting,
    a_mail_that_carries_no_code_is_tried_for_seven_days_and_no_longer,
    no_call_waits_for_a_relay_that_hangs_and_the_mail_is_not_lost,
    a_mail_that_is_withdrawn_on_its_way_is_sent_if_it_arrives_and_withdrawn_if_not,
    operators_see_the_words_of_every_reply_and_the_replaced_contact_sees_none,
    lines_that_begin_with_dots_arrive_as_they_are,
    an_internationalised_address_needs_a_relay_that_takes_it,
    a_relay_that_hangs_up_between_two_mails_is_greeted_again,
    of_two_processes_each_sends_what_the_other_has_not_in_hand,
);

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

async fn relayed(on: Engine) -> (TestRelay, TestServer) {
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(on, &relay.settings()).await;
    (relay, server)
}

/// Ann asks for Nora to be technical contact.
async fn asked(server: &TestServer) -> (Person, Person, ContactChange) {
    let (ann, nora) = (server.person("Ann").await, server.person("Nora").await);
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    (ann, nora, change)
}

async fn delivery(change: &ContactChange, to: &Person) -> Delivery {
    let seen = to.sees(change).await.unwrap();
    let own = seen.confirmations.into_iter().find(|it| it.account_id == to.account_id).unwrap();
    own.delivery.unwrap()
}

fn kinds_and_readers(relay: &TestRelay) -> Vec<(String, String)> {
    let mut taken: Vec<_> = relay.take().into_iter().map(|letter| (letter.kind, letter.to)).collect();
    taken.sort();
    taken
}

async fn a_mail_that_is_put_off_waits_twice_as_long_each_time_until_its_code_is_dead(on: Engine) {
    let (relay, server) = relayed(on).await;
    let (ann, nora, change) = asked(&server).await;
    relay.answers_recipient(&nora.email, "450 4.2.1 mailbox busy");
    server.deliver().await;
    relay.take();
    let expire = change.expire_time.unwrap().seconds;

    let mut attempts = 1;
    let mut waited_longest = 0;
    loop {
        let middle = MINUTE.saturating_mul(1 << (attempts - 1).min(10)).min(4 * HOUR);
        assert_eq!(delivery(&change, &nora).await.attempts, attempts);
        if server.now().as_second() + i64::try_from((middle * 13 / 10).as_secs()).unwrap() >= expire {
            break;
        }
        waited_longest += usize::from(middle == 4 * HOUR);
        // A wait is its middle and a fifth to either side.
        server.advance(middle * 79 / 100);
        server.deliver().await;
        assert_eq!(delivery(&change, &nora).await.attempts, attempts, "tried before {middle:?} less a fifth");
        server.advance(middle * 42 / 100);
        server.deliver().await;
        attempts += 1;
        let now = delivery(&change, &nora).await;
        assert_eq!((now.state(), now.attempts), (DeliveryState::Deferred, attempts), "after {middle:?} and a fifth");
        assert_eq!(now.last_attempt_time.unwrap().seconds, server.now().as_second());
    }
    assert!(attempts > 30 && waited_longest > 20, "{attempts} attempts, {waited_longest} of them at the longest wait");

    server.advance(DAY);
    relay.goes_along();
    assert_eq!(ann.sees(&change).await.unwrap().state(), ChangeState::Expired);
    server.deliver().await;
    server.sweep().await;
    server.deliver().await;
    let given_up = delivery(&change, &nora).await;
    assert_eq!((given_up.state(), given_up.attempts), (DeliveryState::Withdrawn, attempts));
    let expired = |person: &Person| ("expired".to_owned(), person.email.clone());
    assert_eq!(kinds_and_readers(&relay), [expired(&ann), expired(&nora)], "its code is never mailed again");
}

async fn a_mail_that_is_put_off_is_tried_once_more_before_its_code_is_dead(on: Engine) {
    let (relay, server) = relayed(on).await;
    let (_ann, nora, change) = asked(&server).await;
    relay.answers_recipient(&nora.email, "450 4.2.1 mailbox busy");
    // Twelve attempts: the next wait is of four hours or more.
    for _ in 0..12 {
        server.deliver().await;
        server.advance(5 * HOUR);
    }
    relay.take();
    let left = Duration::from_secs((change.expire_time.unwrap().seconds - server.now().as_second()).unsigned_abs());
    server.advance(left - HOUR);
    server.deliver().await;
    let before = delivery(&change, &nora).await.attempts;
    server.advance(HOUR - 9 * MINUTE);
    relay.goes_along();
    server.deliver().await;
    let now = delivery(&change, &nora).await;
    assert_eq!((now.state(), now.attempts), (DeliveryState::Sent, before + 1));
}

async fn waits_are_spread_so_that_mails_put_off_together_do_not_come_back_together(on: Engine) {
    let (relay, server) = relayed(on).await;
    let (ann, nora) = (server.person("Ann").await, server.person("Nora").await);
    relay.always_answers(Step::Rcpt, Answer::Say("450 4.2.1 not now"));
    let mut changes = Vec::new();
    for n in 0..20 {
        let service = format!("n{n}.example.com");
        ann.orders(&service).await;
        changes.push(ann.names(&nora).technical(&service).await.unwrap());
    }
    server.deliver().await;
    server.advance(MINUTE);
    relay.goes_along();
    server.deliver().await;
    let early = relay.take().len();
    assert!((1..40).contains(&early), "{early} of 40 mails came back within the middle wait");
    server.advance(MINUTE / 4);
    server.deliver().await;
    assert_eq!(early + relay.take().len(), 40);
}

async fn a_relay_that_stays_down_is_asked_ever_less_often_but_every_quarter_of_an_hour(on: Engine) {
    let (relay, server) = relayed(on).await;
    let (ann, nora, change) = asked(&server).await;
    relay.always_answers(Step::Greeting, Answer::Say("421 4.3.2 not now"));
    server.deliver().await;
    for n in 1..40 {
        assert_eq!(relay.connections(), n);
        let middle = MINUTE.saturating_mul(1 << (n - 1).min(10)).min(15 * MINUTE);
        server.advance(middle * 79 / 100);
        server.deliver().await;
        assert_eq!(relay.connections(), n, "asked before {middle:?} less a fifth");
        server.advance(middle * 42 / 100);
        server.deliver().await;
        assert_eq!(relay.connections(), n + 1, "not asked after {middle:?} and a fifth");
    }
    assert_eq!(delivery(&change, &ann).await.attempts, 0, "it is held against no mail");

    // Once it is back it gets everything, and a new fault begins with a short wait.
    relay.goes_along();
    server.advance(18 * MINUTE);
    server.deliver().await;
    let confirm = |person: &Person| ("confirm".to_owned(), person.email.clone());
    assert_eq!(kinds_and_readers(&relay), [confirm(&ann), confirm(&nora)]);
    relay.answers(Step::Mail, Answer::Say("451 4.3.0 not now"));
    ann.asks_to_resend(&change).await.unwrap();
    server.deliver().await;
    server.advance(MINUTE * 121 / 100);
    server.deliver().await;
    assert_eq!(kinds_and_readers(&relay), [confirm(&ann)]);
}

async fn a_relay_that_comes_back_gets_all_that_is_still_due_each_once_and_nothing_else(on: Engine) {
    let (relay, server) = relayed(on).await;
    let settings = relay.stop().await;
    let (ann, nora, tom) = (server.person("Ann").await, server.person("Nora").await, server.person("Tom").await);
    let mut changes = Vec::new();
    for service in ["a.example.com", "b.example.com", "c.example.com"] {
        ann.orders(service).await;
        changes.push(ann.names(&nora).technical(service).await.unwrap());
        server.deliver().await;
    }
    server.advance(2 * MINUTE);
    ann.cancels(&changes[0]).await.unwrap();
    nora.asks_to_resend(&changes[1]).await.unwrap();
    ann.names(&tom).billing("a.example.com").await.unwrap();
    server.deliver().await;

    let relay = TestRelay::start_at(settings).await;
    server.advance(HOUR);
    server.deliver().await;
    let mut ids: Vec<_> = relay.take().into_iter().map(|letter| letter.message_id).collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "each once");
    let id = |kind: &str, change: &ContactChange, to: &Person, generation: i64| {
        format!("{kind}.{}.{}.{generation}@relevo.example", change.change_id, to.account_id)
    };
    // What was called off is not asked for any more, and what was sent again is sent once.
    for there in [
        id("cancelled", &changes[0], &nora, 0),
        id("confirm", &changes[1], &ann, 1),
        id("confirm", &changes[1], &nora, 2),
        id("confirm", &changes[2], &ann, 1),
        id("confirm", &changes[2], &nora, 1),
    ] {
        assert!(ids.contains(&there), "{there} in {ids:?}");
    }
    // The two of the change of the billing contact.
    assert_eq!(ids.len(), 7, "{ids:?}");
    server.advance(2 * DAY);
    server.deliver().await;
    assert!(relay.take().is_empty());
}

async fn a_mail_that_waits_is_withdrawn_once_its_change_has_ended(on: Engine) {
    let (relay, server) = relayed(on).await;
    let (ann, nora, change) = asked(&server).await;
    relay.answers_recipient(&nora.email, "450 4.2.1 mailbox busy");
    server.deliver().await;
    assert_eq!(delivery(&change, &nora).await.state(), DeliveryState::Deferred);
    relay.take();

    ann.cancels(&change).await.unwrap();
    let withdrawn = delivery(&change, &nora).await;
    assert_eq!((withdrawn.state(), withdrawn.attempts), (DeliveryState::Withdrawn, 1));
    assert_eq!(withdrawn.last_reply, "450 4.2.1 mailbox busy");
    relay.goes_along();
    server.advance(DAY);
    server.deliver().await;
    assert_eq!(kinds_and_readers(&relay), [("cancelled".to_owned(), nora.email.clone())]);
}

async fn a_mail_that_waits_is_withdrawn_once_its_code_is_superseded(on: Engine) {
    let (relay, server) = relayed(on).await;
    let (_, mut nora, change) = asked(&server).await;
    let old_address = nora.email.clone();
    relay.answers_recipient(&old_address, "450 4.2.1 mailbox busy");
    server.deliver().await;
    relay.take();

    // By a resend: the newest of her mails is the one that shows.
    nora.asks_to_resend(&change).await.unwrap();
    assert_eq!(delivery(&change, &nora).await, Delivery { state: DeliveryState::Queued.into(), ..Default::default() });
    server.deliver().await;
    assert_eq!(delivery(&change, &nora).await.attempts, 1);

    // By a new address: the old one is told, and only that.
    nora.moves_to("nora@example.net").await;
    assert_eq!(delivery(&change, &nora).await.state(), DeliveryState::Withdrawn);
    relay.goes_along();
    server.advance(DAY);
    server.deliver().await;
    assert_eq!(kinds_and_readers(&relay), [("address-changed".to_owned(), old_address)]);

    nora.asks_to_resend(&change).await.unwrap();
    server.deliver().await;
    let letters = relay.take();
    assert_eq!((letters.len(), letters[0].to.as_str()), (1, "nora@example.net"));
    assert!(letters[0].message_id.contains(".3@"), "{letters:?}");
    assert!(nora.accepts(&change, &letters[0].token()).await.is_ok());
}

async fn a_party_that_has_decided_gets_no_code_that_was_waiting(on: Engine) {
    let (relay, server) = relayed(on).await;
    let (ann, nora, change) = asked(&server).await;
    // The mail arrives, and the answer to it does not.
    relay.answers(Step::Dot, Answer::HangUp);
    server.deliver().await;
    let anns = relay.take().into_iter().find(|letter| letter.to == ann.email).unwrap();
    ann.accepts(&change, &anns.token()).await.unwrap();
    assert_eq!(delivery(&change, &ann).await.state(), DeliveryState::Withdrawn);
    server.advance(DAY);
    server.deliver().await;
    assert!(relay.take().is_empty());
    assert_eq!(delivery(&change, &nora).await.state(), DeliveryState::Sent);
}

async fn a_mail_that_carries_no_code_is_tried_for_seven_days_and_no_longer(on: Engine) {
    for (after, arrives) in [(7 * DAY - MINUTE, true), (7 * DAY, false)] {
        let (relay, server) = relayed(on).await;
        let (ann, nora, change) = asked(&server).await;
        server.deliver().await;
        relay.take();
        ann.cancels(&change).await.unwrap();
        relay.always_answers(Step::Rcpt, Answer::Say("450 4.2.1 mailbox busy"));
        server.deliver().await;
        server.advance(6 * DAY);
        server.deliver().await;
        // Long after the change would have expired, too.
        relay.goes_along();
        server.advance(after - 6 * DAY);
        server.deliver().await;
        let taken = kinds_and_readers(&relay);
        assert_eq!(
            taken,
            if arrives { vec![("cancelled".to_owned(), nora.email.clone())] } else { vec![] },
            "{after:?}"
        );
        server.advance(7 * DAY);
        server.deliver().await;
        assert!(relay.take().is_empty());
    }
}

async fn no_call_waits_for_a_relay_that_hangs_and_the_mail_is_not_lost(on: Engine) {
    use Step::{Data, Dot, Ehlo, Greeting, Mail, Rcpt};
    for step in [Greeting, Ehlo, Mail, Rcpt, Data, Dot] {
        let (relay, server) = relayed(on).await;
        let (ann, nora, change) = asked(&server).await;
        relay.answers(step, Answer::Hold(None));
        let sending = tokio::spawn({
            let server = server.clone();
            async move { server.deliver().await }
        });
        relay.holds().await;

        // Every kind of call, while the courier is in the middle of a mail.
        let calls = async {
            let tom = server.person("Tom").await;
            ann.orders("example.net").await;
            let other = ann.names(&tom).technical("example.net").await.unwrap();
            nora.asks_to_resend(&change).await.unwrap();
            assert_eq!(ann.lists_changes().await.len(), 2);
            assert!(nora.accepts(&change, "wrong").await.unwrap_err().is("TOKEN_INVALID"));
            ann.cancels(&other).await.unwrap();
            assert_eq!(server.sweep().await, 0);
            other
        };
        let other = tokio::time::timeout(Duration::from_secs(10), calls).await.unwrap();
        assert!(!sending.is_finished(), "{step:?}");
        relay.lets_go();
        sending.await.unwrap();

        server.advance(2 * MINUTE);
        server.deliver().await;
        let taken = relay.take();
        for person in [&ann, &nora] {
            let of_person: Vec<_> = taken.iter().filter(|it| it.to == person.email && it.kind == "confirm").collect();
            // What was sent twice, as the answer was lost, is the same mail.
            assert!(!of_person.is_empty() && of_person.len() <= 1 + usize::from(step == Dot), "{step:?} {of_person:?}");
            assert!(of_person.iter().all(|it| it.message_id == of_person[0].message_id), "{step:?}");
            assert_eq!(delivery(&change, person).await.state(), DeliveryState::Sent, "{step:?}");
        }
        assert!(taken.iter().all(|it| it.kind != "confirm" || !it.message_id.contains(&other.change_id)), "{step:?}");
    }
}

async fn a_mail_that_is_withdrawn_on_its_way_is_sent_if_it_arrives_and_withdrawn_if_not(on: Engine) {
    for (line, state) in [
        ("250 2.0.0 Ok", DeliveryState::Sent),
        ("451 4.3.0 not now", DeliveryState::Withdrawn),
        ("554 no", DeliveryState::Withdrawn),
    ] {
        let (relay, server) = relayed(on).await;
        let (ann, nora, change) = asked(&server).await;
        relay.answers(Step::Dot, Answer::Hold(Some(line)));
        let sending = tokio::spawn({
            let server = server.clone();
            async move { server.deliver().await }
        });
        relay.holds().await;
        ann.cancels(&change).await.unwrap();
        relay.lets_go();
        sending.await.unwrap();
        assert_eq!(delivery(&change, &ann).await.state(), state, "{line}");
        assert_eq!(delivery(&change, &nora).await.state(), DeliveryState::Withdrawn, "{line}");
        server.advance(DAY);
        server.deliver().await;
        assert!(relay.take().iter().filter(|it| it.kind == "confirm").count() <= 1, "{line}");
    }
}

async fn operators_see_the_words_of_every_reply_and_the_replaced_contact_sees_none(on: Engine) {
    let (relay, server) = relayed(on).await;
    let (ann, nora, tom) = (server.person("Ann").await, server.person("Nora").await, server.person("Tom").await);
    let contacts = relevo_tests::v1::Contacts { technical: tom.account_id.clone(), ..Default::default() };
    ann.orders_with("example.com", contacts).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    relay.answers_recipient(&nora.email, "550 5.1.1 no such mailbox");
    server.deliver().await;

    let request = GetContactChangeRequest { change_id: change.change_id.clone(), ..Default::default() };
    let seen = server.requests().get_contact_change(request).await.unwrap().into_inner().change.unwrap();
    let replies: Vec<_> = seen.confirmations.into_iter().map(|it| it.delivery.unwrap().last_reply).collect();
    assert_eq!(replies, ["250 2.0.0 Ok: queued", "550 5.1.1 no such mailbox"]);
    assert!(tom.sees(&change).await.unwrap().confirmations.is_empty());
}

async fn lines_that_begin_with_dots_arrive_as_they_are(on: Engine) {
    let (relay, server) = relayed(on).await;
    let ann = server.person("Ann").await;
    let dots = vec![".."; 60].join(" ");
    let account = Account { account_id: ann.account_id.clone(), display_name: dots.clone(), ..Default::default() };
    let request = UpdateAccountRequest { account: Some(account), ..Default::default() };
    server.contacts().update_account(request).await.unwrap();
    let nora = server.person("Nora").await;
    ann.orders("example.com").await;
    ann.names(&nora).technical("example.com").await.unwrap();
    server.deliver().await;

    let raw = relay.take_raw();
    let to_ann = raw.iter().find(|mail| mail.to == ann.email).unwrap();
    let source = String::from_utf8(to_ann.raw.clone()).unwrap();
    assert!(source.lines().any(|line| line.starts_with('.')), "this proves nothing: {source}");
    let letter = relevo_tests::Letter::parse(&to_ann.raw, &to_ann.to);
    let flat = letter.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(&dots), "{flat}");
    assert!(letter.html.contains(&dots), "{}", letter.html);
}

async fn an_internationalised_address_needs_a_relay_that_takes_it(on: Engine) {
    let (relay, server) = relayed(on).await;
    let (ann, mut nora) = (server.person("Ann").await, server.person("Nora").await);
    nora.moves_to("ñora@exámple.net").await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    server.deliver().await;
    let refused = delivery(&change, &nora).await;
    assert_eq!(refused.state(), DeliveryState::Failed);
    assert!(refused.last_reply.contains("SMTPUTF8"), "{refused:?}");
    let to_ann = ["confirm", "undelivered"].map(|kind| (kind.to_owned(), ann.email.clone()));
    assert_eq!(kinds_and_readers(&relay), to_ann, "it holds up no other, and Ann is told");

    relay.always_answers(Step::Ehlo, Answer::Say("250-relay.example\r\n250-8BITMIME\r\n250 SMTPUTF8"));
    nora.asks_to_resend(&change).await.unwrap();
    server.deliver().await;
    let taken = relay.take_raw();
    assert_eq!((taken.len(), taken[0].to.as_str()), (1, "ñora@xn--exmple-qta.net"));
    assert!(taken[0].from.contains("SMTPUTF8"), "{}", taken[0].from);
    assert_eq!(delivery(&change, &nora).await.state(), DeliveryState::Sent);
}

async fn a_relay_that_hangs_up_between_two_mails_is_greeted_again(on: Engine) {
    for hangs_up in [Answer::HangUp, Answer::Say("421 4.7.0 enough for one connection")] {
        let (relay, server) = relayed(on).await;
        relay.answers(Step::Mail, Answer::Say("250 2.1.0 Ok"));
        relay.answers(Step::Mail, hangs_up);
        let (ann, nora, change) = asked(&server).await;
        server.deliver().await;
        assert_eq!((relay.take().len(), relay.connections()), (2, 2));
        for party in [&ann, &nora] {
            assert_eq!(delivery(&change, party).await.state(), DeliveryState::Sent);
        }
    }
}

async fn of_two_processes_each_sends_what_the_other_has_not_in_hand(on: Engine) {
    let (relay, server) = relayed(on).await;
    let mut config = Config::parse(&relay.settings()).unwrap();
    server.home().settle(&mut config);
    let clock = Clock::fixed(server.now());
    let other = Server::open(&config, clock.clone()).await.unwrap();

    relay.answers(Step::Dot, Answer::Hold(Some("250 2.0.0 Ok: queued")));
    let (ann, nora, change) = asked(&server).await;
    let delivering = tokio::spawn(async move { server.deliver().await });
    relay.holds().await;
    let tried = other.courier().deliver_due(&|| clock.now(), &Default::default()).await.unwrap();
    assert_eq!(tried, 1, "one of the two is in the first one's hand");
    relay.lets_go();
    delivering.await.unwrap();
    let mut readers: Vec<_> = relay.take().into_iter().map(|letter| letter.to).collect();
    readers.sort();
    assert_eq!(readers, [ann.email.clone(), nora.email.clone()]);
    assert_eq!(delivery(&change, &ann).await.attempts + delivery(&change, &nora).await.attempts, 2);
}
