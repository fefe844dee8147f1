//! Whose fault a failure is: the relay's until it has taken the sender, this mail's from the recipient on.

use std::time::Duration;

use relevo_tests::{
    Engine, Person, TestServer, on_every_engine,
    smtp::{Answer, Step, TestRelay},
    v1::{ContactChange, Delivery, DeliveryState},
};

on_every_engine!(
    a_fault_before_the_recipient_pauses_all_sending_and_is_held_against_no_mail,
    a_relay_that_cannot_be_reached_pauses_all_sending_and_is_held_against_no_mail,
    a_recipient_or_a_mail_that_is_put_off_is_tried_again_and_holds_up_no_other,
    a_recipient_or_a_mail_that_is_refused_for_good_is_not_tried_again_and_holds_up_no_other,
    a_mail_whose_answer_was_lost_is_sent_again_as_the_same_mail,
    a_reply_that_quotes_the_code_of_the_mail_is_kept_without_it,
    a_long_reply_of_many_lines_is_kept_short_and_on_one_line,
);

/// A step that goes wrong, and what the mail and its reader are told then.
struct Fault {
    step: Step,
    answer: Answer,
    /// What the party itself reads; empty: whatever was wrong, without codes.
    text: &'static str,
    /// What the other party reads.
    codes: &'static str,
}

const fn says(step: Step, line: &'static str, codes: &'static str) -> Fault {
    Fault { step, answer: Answer::Say(line), text: line, codes }
}

const fn breaks(step: Step, answer: Answer) -> Fault {
    Fault { step, answer, text: "", codes: "" }
}

/// Ann asks for Nora; hers is the first of the two mails.
async fn asked(server: &TestServer) -> (Person, Person, ContactChange) {
    let (ann, nora) = (server.person("Ann").await, server.person("Nora").await);
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    (ann, nora, change)
}

/// What one person sees of the delivery to another.
async fn delivery(change: &ContactChange, viewer: &Person, to: &Person) -> Delivery {
    let seen = viewer.sees(change).await.unwrap();
    let of = seen.confirmations.into_iter().find(|it| it.account_id == to.account_id).unwrap();
    of.delivery.unwrap()
}

async fn faulty(on: Engine, fault: &Fault) -> (TestRelay, TestServer, Person, Person, ContactChange) {
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(on, &relay.settings()).await;
    let (ann, nora, change) = asked(&server).await;
    relay.answers(fault.step, fault.answer.clone());
    server.deliver().await;

    let (own, other) = (delivery(&change, &ann, &ann).await, delivery(&change, &nora, &ann).await);
    if fault.text.is_empty() {
        assert!(!own.last_reply.is_empty(), "{:?}", fault.step);
    } else {
        assert_eq!(own.last_reply, fault.text, "{:?}", fault.step);
    }
    assert_eq!(other.last_reply, fault.codes, "{:?}", fault.step);
    assert_eq!((own.state, own.attempts), (other.state, other.attempts), "{:?}", fault.step);
    assert_eq!(own.last_attempt_time, other.last_attempt_time, "{:?}", fault.step);
    (relay, server, ann, nora, change)
}

fn seconds(server: &TestServer) -> i64 {
    server.now().as_second()
}

async fn a_fault_before_the_recipient_pauses_all_sending_and_is_held_against_no_mail(on: Engine) {
    let faults = [
        says(Step::Greeting, "421 4.3.2 not now", "421 4.3.2"),
        says(Step::Greeting, "554 5.7.1 go away", "554 5.7.1"),
        breaks(Step::Greeting, Answer::HangUp),
        breaks(Step::Greeting, Answer::Say("who is there?")),
        says(Step::Ehlo, "451 4.3.0 not now", "451 4.3.0"),
        says(Step::Ehlo, "550 5.7.1 no such name", "550 5.7.1"),
        breaks(Step::Ehlo, Answer::HangUp),
        breaks(Step::Ehlo, Answer::Say("HTTP/1.1 400 Bad Request")),
        says(Step::Mail, "451 4.3.1 disk full", "451 4.3.1"),
        says(Step::Mail, "550 5.1.8 sender refused", "550 5.1.8"),
        says(Step::Mail, "530 authenticate first", "530"),
        breaks(Step::Mail, Answer::HangUp),
        breaks(Step::Mail, Answer::Say("+OK")),
    ];
    for fault in &faults {
        let (relay, server, ann, nora, change) = faulty(on, fault).await;
        let anns = delivery(&change, &ann, &ann).await;
        assert_eq!((anns.state(), anns.attempts), (DeliveryState::Deferred, 0), "{:?}", fault.step);
        assert_eq!(anns.last_attempt_time, None, "{:?}", fault.step);
        let noras = delivery(&change, &nora, &nora).await;
        assert_eq!((noras.state(), noras.attempts), (DeliveryState::Queued, 0), "{:?}", fault.step);
        assert_eq!(noras.last_reply, "", "{:?}", fault.step);
        assert_eq!(relay.connections(), 1, "{:?}", fault.step);

        server.advance(Duration::from_secs(47));
        server.deliver().await;
        assert_eq!(relay.connections(), 1, "{:?}: it is left alone", fault.step);

        server.advance(Duration::from_secs(26));
        server.deliver().await;
        for (person, letters) in [(&ann, &ann), (&nora, &nora)] {
            let sent = delivery(&change, person, letters).await;
            assert_eq!((sent.state(), sent.attempts), (DeliveryState::Sent, 1), "{:?}", fault.step);
            assert_eq!(sent.last_attempt_time.unwrap().seconds, seconds(&server), "{:?}", fault.step);
            assert_eq!(sent.last_reply, "250 2.0.0 Ok: queued", "{:?}", fault.step);
        }
        let to: Vec<_> = relay.take().into_iter().map(|letter| letter.to).collect();
        assert_eq!(to.len(), 2, "{:?}: each once: {to:?}", fault.step);
    }
}

async fn a_relay_that_cannot_be_reached_pauses_all_sending_and_is_held_against_no_mail(on: Engine) {
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(on, &relay.settings()).await;
    let address = relay.stop().await;
    let (ann, nora, change) = asked(&server).await;
    server.deliver().await;

    let anns = delivery(&change, &ann, &ann).await;
    assert_eq!((anns.state(), anns.attempts), (DeliveryState::Deferred, 0));
    assert!(anns.last_reply.contains("refused"), "{anns:?}");
    assert_eq!(delivery(&change, &nora, &ann).await.last_reply, "");
    assert_eq!(delivery(&change, &nora, &nora).await.state(), DeliveryState::Queued);

    let relay = TestRelay::start_at(address).await;
    server.advance(Duration::from_secs(47));
    server.deliver().await;
    assert_eq!(relay.connections(), 0);
    server.advance(Duration::from_secs(26));
    server.deliver().await;
    assert_eq!(relay.take().len(), 2);
    assert_eq!(delivery(&change, &ann, &ann).await.attempts, 1);
}

async fn a_recipient_or_a_mail_that_is_put_off_is_tried_again_and_holds_up_no_other(on: Engine) {
    let faults = [
        says(Step::Rcpt, "450 4.2.1 mailbox busy", "450 4.2.1"),
        says(Step::Rcpt, "452 no room", "452"),
        says(Step::Rcpt, "421 4.3.2 going down", "421 4.3.2"),
        breaks(Step::Rcpt, Answer::HangUp),
        breaks(Step::Rcpt, Answer::Say("perhaps")),
        says(Step::Data, "451 4.3.0 not now", "451 4.3.0"),
        breaks(Step::Data, Answer::HangUp),
        says(Step::Dot, "451 4.7.1 greylisted", "451 4.7.1"),
        says(Step::Dot, "421 4.3.2 going down", "421 4.3.2"),
    ];
    for fault in &faults {
        let (relay, server, ann, nora, change) = faulty(on, fault).await;
        let anns = delivery(&change, &ann, &ann).await;
        assert_eq!((anns.state(), anns.attempts), (DeliveryState::Deferred, 1), "{:?}", fault.step);
        assert_eq!(anns.last_attempt_time.unwrap().seconds, seconds(&server), "{:?}", fault.step);
        let noras = delivery(&change, &nora, &nora).await;
        assert_eq!((noras.state(), noras.attempts), (DeliveryState::Sent, 1), "{:?}", fault.step);
        assert_eq!(relay.take().len(), 1, "{:?}", fault.step);

        server.advance(Duration::from_secs(47));
        server.deliver().await;
        assert!(relay.take().is_empty(), "{:?}: nothing is sent before its wait is over", fault.step);
        assert_eq!(delivery(&change, &ann, &ann).await.attempts, 1, "{:?}", fault.step);

        server.advance(Duration::from_secs(26));
        server.deliver().await;
        assert_eq!(relay.take().len(), 1, "{:?}", fault.step);
        let anns = delivery(&change, &ann, &ann).await;
        assert_eq!((anns.state(), anns.attempts), (DeliveryState::Sent, 2), "{:?}", fault.step);
        assert_eq!(anns.last_reply, "250 2.0.0 Ok: queued", "{:?}", fault.step);
    }
}

async fn a_recipient_or_a_mail_that_is_refused_for_good_is_not_tried_again_and_holds_up_no_other(on: Engine) {
    let faults = [
        says(Step::Rcpt, "550 5.1.1 no such mailbox", "550 5.1.1"),
        says(Step::Rcpt, "553 what a name", "553"),
        says(Step::Data, "554 5.6.0 no valid recipients", "554 5.6.0"),
        says(Step::Dot, "554 5.7.1 looks like spam", "554 5.7.1"),
        says(Step::Dot, "552 5.3.4 too big", "552 5.3.4"),
    ];
    for fault in &faults {
        let (relay, server, ann, nora, change) = faulty(on, fault).await;
        let anns = delivery(&change, &ann, &ann).await;
        assert_eq!((anns.state(), anns.attempts), (DeliveryState::Failed, 1), "{:?}", fault.step);
        assert_eq!(anns.last_attempt_time.unwrap().seconds, seconds(&server), "{:?}", fault.step);
        assert_eq!(delivery(&change, &nora, &nora).await.state(), DeliveryState::Sent, "{:?}", fault.step);
        let taken: Vec<_> = relay.take().into_iter().map(|letter| letter.kind).collect();
        assert_eq!(taken, ["confirm", "undelivered"], "{:?}", fault.step);
        assert_eq!(relay.connections(), 1, "{:?}: the conversation goes on", fault.step);

        server.advance(Duration::from_secs(2 * 24 * 3600));
        server.deliver().await;
        assert!(relay.take().is_empty(), "{:?}", fault.step);
        assert_eq!(delivery(&change, &ann, &ann).await, anns, "{:?}", fault.step);

        // A resend is another mail.
        ann.asks_to_resend(&change).await.unwrap();
        assert_eq!(
            delivery(&change, &nora, &ann).await,
            Delivery { state: DeliveryState::Queued.into(), ..Default::default() }
        );
        server.deliver().await;
        assert_eq!(delivery(&change, &ann, &ann).await.state(), DeliveryState::Sent, "{:?}", fault.step);
        assert_eq!(relay.take().len(), 1, "{:?}", fault.step);
    }
}

async fn a_mail_whose_answer_was_lost_is_sent_again_as_the_same_mail(on: Engine) {
    let fault = breaks(Step::Dot, Answer::HangUp);
    let (relay, server, ann, _, change) = faulty(on, &fault).await;
    let anns = delivery(&change, &ann, &ann).await;
    assert_eq!((anns.state(), anns.attempts), (DeliveryState::Deferred, 1));
    let first: Vec<_> = relay.take_raw().into_iter().filter(|mail| mail.to == ann.email).collect();

    server.advance(Duration::from_secs(73));
    server.deliver().await;
    let again = relay.take_raw();
    assert_eq!((first.len(), again.len()), (1, 1));
    assert_eq!(String::from_utf8_lossy(&first[0].raw), String::from_utf8_lossy(&again[0].raw));
    assert_eq!(first[0].to, again[0].to);
    assert_eq!(delivery(&change, &ann, &ann).await.state(), DeliveryState::Sent);
}

async fn a_reply_that_quotes_the_code_of_the_mail_is_kept_without_it(on: Engine) {
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(on, &relay.settings()).await;
    let (ann, _, change) = asked(&server).await;
    relay.answers(Step::Dot, Answer::QuoteCode("451 4.7.1 blocked:"));
    server.deliver().await;
    let kept = delivery(&change, &ann, &ann).await.last_reply;
    assert!(kept.starts_with("451 4.7.1 "), "{kept}");

    server.advance(Duration::from_secs(73));
    server.deliver().await;
    let mails = relay.take();
    let code = mails.iter().find(|mail| mail.to == ann.email).unwrap().token();
    assert!(!kept.contains(&code), "{kept}");
    assert!(!kept.contains(&code.replace('-', "").to_lowercase()), "{kept}");
    assert!(ann.accepts(&change, &code).await.is_ok());
    server.leaves_mails_unread();
}

async fn a_long_reply_of_many_lines_is_kept_short_and_on_one_line(on: Engine) {
    const LINE: &str =
        "550-5.1.1 The mailbox that you tried to reach does not exist. Please look for typing errors.\r\n";
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(on, &relay.settings()).await;
    let (ann, _, change) = asked(&server).await;
    let reply = format!("{}550 5.1.1 \x07Bye\ttherë", LINE.repeat(20));
    relay.answers(Step::Rcpt, Answer::Say(Box::leak(reply.into_boxed_str())));
    server.deliver().await;
    let kept = delivery(&change, &ann, &ann).await;
    assert_eq!(kept.state(), DeliveryState::Failed);
    assert!(kept.last_reply.starts_with("550 5.1.1 The mailbox"), "{kept:?}");
    assert!(kept.last_reply.chars().count() <= 500, "{kept:?}");
    assert!(!kept.last_reply.contains(char::is_control), "{kept:?}");
    server.leaves_mails_unread();
}
