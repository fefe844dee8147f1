//! What a form has done.

use std::{future::Future, time::Duration};

use axum::{http::StatusCode, response::Response};
use prost::Message as _;
use relevo_api::v1::{AcceptContactChangeRequest, RefuseContactChangeRequest, ResendTokenRequest};
use relevo_domain::{AccountId, ChangeId, RefusalReason, State};
use relevo_outbound::{Wording, message::sheet::Sheet};
use tokio::time::{Instant, timeout_at};

use super::{
    Site,
    form::{Form, Step},
    refused::Refused,
    view::View,
};
use crate::{Error, mutation::Call, requests::Holder};

/// How long all may take that a form asks for, as what a call asks for may; the rest is for the way back.
pub(super) const LONGEST: Duration = Duration::from_secs(9);

/// What somebody asks for, and who.
pub(super) struct Asked {
    pub(super) change_id: ChangeId,
    pub(super) form: Form,
    /// Whom his address is counted as.
    pub(super) client: String,
    /// The language that his browser likes best.
    pub(super) liked: &'static Wording,
    /// Until when he waits.
    pub(super) deadline: Instant,
}

impl Asked {
    /// Waits for what the database says, for no longer than he does.
    async fn in_time<T>(&self, asked: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        timeout_at(self.deadline, asked).await.unwrap_or(Err(Error::Late))
    }

    /// In which language a holder of a code is answered.
    fn wording_for(&self, holder: &Holder) -> &'static Wording {
        self.form.chosen.unwrap_or_else(|| Wording::of(&holder.account.language))
    }
}

impl Site {
    /// Does what a form asks for, if it may be done, and shows what came of it.
    pub(super) async fn answer(&self, mut asked: Asked) -> Response {
        let wording = asked.form.chosen.unwrap_or(asked.liked);
        if asked.form.token.is_empty() && asked.form.step == Step::Look {
            return self.show(StatusCode::OK, &View::for_code(wording, asked.change_id, &asked.form));
        }
        let (limits, now) = (&self.installation.limits, self.installation.clock.now());
        if asked.form.step == Step::Look {
            // What is decided on what is shown now is one decision, however often the form is sent.
            asked.form.request_id = Some(self.installation.ids.of(now));
        }
        let admitted = limits.page.take(&asked.client, now).and_then(|()| self.load.room(&self.caller.name));
        let _room = match admitted {
            Ok(room) => room,
            Err(error) => {
                limits.tell(&self.caller.name, &error, now);
                return self.refuse(&asked, wording, &Refused::of(error));
            }
        };
        let held = asked.in_time(self.installation.holder(asked.change_id, &asked.form.token)).await;
        let holder = match held {
            Ok(holder) => holder,
            Err(error) => return self.refuse(&asked, wording, &Refused::of(error)),
        };
        self.answer_holder(&asked, &holder).await
    }

    /// The same, for somebody whose code is known.
    async fn answer_holder(&self, asked: &Asked, holder: &Holder) -> Response {
        let wording = asked.wording_for(holder);
        match (asked.form.step, holder.token_is_newest) {
            (Step::Resend, false) => match asked.in_time(self.resend(asked, &holder.account.account_id)).await {
                Ok(()) => self.show(StatusCode::OK, &View::resent(wording, asked.change_id, &asked.form)),
                Err(error) => self.refuse_holder(asked, holder, error).await,
            },
            (_, false) => self.show_superseded(asked, holder),
            (Step::Accept, true) => match asked.in_time(self.accept(asked, &holder.account.account_id)).await {
                Ok(()) => self.show_anew(asked, StatusCode::OK).await,
                Err(error) => self.refuse_holder(asked, holder, error).await,
            },
            (Step::Refuse, true) => match RefusalReason::parse(&asked.form.reason) {
                Ok(reason) => match asked.in_time(self.turn_down(asked, &holder.account.account_id, reason)).await {
                    Ok(()) => self.show_anew(asked, StatusCode::OK).await,
                    Err(error) => self.refuse_holder(asked, holder, error).await,
                },
                Err(_) if holder.about.change.awaits(&holder.account.account_id, self.installation.clock.now()) => {
                    self.show_holder(asked, holder, StatusCode::UNPROCESSABLE_ENTITY)
                }
                Err(_) => self.show_holder(asked, holder, StatusCode::CONFLICT),
            },
            // Whoever has a good code needs no other.
            (Step::Look | Step::Resend, true) => self.show_holder(asked, holder, StatusCode::OK),
        }
    }

    async fn accept(&self, asked: &Asked, by: &AccountId) -> Result<(), Error> {
        let Asked { change_id, form, .. } = asked;
        let message = AcceptContactChangeRequest {
            change_id: change_id.to_string(),
            account_id: by.to_string(),
            token: form.token.clone(),
            ..Default::default()
        };
        let call = self.call("AcceptContactChange", asked, by, message.encode_to_vec());
        let token = form.token.as_str();
        let accept = self.installation.mutate(&call, async |mutation| {
            mutation.accept(*change_id, by, token).await?;
            Ok(())
        });
        accept.await
    }

    async fn turn_down(&self, asked: &Asked, by: &AccountId, reason: Option<RefusalReason>) -> Result<(), Error> {
        let Asked { change_id, form, .. } = asked;
        let message = RefuseContactChangeRequest {
            change_id: change_id.to_string(),
            account_id: by.to_string(),
            token: form.token.clone(),
            reason: form.reason.clone(),
            ..Default::default()
        };
        let call = self.call("RefuseContactChange", asked, by, message.encode_to_vec());
        let token = form.token.as_str();
        let refuse = self.installation.mutate(&call, async |mutation| {
            mutation.refuse(*change_id, by, token, reason.clone()).await?;
            Ok(())
        });
        refuse.await
    }

    async fn resend(&self, asked: &Asked, to: &AccountId) -> Result<(), Error> {
        let installation = &self.installation;
        installation.limits.accounts.take(to.as_str(), installation.clock.now())?;
        let message = ResendTokenRequest {
            change_id: asked.change_id.to_string(),
            account_id: to.to_string(),
            ..Default::default()
        };
        let call = self.call("ResendToken", asked, to, message.encode_to_vec());
        let resend = installation.mutate(&call, async |mutation| {
            mutation.resend(asked.change_id, to).await?;
            Ok(())
        });
        resend.await
    }

    /// The call that a step is.
    fn call(&self, method: &'static str, asked: &Asked, account: &AccountId, content: Vec<u8>) -> Call {
        Call {
            caller: self.caller.clone(),
            method,
            account_id: Some(account.clone()),
            request_id: asked.form.request_id,
            validate_only: false,
            content,
        }
    }

    /// Shows where the change stands now that something was done about it, by this form or by another.
    async fn show_anew(&self, asked: &Asked, status: StatusCode) -> Response {
        match asked.in_time(self.installation.holder(asked.change_id, &asked.form.token)).await {
            Ok(holder) if holder.token_is_newest => self.show_holder(asked, &holder, status),
            Ok(holder) => self.show_superseded(asked, &holder),
            Err(error) => self.refuse(asked, asked.form.chosen.unwrap_or(asked.liked), &Refused::of(error)),
        }
    }

    /// Shows where the change stands to somebody whose code is good.
    fn show_holder(&self, asked: &Asked, holder: &Holder, status: StatusCode) -> Response {
        let wording = asked.wording_for(holder);
        let sheet = Sheet::write(&holder.about, &holder.account, self.installation.clock.now(), wording);
        let reason_is_wrong = status == StatusCode::UNPROCESSABLE_ENTITY;
        let view = sheet.map(|sheet| View::of_sheet(wording, asked.change_id, &asked.form, sheet, reason_is_wrong));
        self.show_made(status, view, wording)
    }

    /// Says no more to somebody whose code was replaced than that it was, and offers another where one could be used.
    fn show_superseded(&self, asked: &Asked, holder: &Holder) -> Response {
        let (change, now) = (&holder.about.change, self.installation.clock.now());
        let wording = asked.wording_for(holder);
        let view = if change.awaits(&holder.account.account_id, now) {
            View::superseded(wording, asked.change_id, &asked.form)
        } else if matches!(change.state_at(now), State::Pending) {
            View::notice(wording, "page-superseded-title", "page-superseded-opening")
                .keeping(asked.change_id, &asked.form)
        } else {
            View::notice(wording, "page-superseded-title", "page-ended").keeping(asked.change_id, &asked.form)
        };
        self.show(StatusCode::GONE, &view)
    }

    /// Says to somebody whose code is known why something was not done.
    async fn refuse_holder(&self, asked: &Asked, holder: &Holder, error: Error) -> Response {
        let wording = asked.wording_for(holder);
        match Refused::of(error) {
            Refused::Decided => self.show_anew(asked, StatusCode::CONFLICT).await,
            Refused::Superseded => self.show_superseded(asked, holder),
            Refused::Overdue(debtor) => {
                let now = self.installation.clock.now();
                let sheet = Sheet::overdue(&holder.about, &holder.account, &debtor, now, wording);
                let view = sheet.map(|sheet| View::overdue(wording, asked.change_id, &asked.form, sheet));
                self.show_made(StatusCode::CONFLICT, view, wording)
            }
            refused => self.refuse(asked, wording, &refused),
        }
    }
}
