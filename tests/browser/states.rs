//! Every state of the page: that it is there, says what it is, can be read by everyone, and fits on every screen.
//!
//! A picture of each is kept in the folder that `make browser` names.

use std::time::Duration;

use relevo_tests::v1::{Account, BillingStanding, Role, UpdateAccountRequest};

use crate::{
    chromium::{Chromium, DESKTOP, PHONE},
    judge,
    stage::Stage,
};

/// A page as it is shown, and what it is shown by.
struct Shown {
    browser: Chromium,
    stage: Stage,
}

macro_rules! states {
    ($($name:ident $status:literal $heading:literal,)+) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let shown = reach::$name().await;
                is_as_it_should_be(&shown.browser, stringify!($name), $status, $heading).await;
            }
        )+
    };
}

states! {
    asks_for_the_code 200 "Answer a request",
    asks_for_a_wrong_code_again 403 "Answer a request",
    asks_who_asked_for_the_change 200 "Please confirm your request",
    asks_who_is_named 200 "Will you take over as the technical contact?",
    asks_who_confirms_alone 200 "Please confirm your request",
    asks_for_all_roles_with_long_names 200 "Will you take over as the administrator, technical and billing contact?",
    wants_a_reason_without_web_addresses 422 "Please confirm your request",
    waits_for_the_other 200 "You have accepted",
    is_done 200 "The change is done",
    was_refused_here 200 "You have refused",
    was_refused_by_the_other 200 "The request was refused",
    was_cancelled_here 200 "The request was cancelled",
    was_cancelled_by_the_other 200 "The request was cancelled",
    has_expired 200 "The request has expired",
    has_failed 200 "The request is no longer possible",
    has_a_newer_code 410 "This code no longer works",
    has_sent_a_new_code 200 "A new code is on its way",
    sends_no_code_so_soon 429 "We sent a code a moment ago",
    sends_no_more_codes 409 "No more codes can be sent",
    waits_for_a_bill_of_the_reader 409 "A bill is overdue",
    waits_for_a_bill_of_the_other 409 "A bill is overdue",
    was_tried_too_often 429 "Too many attempts",
    is_not_available 503 "This does not work at the moment",
    has_a_fault 500 "Something went wrong on our side",
    was_asked_by_another_page 403 "Please start from our message",
    is_not_there 404 "There is nothing here",
}

async fn is_as_it_should_be(browser: &Chromium, name: &str, status: u16, heading: &str) {
    browser.sees(heading).await;
    let shown = browser.evaluate("return performance.getEntriesByType('navigation')[0].responseStatus").await;
    assert_eq!(shown, status);
    assert_eq!(browser.driver().title().await.unwrap(), format!("{heading} – Relevo"));
    for (look, dark) in [("light", false), ("dark", true)] {
        browser.prefers_dark(dark).await;
        browser.keeps_picture(&format!("{name}-{look}"), DESKTOP).await;
        judge::accessible(browser).await;
    }
    browser.keeps_picture(&format!("{name}-phone"), PHONE).await;
    judge::fits(browser).await;
    judge::nothing_is_wrong(browser).await;
}

/// The way to each state, as people come there.
mod reach {
    use super::*;

    async fn shown(stage: Stage, browser: Chromium) -> Shown {
        Shown { browser, stage }
    }

    pub(super) async fn asks_for_the_code() -> Shown {
        let stage = Stage::set().await;
        let browser = stage.browser().await;
        browser.goes_to_path(&format!("/changes/{}", stage.change.change_id)).await;
        shown(stage, browser).await
    }

    pub(super) async fn asks_for_a_wrong_code_again() -> Shown {
        let Shown { browser, stage } = asks_for_the_code().await;
        browser.fills("Your code", "0000-1111-2222-3333-4444-5555-6666-7777").await;
        browser.clicks("Show the request").await;
        browser.reads(&["This is not the right code for this request."]).await;
        Shown { browser, stage }
    }

    pub(super) async fn asks_who_asked_for_the_change() -> Shown {
        let stage = Stage::set().await;
        let browser = stage.browser_at(&stage.anns).await;
        shown(stage, browser).await
    }

    pub(super) async fn asks_who_is_named() -> Shown {
        let stage = Stage::set().await;
        let browser = stage.browser_at(&stage.noras).await;
        shown(stage, browser).await
    }

    pub(super) async fn asks_who_confirms_alone() -> Shown {
        let stage = Stage::set().await;
        stage.ann.cancels(&stage.change).await.unwrap();
        stage.ann.reads().await;
        stage.ann.names(&stage.ann).technical("example.com").await.unwrap();
        let browser = stage.browser_at(&stage.ann.reads_one("confirm").await).await;
        shown(stage, browser).await
    }

    pub(super) async fn asks_for_all_roles_with_long_names() -> Shown {
        let stage = Stage::set().await;
        let wilhelmina = stage.server.person("Wilhelmina").await;
        let account = Account {
            account_id: wilhelmina.account_id.clone(),
            display_name: "Wilhelmina-Alexandrine von Hohenlohe-Waldenburg-Schillingsfürst".to_owned(),
            ..Default::default()
        };
        let renamed = UpdateAccountRequest { account: Some(account), ..Default::default() };
        stage.server.contacts().update_account(renamed).await.unwrap();
        let service = "donaudampfschifffahrtselektrizitaetenhauptbetriebswerk.example.com";
        wilhelmina.orders(service).await;
        let roles = [Role::Administrator, Role::Technical, Role::Billing];
        wilhelmina.names(&stage.nora).roles(&roles, service).await.unwrap();
        let browser = stage.browser_at(&stage.nora.reads_one("confirm").await).await;
        shown(stage, browser).await
    }

    pub(super) async fn wants_a_reason_without_web_addresses() -> Shown {
        let shown = asks_who_asked_for_the_change().await;
        shown.browser.fills("Reason (optional)", "Please look at https://example.org/offer first.").await;
        shown.browser.clicks("Refuse").await;
        shown.browser.reads(&["You have not refused yet"]).await;
        let field = shown.browser.field("Reason (optional)").await;
        let kept = field.value().await.unwrap();
        assert_eq!(kept.as_deref(), Some("Please look at https://example.org/offer first."));
        shown
    }

    pub(super) async fn waits_for_the_other() -> Shown {
        let shown = asks_who_asked_for_the_change().await;
        shown.browser.clicks("Accept").await;
        shown
    }

    pub(super) async fn is_done() -> Shown {
        let shown = asks_who_is_named().await;
        shown.stage.ann_accepts().await;
        shown.browser.clicks("Accept").await;
        shown
    }

    pub(super) async fn was_refused_here() -> Shown {
        let shown = asks_who_is_named().await;
        shown.browser.fills("Reason (optional)", "I will be on leave for a year.\nPlease ask Omar.").await;
        shown.browser.clicks("Refuse").await;
        shown
    }

    pub(super) async fn was_refused_by_the_other() -> Shown {
        let stage = Stage::set().await;
        stage.nora.refuses(&stage.change, &stage.noras.token(), "I will be on leave for a year.").await.unwrap();
        let browser = stage.browser_at(&stage.anns).await;
        shown(stage, browser).await
    }

    pub(super) async fn was_cancelled_here() -> Shown {
        let stage = Stage::set().await;
        stage.ann.cancels(&stage.change).await.unwrap();
        let browser = stage.browser_at(&stage.anns).await;
        shown(stage, browser).await
    }

    pub(super) async fn was_cancelled_by_the_other() -> Shown {
        let stage = Stage::set().await;
        stage.ann.cancels(&stage.change).await.unwrap();
        let browser = stage.browser_at(&stage.noras).await;
        shown(stage, browser).await
    }

    pub(super) async fn has_expired() -> Shown {
        let stage = Stage::set().await;
        stage.server.advance(Duration::from_hours(8 * 24));
        stage.server.sweep().await;
        let browser = stage.browser_at(&stage.anns).await;
        shown(stage, browser).await
    }

    pub(super) async fn has_failed() -> Shown {
        let stage = Stage::set().await;
        // Ann hands the administration over, and no longer has the right to ask for a technical contact.
        let omar = stage.server.person("Omar").await;
        let handed = stage.ann.names(&omar).administrator("example.com").await.unwrap();
        for who in [&stage.ann, &omar] {
            let token = who.reads_code().await;
            who.accepts(&handed, &token).await.unwrap();
        }
        let browser = stage.browser_at(&stage.anns).await;
        shown(stage, browser).await
    }

    pub(super) async fn has_a_newer_code() -> Shown {
        let stage = Stage::set().await;
        stage.server.advance(Duration::from_mins(5));
        stage.ann.asks_to_resend(&stage.change).await.unwrap();
        let browser = stage.browser_at(&stage.anns).await;
        shown(stage, browser).await
    }

    pub(super) async fn has_sent_a_new_code() -> Shown {
        let shown = has_a_newer_code().await;
        shown.stage.server.advance(Duration::from_mins(5));
        shown.browser.clicks("Send me a new code").await;
        shown
    }

    pub(super) async fn sends_no_code_so_soon() -> Shown {
        let shown = has_a_newer_code().await;
        shown.browser.clicks("Send me a new code").await;
        shown
    }

    pub(super) async fn sends_no_more_codes() -> Shown {
        let stage = Stage::with("[change]\nresend_limit = 1", "en").await;
        stage.server.advance(Duration::from_mins(5));
        stage.ann.asks_to_resend(&stage.change).await.unwrap();
        stage.server.advance(Duration::from_mins(5));
        let browser = stage.browser_at(&stage.anns).await;
        browser.clicks("Send me a new code").await;
        shown(stage, browser).await
    }

    /// Somebody has an overdue bill when Ann, the last, accepts.
    async fn overdue(stage: Stage, is_anns: bool) -> Shown {
        stage.nora_accepts().await;
        let debtor = if is_anns { &stage.ann } else { &stage.nora };
        debtor.has_bills(BillingStanding::Overdue).await;
        let browser = stage.browser_at(&stage.anns).await;
        browser.clicks("Accept").await;
        shown(stage, browser).await
    }

    /// Ann has named Nora billing contact in her own place.
    async fn billing() -> Stage {
        let stage = Stage::set().await;
        let change = stage.ann.names(&stage.nora).billing("example.com").await.unwrap();
        let (anns, noras) = (stage.ann.reads_one("confirm").await, stage.nora.reads_one("confirm").await);
        Stage { change, anns, noras, ..stage }
    }

    pub(super) async fn waits_for_a_bill_of_the_reader() -> Shown {
        overdue(billing().await, true).await
    }

    pub(super) async fn waits_for_a_bill_of_the_other() -> Shown {
        overdue(billing().await, false).await
    }

    pub(super) async fn was_tried_too_often() -> Shown {
        let stage = Stage::with("[limits.page]\nper_minute = 1\nburst = 1", "en").await;
        let browser = stage.browser_at(&stage.anns).await;
        browser.clicks("Accept").await;
        shown(stage, browser).await
    }

    pub(super) async fn is_not_available() -> Shown {
        let stage = Stage::set().await;
        stage.nora_accepts().await;
        let browser = stage.browser_at(&stage.anns).await;
        browser.sees("Please confirm your request").await;
        let fails = "CREATE TRIGGER half_way BEFORE UPDATE ON service BEGIN SELECT raise(FAIL, 'half way'); END";
        stage.server.database().await.run(fails).await;
        browser.clicks("Accept").await;
        shown(stage, browser).await
    }

    pub(super) async fn has_a_fault() -> Shown {
        let stage = Stage::set().await;
        let corrupt =
            format!("UPDATE account SET email = 'secret words' WHERE account_id = '{}'", stage.ann.account_id);
        stage.server.database().await.run(&corrupt).await;
        let browser = stage.browser_at(&stage.anns).await;
        shown(stage, browser).await
    }

    pub(super) async fn was_asked_by_another_page() -> Shown {
        let stage = Stage::set().await;
        let browser = stage.browser().await;
        browser.is_lured_into(&stage.change.change_id, &stage.anns.token()).await;
        shown(stage, browser).await
    }

    pub(super) async fn is_not_there() -> Shown {
        let stage = Stage::set().await;
        let browser = stage.browser().await;
        browser.goes_to_path("/").await;
        shown(stage, browser).await
    }
}
