//! What somebody sends with the form.

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
};
use relevo_outbound::Wording;
use tokio::time::timeout;
use uuid::Uuid;

use super::language;

/// How large a form may be, in bytes, and how long it may take to come.
const LARGEST: usize = 16 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);
const FORM: &str = "application/x-www-form-urlencoded";

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// To show what a code is for.
    Look,
    /// To accept.
    Accept,
    /// To refuse.
    Refuse,
    /// To send a new code.
    Resend,
}

impl Step {
    /// As it stands in the form.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Accept => "accept",
            Self::Refuse => "refuse",
            Self::Resend => "resend",
        }
    }
}

/// A form, as it was sent. Holds a token, and so has no `Debug`.
pub(super) struct Form {
    pub(super) token: String,
    pub(super) step: Step,
    pub(super) reason: String,
    /// Under which a decision is remembered.
    pub(super) request_id: Option<Uuid>,
    /// The language that was chosen, if one was.
    pub(super) chosen: Option<&'static Wording>,
}

impl Form {
    /// One that nobody has filled in.
    pub(super) fn empty(chosen: Option<&'static Wording>) -> Self {
        Self { token: String::new(), step: Step::Look, reason: String::new(), request_id: None, chosen }
    }

    /// Waits for a form, and reads it. What is no form is answered with a status.
    pub(super) async fn receive(headers: &HeaderMap, body: Body) -> Result<Self, StatusCode> {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if content_type.split(';').next().is_none_or(|essence| !essence.trim().eq_ignore_ascii_case(FORM)) {
            return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        match timeout(PATIENCE, to_bytes(body, LARGEST)).await {
            Ok(Ok(bytes)) => Ok(Self::read(&bytes)),
            Ok(Err(_)) => Err(StatusCode::PAYLOAD_TOO_LARGE),
            Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
        }
    }

    fn read(bytes: &[u8]) -> Self {
        let mut form = Self::empty(None);
        let mut spoken = None;
        for (name, value) in form_urlencoded::parse(bytes) {
            match &*name {
                "token" => form.token = value.trim().to_owned(),
                "step" => {
                    let steps = [Step::Accept, Step::Refuse, Step::Resend];
                    form.step = steps.into_iter().find(|step| step.name() == value).unwrap_or(Step::Look);
                }
                "reason" => form.reason = value.into_owned(),
                "request_id" => form.request_id = Uuid::try_parse(&value).ok().filter(|id| !id.is_nil()),
                "language" => form.chosen = language::named(&value),
                "speak" => spoken = language::named(&value),
                _ => {}
            }
        }
        if spoken.is_some() {
            // Who asks for another language has answered nothing.
            form.step = Step::Look;
            form.chosen = spoken;
        }
        form
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_and_what_it_does_not_know_is_passed_over() {
        let form = Form::read(b"token=+ab-cd%20&step=refuse&reason=a%0D%0Ab&language=de&x=y&step2=accept");
        assert_eq!((form.token.as_str(), form.step, form.reason.as_str()), ("ab-cd", Step::Refuse, "a\r\nb"));
        assert_eq!((form.chosen.map(Wording::tag), form.request_id), (Some("de"), None));
    }

    #[test]
    fn nothing_but_the_word_decides_and_to_change_the_language_does_not() {
        for bytes in
            ["", "step=", "step=Accept", "step=accept&speak=fr", "speak=fr&step=refuse", "accept=step", "%FF=%"]
        {
            assert!(Form::read(bytes.as_bytes()).step == Step::Look, "{bytes}");
        }
        assert_eq!(Form::read(b"language=de&speak=fr").chosen.map(Wording::tag), Some("fr"));
    }
}
