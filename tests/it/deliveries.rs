//! Where each mail of a change is, and who is told when a code never arrives.

use std::time::Duration;

use relevo_tests::{
    Engine, Person, Refused, TestServer, on_every_engine,
    smtp::TestRelay,
    v1::{
        AttemptOutcome, ChangeState, ContactChange, Contacts, DeliveryState, ListDeliveriesRequest, MailDelivery,
        MailKind,
    },
};

on_every_engine!(
    each_mail_is_listed_with_its_attempts_and_what_the_relay_said,
    each_viewer_sees_the_deliveries_that_he_may_see,
    deliveries_are_listed_page_by_page,
    when_a_code_cannot_be_delivered_the_other_party_is_told_once,
    a_reminder_that_is_refused_says_nothing_of_a_code_that_arrived,
    a_requester_whose_own_code_cannot_be_delivered_is_the_one_the_nominee_hears_of,
    a_notice_of_an_undelivered_code_is_not_sent_once_the_address_was_corrected,
    who_is_the_only_party_is_told_of_by_nobody,
    a_notice_that_cannot_be_delivered_is_nobodys_business,
);

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const UNKNOWN: &str = "550 5.1.1 no such mailbox";

struct Scene {
    relay: TestRelay,
    server: TestServer,
    ann: Person,
    tom: Person,
    nora: Person,
    change: ContactChange,
}

/// Ann asks for Nora to replace Tom as technical contact.
async fn asked(on: Engine) -> Scene {
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(on, &relay.settings()).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_with("example.com", Contacts { technical: tom.account_id.clone(), ..Default::default() }).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    Scene { relay, server, ann, tom, nora, change }
}

impl Scene {
    async fn page(&self, viewer: &str, size: i32, token: &str) -> Result<(Vec<MailDelivery>, String), Refused> {
        let request = ListDeliveriesRequest {
            change_id: self.change.change_id.clone(),
            account_id: viewer.to_owned(),
            page_size: size,
            page_token: token.to_owned(),
        };
        let page = self.server.requests().list_deliveries(request).await?.into_inner();
        Ok((page.deliveries, page.next_page_token))
    }

    async fn lists(&self, viewer: &str) -> Vec<MailDelivery> {
        self.page(viewer, 0, "").await.unwrap().0
    }

    /// The kinds and readers of the mails that were taken, in alphabetical order.
    fn taken(&self) -> Vec<(String, String)> {
        let mut taken: Vec<_> = self.relay.take().into_iter().map(|letter| (letter.kind, letter.to)).collect();
        taken.sort();
        taken
    }
}

fn mail(kind: &str, to: &Person) -> (String, String) {
    (kind.to_owned(), to.email.clone())
}

/// How each attempt ended, and what was said.
fn attempts(mail: &MailDelivery) -> Vec<(AttemptOutcome, &str)> {
    mail.attempts.iter().map(|attempt| (attempt.outcome(), attempt.reply.as_str())).collect()
}

async fn each_mail_is_listed_with_its_attempts_and_what_the_relay_said(on: Engine) {
    let scene = asked(on).await;
    let Scene { relay, server, ann, nora, .. } = &scene;
    relay.answers_recipient(&nora.email, "450 4.2.1 mailbox busy");
    server.deliver().await;
    relay.answers_recipient(&nora.email, "451 4.7.1 come again");
    server.advance(HOUR);
    server.deliver().await;
    relay.goes_along();
    server.advance(HOUR);
    server.deliver().await;
    nora.asks_to_resend(&scene.change).await.unwrap();

    let mails = scene.lists("").await;
    let which: Vec<_> = mails.iter().map(|it| (it.kind(), it.account_id.as_str(), it.generation)).collect();
    let confirm = MailKind::Confirm;
    let (to_ann, to_nora) = (ann.account_id.as_str(), nora.account_id.as_str());
    assert_eq!(which, [(confirm, to_ann, 1), (confirm, to_nora, 1), (confirm, to_nora, 2)]);
    let [anns, noras, again] = mails.as_slice() else { panic!("{mails:?}") };
    let sent = (AttemptOutcome::Sent, "250 2.0.0 Ok: queued");
    assert_eq!(attempts(anns), [sent]);
    let put_off = |reply| (AttemptOutcome::Deferred, reply);
    assert_eq!(attempts(noras), [put_off("450 4.2.1 mailbox busy"), put_off("451 4.7.1 come again"), sent]);
    let times: Vec<_> = noras.attempts.iter().map(|it| it.attempt_time.unwrap().seconds).collect();
    let now = server.now().as_second();
    assert_eq!(times, [now - 7200, now - 3600, now]);
    let delivery = noras.delivery.clone().unwrap();
    assert_eq!((delivery.state(), delivery.attempts), (DeliveryState::Sent, 3));
    assert_eq!(delivery.last_reply, "250 2.0.0 Ok: queued");
    assert_eq!((noras.create_time, noras.due_time), (scene.change.create_time, None));
    assert_eq!(again.delivery.clone().unwrap().state(), DeliveryState::Queued);
    assert_eq!(again.due_time.unwrap().seconds, now);
    server.leaves_mails_unread();
}

async fn each_viewer_sees_the_deliveries_that_he_may_see(on: Engine) {
    let scene = asked(on).await;
    let Scene { relay, server, ann, tom, nora, change } = &scene;
    relay.answers_recipient(&nora.email, UNKNOWN);
    server.deliver().await;
    server.leaves_mails_unread();
    let replies = |mails: &[MailDelivery]| -> Vec<_> {
        mails.iter().flat_map(|mail| mail.attempts.iter().map(|attempt| attempt.reply.clone())).collect()
    };
    let text = "250 2.0.0 Ok: queued";
    assert_eq!(replies(&scene.lists("").await), [text, UNKNOWN, text]);
    assert_eq!(replies(&scene.lists(&ann.account_id).await), [text, "550 5.1.1", text]);
    assert_eq!(replies(&scene.lists(&nora.account_id).await), ["250 2.0.0", UNKNOWN, "250 2.0.0"]);
    assert!(scene.lists(&tom.account_id).await.is_empty(), "the replaced contact is no party");
    for mails in [scene.lists(&ann.account_id).await, scene.lists(&nora.account_id).await] {
        for mail in mails {
            let last = mail.attempts.last().unwrap().reply.clone();
            assert_eq!(mail.delivery.unwrap().last_reply, last, "the same in both places");
        }
    }
    let stranger = server.person("Stan").await;
    let refused = scene.page(&stranger.account_id, 0, "").await.unwrap_err();
    assert_eq!(refused.reason, "CHANGE_NOT_FOUND");
    assert_eq!(refused.message, stranger.sees(change).await.unwrap_err().message);

    // The notices to those who are no parties are for callers that see everything.
    relay.goes_along();
    server.advance(HOUR);
    nora.asks_to_resend(change).await.unwrap();
    server.deliver().await;
    let codes: Vec<_> = relay.take().iter().filter(|it| it.kind == "confirm").map(|it| it.token()).collect();
    let [anns, noras] = codes.as_slice() else { panic!("{} codes", codes.len()) };
    ann.accepts(change, anns).await.unwrap();
    nora.accepts(change, noras).await.unwrap();
    server.deliver().await;
    let kinds = |mails: Vec<MailDelivery>| mails.iter().map(MailDelivery::kind).collect::<Vec<_>>();
    let seen_by_all = kinds(scene.lists("").await);
    assert!(seen_by_all.contains(&MailKind::Replaced) && seen_by_all.contains(&MailKind::Done));
    for party in [ann, nora] {
        let seen = kinds(scene.lists(&party.account_id).await);
        assert!(!seen.contains(&MailKind::Replaced) && seen.contains(&MailKind::Done));
    }
}

async fn deliveries_are_listed_page_by_page(on: Engine) {
    let scene = asked(on).await;
    let Scene { server, ann, nora, change, .. } = &scene;
    server.leaves_mails_unread();
    for _ in 0..3 {
        server.advance(HOUR);
        nora.asks_to_resend(change).await.unwrap();
    }
    let all = scene.lists(&ann.account_id).await;
    assert_eq!(all.len(), 5);
    let (mut listed, mut token) = (Vec::new(), String::new());
    loop {
        let (page, next) = scene.page(&ann.account_id, 2, &token).await.unwrap();
        assert!(page.len() <= 2);
        listed.extend(page);
        token = next;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(listed, all);
    let (_, token) = scene.page(&ann.account_id, 2, "").await.unwrap();
    for wrong in [scene.page(&nora.account_id, 2, &token).await, scene.page(&ann.account_id, 2, "x").await] {
        assert_eq!(wrong.unwrap_err().reason, "PAGE_TOKEN_INVALID");
    }
    let refused = scene.page(&ann.account_id, -1, "").await.unwrap_err();
    assert_eq!(refused.reason, "FIELD_INVALID");
}

async fn when_a_code_cannot_be_delivered_the_other_party_is_told_once(on: Engine) {
    let mut scene = asked(on).await;
    scene.relay.answers_recipient(&scene.nora.email, UNKNOWN);
    scene.server.deliver().await;
    let letters = scene.relay.take();
    let told = letters.iter().find(|letter| letter.kind == "undelivered").unwrap();
    assert_eq!(told.to, scene.ann.email);
    let said = told.text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["Nora", scene.nora.account_id.as_str(), "example.com", "could not be delivered", "expires on"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains(&scene.nora.email) && !said.contains("/changes/"), "no address, no code: {said}");
    assert_eq!(letters.len(), 2, "and Ann's own code");

    // The code of the reminder is the same that did not arrive.
    scene.server.advance(DAY * 6 + HOUR);
    scene.server.sweep().await;
    scene.server.deliver().await;
    assert_eq!(scene.taken(), [mail("reminder", &scene.ann)]);
    assert_eq!(scene.ann.sees(&scene.change).await.unwrap().state(), ChangeState::Pending);

    // Another code that does not arrive is another matter; and one that does is good.
    scene.nora.moves_to("nora@new.example").await;
    scene.relay.answers_recipient("nora@new.example", "554 5.7.1 go away");
    scene.nora.asks_to_resend(&scene.change).await.unwrap();
    scene.server.deliver().await;
    assert_eq!(scene.taken(), [mail("undelivered", &scene.ann)]);
    scene.relay.goes_along();
    scene.server.advance(HOUR);
    scene.nora.asks_to_resend(&scene.change).await.unwrap();
    scene.server.deliver().await;
    let code = scene.relay.take().pop().unwrap().token();
    scene.nora.accepts(&scene.change, &code).await.unwrap();
    let history = scene.server.everything_stored().await["event"].join("\n");
    assert_eq!(history.matches("token-undelivered").count(), 3, "{history}");
    scene.server.leaves_mails_unread();
}

async fn a_reminder_that_is_refused_says_nothing_of_a_code_that_arrived(on: Engine) {
    let scene = asked(on).await;
    scene.server.deliver().await;
    scene.relay.take();
    scene.relay.answers_recipient(&scene.nora.email, "552 5.2.2 mailbox full");
    scene.server.advance(DAY * 6 + HOUR);
    scene.server.sweep().await;
    scene.server.deliver().await;
    assert_eq!(scene.taken(), [mail("reminder", &scene.ann)]);
}

async fn a_requester_whose_own_code_cannot_be_delivered_is_the_one_the_nominee_hears_of(on: Engine) {
    let scene = asked(on).await;
    scene.relay.answers_recipient(&scene.ann.email, UNKNOWN);
    scene.server.deliver().await;
    let letters = scene.relay.take();
    let told = letters.iter().find(|letter| letter.kind == "undelivered").unwrap();
    assert_eq!(told.to, scene.nora.email);
    assert!(told.text.contains("Ann"), "{}", told.text);
}

async fn a_notice_of_an_undelivered_code_is_not_sent_once_the_address_was_corrected(on: Engine) {
    let mut scene = asked(on).await;
    scene.relay.answers_recipient(&scene.nora.email, UNKNOWN);
    scene.relay.answers_recipient(&scene.ann.email, "450 4.2.1 mailbox busy");
    scene.server.deliver().await;
    scene.nora.moves_to("nora@new.example").await;
    scene.relay.goes_along();
    scene.server.advance(HOUR);
    scene.server.deliver().await;
    assert!(scene.taken().iter().all(|(kind, _)| kind != "undelivered"));
    let notice = scene.lists("").await.into_iter().find(|mail| mail.kind() == MailKind::Undelivered).unwrap();
    assert_eq!(notice.delivery.unwrap().state(), DeliveryState::Withdrawn);
}

async fn who_is_the_only_party_is_told_of_by_nobody(on: Engine) {
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(on, &relay.settings()).await;
    let [ann, tom] = server.people(["Ann", "Tom"]).await;
    ann.orders_with("example.com", Contacts { technical: tom.account_id.clone(), ..Default::default() }).await;
    relay.answers_recipient(&ann.email, UNKNOWN);
    let change = ann.names(&ann).technical("example.com").await.unwrap();
    server.deliver().await;
    assert!(relay.take().is_empty());
    let seen = ann.sees(&change).await.unwrap();
    assert_eq!(seen.confirmations[0].delivery.clone().unwrap().state(), DeliveryState::Failed);
    assert!(server.everything_stored().await["event"].join("\n").contains("token-undelivered"));
}

async fn a_notice_that_cannot_be_delivered_is_nobodys_business(on: Engine) {
    let scene = asked(on).await;
    scene.relay.answers_recipient(&scene.ann.email, UNKNOWN);
    scene.relay.answers_recipient(&scene.nora.email, UNKNOWN);
    scene.server.deliver().await;
    scene.server.advance(HOUR);
    scene.server.deliver().await;
    assert!(scene.relay.take().is_empty());
    let mails = scene.lists("").await;
    let failed = mails.iter().filter(|mail| mail.delivery.clone().unwrap().state() == DeliveryState::Failed).count();
    assert_eq!((mails.len(), failed), (4, 4), "two codes, two notices, and no end of notices");
}
