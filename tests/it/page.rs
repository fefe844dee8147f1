//! The page behind the links: what is shown, what decides, and what does not.

use std::time::Duration;

use relevo_tests::{
    Browser, Engine, Letter, Person, Shown, TestServer, on_every_engine,
    v1::{BillingStanding, ChangeState, ContactChange},
};

on_every_engine!(
    a_link_leads_to_the_question_and_who_accepts_there_is_told_what_came_of_it,
    only_what_the_form_sends_decides,
    a_double_click_and_a_reload_are_one_answer,
    a_refusal_carries_its_reason_and_a_reason_with_a_web_address_is_kept_to_be_mended,
    a_code_that_was_replaced_offers_a_new_one_to_the_address_of_now,
    a_code_is_sent_again_as_often_as_by_calls_and_the_page_says_when,
    a_wrong_code_asks_again_and_says_nothing_of_what_there_is,
    an_overdue_bill_is_named_and_the_code_stays_good_until_it_is_paid,
    an_end_is_shown_in_every_form_that_it_takes,
    a_link_leads_to_a_panel_of_the_companys_own_where_there_is_one,
);

/// Ann administrates example.com, and has named Nora its technical contact in Tom's place.
pub(crate) struct Scene {
    pub(crate) server: TestServer,
    pub(crate) ann: Person,
    pub(crate) tom: Person,
    pub(crate) nora: Person,
    pub(crate) change: ContactChange,
    pub(crate) anns: Letter,
    pub(crate) noras: Letter,
    language: &'static str,
}

impl Scene {
    pub(crate) async fn set(on: Engine, settings: &str) -> Self {
        Self::set_in(on, settings, "en").await
    }

    /// The same, among people who speak a language.
    pub(crate) async fn set_in(on: Engine, settings: &str, language: &'static str) -> Self {
        let server = TestServer::start_with(on, settings).await;
        let ann = server.person_speaking("Ann", language).await;
        let tom = server.person_speaking("Tom", language).await;
        let nora = server.person_speaking("Nora", language).await;
        ann.orders_beside("example.com", &tom, &tom).await;
        let change = ann.names(&nora).technical("example.com").await.unwrap();
        let (anns, noras) = (ann.reads_one("confirm").await, nora.reads_one("confirm").await);
        Self { server, ann, tom, nora, change, anns, noras, language }
    }

    pub(crate) fn path(&self) -> String {
        format!("/changes/{}", self.change.change_id)
    }

    /// A browser of somebody there.
    pub(crate) fn browser(&self) -> Browser {
        self.server.browser().with("accept-language", self.language)
    }

    pub(crate) async fn opens(&self, letter: &Letter) -> Shown {
        self.browser().opens(&letter.link()).await
    }

    async fn state(&self) -> ChangeState {
        self.server.shows_operator(&self.change).await.state()
    }

    /// Everything that can be seen of the change, to be compared.
    async fn all(&self) -> String {
        let change = self.server.shows_operator(&self.change).await;
        format!("{change:?} {:?}", self.ann.sees_events(&self.change).await.unwrap())
    }
}

fn says(shown: &Shown, what: &[&str]) {
    let text = shown.text();
    for what in what {
        assert!(text.contains(what), "{what} is not in: {text}");
    }
}

async fn a_link_leads_to_the_question_and_who_accepts_there_is_told_what_came_of_it(on: Engine) {
    let it = Scene::set(on, "").await;
    let form = it.server.browser().goes_to(&it.path()).await;
    assert_eq!((form.status, form.heading().as_str()), (200, "Answer a request"));
    assert_eq!(form.offers(), ["look"]);

    let asked = it.opens(&it.noras).await;
    assert_eq!((asked.status, asked.heading().as_str()), (200, "Will you take over as the technical contact?"));
    let (ann, tom, nora) = (&it.ann.account_id, &it.tom.account_id, &it.nora.account_id);
    says(
        &asked,
        &[
            &format!("Ann ({ann}) asks you to replace Tom ({tom}) as the technical contact of example.com."),
            &format!("The change takes effect as soon as both you and Ann ({ann}) have accepted."),
            "By accepting, you also accept the terms of this service.",
            "Service example.com (domain)",
            "Role technical contact",
            &format!("Requested by Ann ({ann})"),
            &format!("Current contact Tom ({tom})"),
            &format!("New contact Nora ({nora}), you"),
            "Answer by Monday, 12 January 2026 at 09:00 UTC",
            &format!("Request number {}", it.change.change_id),
            "What you will be able to do Look after the technical side of the service",
            &format!("Who has to accept Ann ({ann}) no answer yet Nora ({nora}), you no answer yet"),
        ],
    );
    assert_eq!(asked.offers(), ["accept", "refuse"]);
    assert!(!it.opens(&it.anns).await.text().contains("terms of this service"), "who asks takes over nothing");

    let waiting = asked.presses("accept").await;
    assert_eq!((waiting.status, waiting.heading().as_str()), (200, "You have accepted"));
    says(
        &waiting,
        &[
            &format!("The change takes effect as soon as Ann ({ann}) has accepted as well."),
            &format!("Nora ({nora}), you accepted"),
        ],
    );
    assert!(waiting.offers().is_empty());
    assert_eq!(it.state().await, ChangeState::Pending);

    let anns = it.opens(&it.anns).await;
    says(&anns, &[&format!("Nora ({nora}) accepted Your answer")]);
    let done = anns.presses("accept").await;
    assert_eq!((done.status, done.heading().as_str()), (200, "The change is done"));
    assert_eq!(it.state().await, ChangeState::Done);
    assert_eq!(it.ann.sees_contacts("example.com").await[1], *nora);
    let again = it.opens(&it.noras).await;
    assert_eq!((again.status, again.heading().as_str()), (200, "The change is done"));
    for (person, kind) in [(&it.ann, "done"), (&it.nora, "done"), (&it.tom, "replaced")] {
        person.reads_one(kind).await;
    }

    // In the history it is the page that did it, for them.
    let request =
        relevo_tests::v1::ListChangeEventsRequest { change_id: it.change.change_id.clone(), ..Default::default() };
    let events = it.server.requests().list_change_events(request).await.unwrap().into_inner().events;
    let by_page: Vec<_> =
        events.iter().filter(|event| event.caller == "page").map(|it| it.account_id.as_str()).collect();
    assert_eq!(by_page.iter().filter(|account| **account == nora).count(), 1, "{events:?}");
    assert!(by_page.contains(&ann.as_str()), "{events:?}");
}

async fn only_what_the_form_sends_decides(on: Engine) {
    let it = Scene::set(on, "").await;
    let before = it.all().await;
    let (path, token) = (it.path(), it.noras.token());
    let browser = it.server.browser();
    let form = format!("token={token}&step=accept");
    for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"] {
        for path in [path.clone(), format!("{path}?token={token}&step=accept")] {
            let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-purpose", "prefetch")];
            let shown = browser.asks(method, &path, &headers, if method == "GET" { "" } else { &form }).await;
            let expected = if matches!(method, "GET" | "HEAD") { 200 } else { 405 };
            assert_eq!(shown.status, expected, "{method} {path}");
            if expected == 405 {
                let allowed = shown.header("allow").unwrap();
                assert!(["GET", "HEAD", "POST"].iter().all(|method| allowed.contains(method)), "{allowed}");
            }
        }
    }
    // Looking is no answer, however often, nor is what comes with a step that is none.
    for step in ["look", "", "Accept", "accept ", "yes"] {
        for _ in 0..3 {
            let shown = browser.posts(&path, &[("token", &token), ("step", step)]).await;
            assert_eq!(shown.offers(), ["accept", "refuse"], "{step}");
        }
    }
    // What another page sends, or what is no form, does nothing.
    for site in ["cross-site", "same-site"] {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", site)];
        let shown = browser.asks("POST", &path, &headers, &form).await;
        assert_eq!((shown.status, shown.heading().as_str()), (403, "Please start from our message"));
    }
    for content_type in ["text/plain", "application/json", "multipart/form-data; boundary=x"] {
        assert_eq!(browser.asks("POST", &path, &[("content-type", content_type)], &form).await.status, 415);
    }
    // A step in the address is none.
    let shown = browser.posts(&format!("{path}?step=accept"), &[("token", &token)]).await;
    assert_eq!(shown.offers(), ["accept", "refuse"]);
    assert_eq!(it.all().await, before);
}

async fn a_double_click_and_a_reload_are_one_answer(on: Engine) {
    let it = Scene::set(on, "").await;
    let asked = it.opens(&it.noras).await;
    let (one, other) = tokio::join!(asked.presses("accept"), asked.presses("accept"));
    let reloaded = asked.presses("accept").await;
    for shown in [&one, &other, &reloaded] {
        assert_eq!((shown.status, shown.heading().as_str()), (200, "You have accepted"));
    }
    // Who has looked at it twice, and answers in both windows, answers once.
    let (first, second) = (it.opens(&it.anns).await, it.opens(&it.anns).await);
    assert_eq!(first.presses("accept").await.status, 200);
    let late = second.presses("refuse").await;
    assert_eq!((late.status, late.heading().as_str()), (409, "The change is done"));
    // And who goes back and answers otherwise is shown what came of it.
    let late = first.presses("refuse").await;
    assert_eq!((late.status, late.heading().as_str()), (409, "The change is done"));
    it.ann.reads_one("done").await;
    it.nora.reads_one("done").await;
    it.tom.reads_one("replaced").await;
}

async fn a_refusal_carries_its_reason_and_a_reason_with_a_web_address_is_kept_to_be_mended(on: Engine) {
    let it = Scene::set(on, "").await;
    let asked = it.opens(&it.noras).await;
    let long = "é".repeat(501);
    for wrong in ["see <b>shop.example.com</b> & \"more\"\r\nbelow", long.as_str()] {
        let kept = asked.presses_with("refuse", &[("reason", wrong)]).await;
        assert_eq!((kept.status, it.state().await), (422, ChangeState::Pending));
        says(&kept, &["You have not refused yet: the reason may have at most 500 characters"]);
        assert_eq!(kept.fields()["reason"].replace("\r\n", "\n"), wrong.replace("\r\n", "\n"));
        let area = kept.tags("textarea")[0];
        assert!(area.contains("aria-invalid=\"true\"") && area.contains("aria-describedby=\"problem reason-hint\""));
        assert!(kept.html.contains("id=\"problem\" role=\"alert\""));
        // Another language keeps it as well.
        assert_eq!(kept.switches_to("de").await.fields()["reason"].trim(), kept.fields()["reason"].trim());
    }
    let kept = asked.presses_with("refuse", &[("reason", "shop.example.com")]).await;
    let refused = kept.presses_with("refuse", &[("reason", "I do not know\r\nthis <service>.")]).await;
    assert_eq!((refused.status, refused.heading().as_str()), (200, "You have refused"));
    says(&refused, &["The request has ended, and nothing has changed.", "I do not know this <service>."]);
    assert_eq!(it.state().await, ChangeState::Refused);
    let anns = it.opens(&it.anns).await;
    assert_eq!(anns.heading(), "The request was refused");
    says(&anns, &["has refused to replace Tom", "The reason given: I do not know this <service>."]);
    it.ann.reads_one("refused").await;
}

async fn a_code_that_was_replaced_offers_a_new_one_to_the_address_of_now(on: Engine) {
    let mut it = Scene::set(on, "").await;
    it.nora.moves_to("nora@new.example").await;
    assert_eq!(it.server.take_mails_to("nora@example.com").await[0].kind, "address-changed");
    let replaced = it.opens(&it.noras).await;
    assert_eq!((replaced.status, replaced.heading().as_str()), (410, "This code no longer works"));
    assert_eq!(replaced.offers(), ["resend"]);
    for hidden in ["example.com", "Ann", "Tom", "Nora", &it.nora.account_id] {
        assert!(!replaced.text().contains(hidden), "who has an old code is told nothing: {hidden}");
    }
    // It can neither accept nor refuse.
    for step in ["accept", "refuse"] {
        assert_eq!(replaced.sends(&[("step", step)]).await.status, 410);
    }
    it.server.has_no_mails().await;

    let sent = replaced.presses("resend").await;
    assert_eq!((sent.status, sent.heading().as_str()), (200, "A new code is on its way"));
    // A double click sends one mail.
    assert_eq!(replaced.presses("resend").await.heading(), "A new code is on its way");
    let new = it.nora.reads_one("confirm").await;
    assert_eq!(sent.offers(), ["look"]);
    assert_eq!(sent.fields()["token"], "");
    let asked = sent.presses_with("look", &[("token", &new.token().to_lowercase().replace('-', " "))]).await;
    assert_eq!(asked.presses("accept").await.heading(), "You have accepted");
    // To who has decided nothing is offered, nor to who has an old code of a change that has ended.
    let replaced = it.opens(&it.noras).await;
    assert_eq!((replaced.status, replaced.offers().len()), (410, 0));
    it.ann.cancels(&it.change).await.unwrap();
    let replaced = it.opens(&it.noras).await;
    assert_eq!((replaced.status, replaced.offers().len()), (410, 0));
    says(&replaced, &["The request has ended. Its codes no longer work."]);
    it.nora.reads_one("cancelled").await;
}

async fn a_code_is_sent_again_as_often_as_by_calls_and_the_page_says_when(on: Engine) {
    let it = Scene::set(on, "[change]\nresend_limit = 2\n").await;
    let path = it.path();
    it.nora.asks_to_resend(&it.change).await.unwrap();
    let second = it.nora.reads_code().await;
    let replaced = it.opens(&it.noras).await;
    it.server.advance(Duration::from_secs(20));
    let limited = replaced.presses("resend").await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, Some("40")));
    says(&limited, &["We sent a code a moment ago", "You can have another one sent in 40 seconds."]);
    assert_eq!(limited.presses_with("look", &[("token", &second)]).await.offers(), ["accept", "refuse"]);
    it.server.advance(Duration::from_secs(40));
    // The same button is good once it is time.
    assert_eq!(replaced.presses("resend").await.status, 200);
    let third = it.nora.reads_code().await;
    it.server.advance(Duration::from_secs(60));
    let over = it.opens(&it.noras).await.presses("resend").await;
    assert_eq!((over.status, over.header("retry-after")), (409, None));
    assert_eq!(over.heading(), "No more codes can be sent");
    let asked = it.server.browser().posts(&path, &[("token", &third)]).await;
    assert_eq!(asked.presses("accept").await.heading(), "You have accepted");
}

async fn a_wrong_code_asks_again_and_says_nothing_of_what_there_is(on: Engine) {
    let it = Scene::set(on, "").await;
    let before = it.all().await;
    let browser = it.server.browser();
    let unknown = format!("/changes/{}", it.change.change_id.replace('0', "1"));
    assert_ne!(unknown, it.path());
    let token = it.noras.token();
    let flipped = format!("{}{}", if token.starts_with('0') { "1" } else { "0" }, &token[1..]);
    let strip = |shown: &Shown| shown.html.replace(&it.path(), "").replace(&unknown, "");
    for step in ["look", "accept", "refuse", "resend"] {
        for wrong in [flipped.as_str(), "no code", "ñ", &"7".repeat(4000)] {
            let there = browser.posts(&it.path(), &[("token", wrong), ("step", step)]).await;
            assert_eq!((there.status, there.heading().as_str()), (403, "Answer a request"), "{step} {wrong}");
            says(&there, &["This is not the right code for this request."]);
            assert!(there.tags("input").iter().any(|tag| tag.contains("aria-describedby=\"problem token-hint\"")));
            let hidden = browser.posts(&unknown, &[("token", wrong), ("step", step)]).await;
            let without_ids = |shown: &Shown| {
                let id = shown.fields()["request_id"].clone();
                if id.is_empty() { strip(shown) } else { strip(shown).replace(&id, "") }
            };
            assert_eq!(without_ids(&there), without_ids(&hidden), "{step} {wrong}");
        }
    }
    // The code of one is worth nothing on the page of another change.
    assert_eq!(browser.posts(&unknown, &[("token", &token), ("step", "accept")]).await.status, 403);
    assert_eq!(it.all().await, before, "nothing is counted");
    // Nobody has filled in anything: that is no wrong code.
    let empty = browser.posts(&it.path(), &[("token", " "), ("step", "look")]).await;
    assert_eq!((empty.status, empty.tags("a").len()), (200, 7));
}

async fn an_overdue_bill_is_named_and_the_code_stays_good_until_it_is_paid(on: Engine) {
    let it = Scene::set(on, "[change]\ngood_standing = \"every_role\"\n").await;
    it.ann.accepts(&it.change, &it.anns.token()).await.unwrap();
    let asked = it.opens(&it.noras).await;
    it.tom.has_bills(BillingStanding::Overdue).await;
    let overdue = asked.presses("accept").await;
    assert_eq!((overdue.status, overdue.heading().as_str()), (409, "A bill is overdue"));
    says(&overdue, &[&format!("Tom ({}) has an overdue bill.", it.tom.account_id), "your code stays good"]);
    it.nora.has_bills(BillingStanding::Overdue).await;
    it.tom.has_bills(BillingStanding::Good).await;
    let overdue = overdue.presses("accept").await;
    says(&overdue, &[&format!("your account Nora ({}) has an overdue bill.", it.nora.account_id)]);
    it.nora.has_bills(BillingStanding::Good).await;
    let done = overdue.presses("accept").await;
    assert_eq!((done.status, done.heading().as_str()), (200, "The change is done"));
    it.ann.reads_one("done").await;
    it.nora.reads_one("done").await;
    it.tom.reads_one("replaced").await;
}

async fn an_end_is_shown_in_every_form_that_it_takes(on: Engine) {
    const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
    let server = TestServer::start(on).await;
    server.leaves_mails_unread();
    let [ann, tom, nora, olga] = server.people(["Ann", "Tom", "Nora", "Olga"]).await;
    let look = async |letter: &Letter| server.browser().opens(&letter.link()).await;

    // Cancelled, by who asked: each is told in words of his own.
    ann.orders_beside("one.example", &tom, &ann).await;
    let change = ann.names(&nora).technical("one.example").await.unwrap();
    let (anns, noras) = (ann.reads_one("confirm").await, nora.reads_one("confirm").await);
    let asked = look(&noras).await;
    ann.cancels(&change).await.unwrap();
    let late = asked.presses("accept").await;
    assert_eq!((late.status, late.heading().as_str()), (409, "The request was cancelled"));
    says(&late, &[&format!("Ann ({}) has cancelled the request for you to replace Tom", ann.account_id)]);
    says(&look(&anns).await, &["The request was cancelled You have cancelled it yourself. Nothing has changed."]);

    // Failed: Tom asks, and is replaced meanwhile.
    ann.orders_beside("two.example", &tom, &tom).await;
    tom.names(&nora).technical("two.example").await.unwrap();
    let (toms, noras) = (tom.reads_one("confirm").await, nora.reads().await.pop().unwrap());
    look(&toms).await.presses("accept").await;
    let asked = look(&noras).await;
    let mut connection = server.home().database().await;
    connection
        .run(&format!(
            "UPDATE contact SET account_id = '{}' WHERE account_id = '{}' AND role = 'technical'",
            olga.account_id, tom.account_id
        ))
        .await;
    let failed = asked.presses("accept").await;
    assert_eq!((failed.status, failed.heading().as_str()), (409, "The request is no longer possible"));
    says(&failed, &[&format!("The reason: Tom ({}) no longer holds this role.", tom.account_id)]);

    // Expired, though nothing has swept it.
    ann.orders_beside("three.example", &tom, &ann).await;
    ann.names(&nora).technical("three.example").await.unwrap();
    let noras = nora.reads().await.pop().unwrap();
    let asked = look(&noras).await;
    server.advance(WEEK);
    let expired = look(&noras).await;
    assert_eq!((expired.status, expired.heading().as_str()), (200, "The request has expired"));
    assert!(expired.offers().is_empty());
    let late = asked.presses("refuse").await;
    assert_eq!((late.status, late.heading().as_str()), (409, "The request has expired"));
}

async fn a_link_leads_to_a_panel_of_the_companys_own_where_there_is_one(on: Engine) {
    let template = "[page]\nlink_template = \"https://panel.example.com/hand-over?id={change_id}#code={token}\"\n";
    let it = Scene::set(on, template).await;
    let expected = format!("https://panel.example.com/hand-over?id={}#code={}", it.change.change_id, it.noras.token());
    assert_eq!(it.noras.link(), expected);
    assert!(it.noras.html.contains(&format!("href=\"{expected}\"")), "{}", it.noras.html);
    // Relevo's own page is there all the same.
    let asked = it.server.browser().posts(&it.path(), &[("token", &it.noras.token())]).await;
    assert_eq!(asked.offers(), ["accept", "refuse"]);
}
