//! How the page looks: one layout for all that it says.

use std::time::Duration;

use askama::Template;
use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_LANGUAGE, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use relevo_domain::ChangeId;
use relevo_outbound::{
    Wording, WordingError,
    message::{ComposeError, sheet::Sheet},
};

use super::{Site, form::Form};

/// What one page says and asks. May hold a token, and so has no `Debug`.
pub(super) struct View<'a> {
    wording: &'static Wording,
    title: Text<'a>,
    opening: Vec<Text<'a>>,
    /// What was wrong with what was sent.
    problem: Option<&'static str>,
    sheet: Option<Sheet>,
    ask: Option<Ask<'a>>,
}

/// What is said: as it is, by the name of its message, or with a time to wait.
enum Text<'a> {
    Said(String),
    Named(&'a str),
    Waiting(&'a str, Duration),
}

/// What somebody is asked for.
struct Ask<'a> {
    change_id: ChangeId,
    form: &'a Form,
    what: What,
    /// Whether the form still holds the code that was sent.
    keeps_token: bool,
}

/// What a form is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    /// To say the code.
    Code,
    /// To accept or refuse.
    Decision,
    /// To have a new code sent.
    Resend,
    /// To send the same once more.
    Again,
    /// To keep the code while the language is changed.
    Nothing,
}

impl<'a> View<'a> {
    /// Whether a form was sent, which a link to another language would lose.
    fn holds_something(&self) -> bool {
        self.ask.as_ref().is_some_and(|ask| !ask.form.token.is_empty())
    }

    /// A page that asks for nothing.
    pub(super) fn notice(wording: &'static Wording, title: &'static str, opening: &'static str) -> Self {
        let (title, opening) = (Text::Named(title), vec![Text::Named(opening)]);
        Self { wording, title, opening, problem: None, sheet: None, ask: None }
    }

    /// Asks for nothing, and keeps what was sent while the language is changed.
    pub(super) fn keeping(self, change_id: ChangeId, form: &'a Form) -> Self {
        self.asking(What::Nothing, change_id, form)
    }

    fn asking(self, what: What, change_id: ChangeId, form: &'a Form) -> Self {
        Self { ask: Some(Ask { change_id, form, what, keeps_token: true }), ..self }
    }

    /// Asks for the code.
    pub(super) fn for_code(wording: &'static Wording, change_id: ChangeId, form: &'a Form) -> Self {
        Self::notice(wording, "page-code-title", "page-code-opening").asking(What::Code, change_id, form)
    }

    /// Asks for the code again, which was wrong.
    pub(super) fn wrong_code(wording: &'static Wording, change_id: ChangeId, form: &'a Form) -> Self {
        Self { problem: Some("page-wrong"), ..Self::for_code(wording, change_id, form) }
    }

    /// Offers a new code.
    pub(super) fn superseded(wording: &'static Wording, change_id: ChangeId, form: &'a Form) -> Self {
        let mut view = Self::notice(wording, "page-superseded-title", "page-superseded-opening");
        view.opening.push(Text::Named("page-superseded-offer"));
        view.asking(What::Resend, change_id, form)
    }

    /// Says that a new code was sent, and asks for it.
    pub(super) fn resent(wording: &'static Wording, change_id: ChangeId, form: &'a Form) -> Self {
        Self::notice(wording, "page-resent-title", "page-resent-opening").for_new_code(change_id, form)
    }

    /// Says when another code may be sent, and asks for the one that was.
    pub(super) fn resend_limited(
        wording: &'static Wording,
        change_id: ChangeId,
        form: &'a Form,
        wait: Duration,
    ) -> Self {
        let opening = vec![Text::Waiting("page-resend-limited-opening", wait)];
        let view = Self::notice(wording, "page-resend-limited-title", "page-resend-limited-opening");
        Self { opening, ..view }.for_new_code(change_id, form)
    }

    /// Asks for another code than the one that was sent.
    fn for_new_code(self, change_id: ChangeId, form: &'a Form) -> Self {
        Self { ask: Some(Ask { change_id, form, what: What::Code, keeps_token: false }), ..self }
    }

    /// Says when it may be tried again.
    pub(super) fn limited(wording: &'static Wording, change_id: ChangeId, form: &'a Form, wait: Duration) -> Self {
        let opening = vec![Text::Waiting("page-limited-opening", wait)];
        let view = Self::notice(wording, "page-limited-title", "page-limited-opening");
        Self { opening, ..view }.asking(What::Again, change_id, form)
    }

    /// Says that it may be tried again at once.
    pub(super) fn unavailable(wording: &'static Wording, change_id: ChangeId, form: &'a Form) -> Self {
        Self::notice(wording, "page-unavailable-title", "page-unavailable-opening").asking(What::Again, change_id, form)
    }

    /// Says where a change stands, and asks for an answer where one is due; for another reason, if that was not as it
    /// should be.
    pub(super) fn of_sheet(
        wording: &'static Wording,
        change_id: ChangeId,
        form: &'a Form,
        sheet: Sheet,
        reason_is_wrong: bool,
    ) -> Self {
        let what = if sheet.question.is_some() { What::Decision } else { What::Nothing };
        let problem = (reason_is_wrong && what == What::Decision).then_some("page-reason-wrong");
        Self { problem, ..Self::with_sheet(wording, sheet) }.asking(what, change_id, form)
    }

    /// Says what a change waits for, and that it may be accepted then.
    pub(super) fn overdue(wording: &'static Wording, change_id: ChangeId, form: &'a Form, sheet: Sheet) -> Self {
        Self::with_sheet(wording, sheet).asking(What::Again, change_id, form)
    }

    fn with_sheet(wording: &'static Wording, mut sheet: Sheet) -> Self {
        let title = Text::Said(std::mem::take(&mut sheet.title));
        let opening = std::mem::take(&mut sheet.opening).into_iter().map(Text::Said).collect();
        Self { wording, title, opening, problem: None, sheet: Some(sheet), ask: None }
    }
}

#[derive(Template)]
#[template(path = "page/page.html")]
struct Layout<'a> {
    site: &'a Site,
    view: &'a View<'a>,
}

impl Layout<'_> {
    fn say(&self, message: &str) -> askama::Result<String> {
        self.view.wording.plain(message).map_err(askama::Error::custom)
    }

    fn text(&self, text: &Text<'_>) -> askama::Result<String> {
        match text {
            Text::Said(text) => Ok(text.clone()),
            Text::Named(message) => self.say(message),
            Text::Waiting(message, wait) => self.view.wording.waiting(message, *wait).map_err(askama::Error::custom),
        }
    }

    /// The tag of each language, and what it is called in itself.
    fn languages(&self) -> askama::Result<Vec<(&'static str, String)>> {
        let named = |wording: &'static Wording| Ok((wording.tag(), wording.plain("page-language")?));
        Wording::all().map(named).collect::<Result<_, WordingError>>().map_err(askama::Error::custom)
    }

    fn is_spoken(&self, tag: &str) -> bool {
        self.view.wording.tag() == tag
    }
}

impl Ask<'_> {
    fn asks_for_code(&self) -> bool {
        self.what == What::Code
    }

    fn asks_for_decision(&self) -> bool {
        self.what == What::Decision
    }

    fn offers_code(&self) -> bool {
        self.what == What::Resend
    }

    fn offers_again(&self) -> bool {
        self.what == What::Again
    }

    fn token(&self) -> &str {
        if self.keeps_token { &self.form.token } else { "" }
    }

    fn step(&self) -> &'static str {
        self.form.step.name()
    }

    fn reason(&self) -> &str {
        &self.form.reason
    }

    fn request_id(&self) -> String {
        self.form.request_id.map(|id| id.to_string()).unwrap_or_default()
    }

    fn language(&self) -> &'static str {
        self.form.chosen.map(Wording::tag).unwrap_or_default()
    }
}

impl Site {
    /// Shows a page.
    pub(super) fn show(&self, status: StatusCode, view: &View<'_>) -> Response {
        let language = HeaderValue::from_static(view.wording.tag());
        match (Layout { site: self, view }).render() {
            Ok(html) => {
                let headers = [
                    (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
                    (CONTENT_LANGUAGE, language),
                ];
                (status, headers, Body::from(html)).into_response()
            }
            Err(error) => {
                tracing::error!(%error, "a page cannot be shown");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    /// Shows a page, if it could be made.
    pub(super) fn show_made(
        &self,
        status: StatusCode,
        view: Result<View<'_>, ComposeError>,
        wording: &'static Wording,
    ) -> Response {
        match view {
            Ok(view) => self.show(status, &view),
            Err(error) => {
                tracing::error!(%error, "a page cannot be made");
                let view = View::notice(wording, "page-fault-title", "page-fault-opening");
                self.show(StatusCode::INTERNAL_SERVER_ERROR, &view)
            }
        }
    }
}
