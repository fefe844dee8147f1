//! Domain values as messages: to each viewer what he may see.

use jiff::Timestamp;
use relevo_api::v1;
use relevo_domain::{
    Account, AccountId, BillingStanding, Contacts, Detail, EventKind, MailKind, Refusal, Role, Roles, Service, Sight,
    State,
    contact_change::{Blocker, ChangeState, Confirmation, Decision, Draft, Ending},
};
use relevo_outbound::Verdict;
use relevo_persistence::{AttemptReport, Delivery, DeliveryState, EventReport, MailReport, Outcome, Reply};

use super::status::reason_of;
use crate::{
    contacts::{ServiceReport, etag},
    requests::{SeenChange, SeenEvent},
    test_mail::TestMail,
};

fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

pub(super) fn account(account: &Account) -> v1::Account {
    let standing = match account.billing_standing {
        BillingStanding::Good => v1::BillingStanding::Good,
        BillingStanding::Overdue => v1::BillingStanding::Overdue,
    };
    v1::Account {
        account_id: account.account_id.to_string(),
        display_name: account.display_name.to_string(),
        email: account.email.to_string(),
        language: account.language.to_string(),
        billing_standing: standing.into(),
        create_time: Some(timestamp(account.create_time)),
        update_time: Some(timestamp(account.update_time)),
        etag: etag(account.create_time, account.revision),
    }
}

pub(super) fn service(report: &ServiceReport) -> v1::Service {
    let Service { service_id, kind, display_name, contacts, create_time, update_time, revision, .. } = &report.service;
    let Contacts { administrator, technical, billing } = contacts;
    v1::Service {
        service_id: service_id.to_string(),
        kind: kind.as_str().to_owned(),
        display_name: display_name.as_ref().map(ToString::to_string).unwrap_or_default(),
        contacts: Some(v1::Contacts {
            administrator: administrator.to_string(),
            technical: technical.to_string(),
            billing: billing.to_string(),
        }),
        open_change_ids: report.open_change_ids.iter().map(ToString::to_string).collect(),
        create_time: Some(timestamp(*create_time)),
        update_time: Some(timestamp(*update_time)),
        etag: etag(*create_time, *revision),
    }
}

fn roles(roles: Roles) -> Vec<i32> {
    let number = |role| match role {
        Role::Administrator => v1::Role::Administrator.into(),
        Role::Technical => v1::Role::Technical.into(),
        Role::Billing => v1::Role::Billing.into(),
    };
    roles.iter().map(number).collect()
}

fn state_number(state: ChangeState) -> i32 {
    let state = match state {
        ChangeState::Pending => v1::ChangeState::Pending,
        ChangeState::Done => v1::ChangeState::Done,
        ChangeState::Refused => v1::ChangeState::Refused,
        ChangeState::Cancelled => v1::ChangeState::Cancelled,
        ChangeState::Expired => v1::ChangeState::Expired,
        ChangeState::Failed => v1::ChangeState::Failed,
    };
    state.into()
}

fn state_reason(state: &State) -> String {
    match state {
        State::Settled { ending: Ending::Refused { reason: Some(reason), .. }, .. } => reason.as_str().to_owned(),
        State::Settled { ending: Ending::Failed(cause), .. } => cause.sentence().to_owned(),
        _ => String::new(),
    }
}

/// A change at a moment, as far as its viewer may see it.
pub(super) fn change(seen: &SeenChange, now: Timestamp) -> v1::ContactChange {
    let change = &seen.report.change;
    let state = change.state_at(now);
    let is_whole = seen.sight != Sight::Incumbent;
    let confirmations = change.confirmations.iter().filter(|_| is_whole);
    v1::ContactChange {
        change_id: change.change_id.to_string(),
        service_id: change.service_id.to_string(),
        roles: roles(change.roles),
        requester: change.requester.to_string(),
        incumbent: change.incumbent.to_string(),
        nominee: change.nominee.to_string(),
        state: state_number(state.name()),
        state_reason: if is_whole { state_reason(&state) } else { String::new() },
        confirmations: confirmations.map(|party| confirmation(party, seen)).collect(),
        create_time: Some(timestamp(change.create_time)),
        expire_time: Some(timestamp(change.expire_time)),
        settle_time: match state {
            State::Pending => None,
            State::Settled { at, .. } => Some(timestamp(at)),
        },
    }
}

fn confirmation(party: &Confirmation, seen: &SeenChange) -> v1::Confirmation {
    let (decision, decide_time) = match party.decision {
        Decision::Pending => (v1::Decision::Pending, None),
        Decision::Accepted { at } => (v1::Decision::Accepted, Some(at)),
        Decision::Refused { at } => (v1::Decision::Refused, Some(at)),
    };
    let sees_everything = seen.sight == Sight::Everything;
    let sees_text = sees_everything || seen.viewer.as_ref() == Some(&party.account_id);
    let of_party = |(account, _): &&(AccountId, Delivery)| *account == party.account_id;
    v1::Confirmation {
        account_id: party.account_id.to_string(),
        decision: decision.into(),
        decide_time: decide_time.map(timestamp),
        delivery: seen.report.deliveries.iter().find(of_party).map(|(_, it)| delivery(it, sees_text)),
        wrong_tokens: if sees_everything { party.wrong_tokens } else { 0 },
    }
}

fn delivery(delivery: &Delivery, sees_text: bool) -> v1::Delivery {
    let state = match delivery.state {
        DeliveryState::Queued => v1::DeliveryState::Queued,
        DeliveryState::Sent => v1::DeliveryState::Sent,
        DeliveryState::Deferred => v1::DeliveryState::Deferred,
        DeliveryState::Failed => v1::DeliveryState::Failed,
        DeliveryState::Withdrawn => v1::DeliveryState::Withdrawn,
    };
    v1::Delivery {
        state: state.into(),
        attempts: i32::try_from(delivery.attempts).unwrap_or(i32::MAX),
        last_attempt_time: delivery.last_attempt_time.map(timestamp),
        last_reply: reply(delivery.last_reply.as_ref(), sees_text),
    }
}

fn reply(reply: Option<&Reply>, sees_text: bool) -> String {
    match (reply, sees_text) {
        (None, _) => String::new(),
        (Some(reply), true) => format!("{} {}", reply.codes, reply.text).trim().to_owned(),
        (Some(reply), false) => reply.codes.clone(),
    }
}

/// A mail with its attempts, to an account or, without one, to a caller that sees everything.
pub(super) fn mail(report: &MailReport, viewer: Option<&AccountId>) -> v1::MailDelivery {
    let MailReport { mail, create_time, due_time, attempts, .. } = report;
    let sees_text = viewer.is_none_or(|viewer| *viewer == mail.account_id);
    v1::MailDelivery {
        kind: mail_kind(mail.kind).into(),
        account_id: mail.account_id.to_string(),
        generation: mail.generation,
        create_time: Some(timestamp(*create_time)),
        due_time: due_time.map(timestamp),
        delivery: Some(delivery(&report.delivery, sees_text)),
        attempts: attempts.iter().map(|it| attempt(it, sees_text)).collect(),
    }
}

fn attempt(report: &AttemptReport, sees_text: bool) -> v1::DeliveryAttempt {
    let outcome = match report.outcome {
        Outcome::Sent => v1::AttemptOutcome::Sent,
        Outcome::Deferred => v1::AttemptOutcome::Deferred,
        Outcome::Postponed => v1::AttemptOutcome::Postponed,
        Outcome::Failed => v1::AttemptOutcome::Failed,
    };
    v1::DeliveryAttempt {
        attempt_time: Some(timestamp(report.attempt_time)),
        outcome: outcome.into(),
        reply: reply(report.reply.as_ref(), sees_text),
    }
}

/// An event, as far as its viewer may see it.
pub(super) fn event(seen: &SeenEvent) -> v1::Event {
    let EventReport { event_time, kind, caller, account_id, change_id, details, sequence, .. } = &seen.report;
    let is_whole = seen.sight != Sight::Incumbent;
    let is_role = |detail: &Detail| Role::ALL.iter().any(|role| role.name() == detail.what);
    // Of a change an incumbent knows where it stands and what it is about; of his service not who was there before him.
    let is_seen = |detail: &&Detail| match change_id {
        _ if is_whole => true,
        Some(_) => detail.what == "state" || is_role(detail),
        None => !is_role(detail),
    };
    let sees_account = is_whole || *kind == Some(EventKind::ChangeOpened);
    v1::Event {
        event_time: Some(timestamp(*event_time)),
        kind: kind.map_or(v1::EventKind::Unspecified, event_kind).into(),
        caller: if seen.sight == Sight::Everything { caller.clone() } else { String::new() },
        account_id: account_id.as_ref().filter(|_| sees_account).map(ToString::to_string).unwrap_or_default(),
        change_id: change_id.map(|id| id.to_string()).unwrap_or_default(),
        details: details.iter().filter(is_seen).map(event_detail).collect(),
        sequence: sequence.unwrap_or_default(),
    }
}

fn event_detail(Detail { what, from, to }: &Detail) -> v1::EventDetail {
    v1::EventDetail { what: what.clone(), from: from.clone(), to: to.clone() }
}

fn event_kind(kind: EventKind) -> v1::EventKind {
    match kind {
        EventKind::AccountCreated | EventKind::AccountRecreated => v1::EventKind::AccountCreated,
        EventKind::AccountUpdated => v1::EventKind::AccountUpdated,
        EventKind::AccountDeleted => v1::EventKind::AccountDeleted,
        EventKind::ServiceCreated => v1::EventKind::ServiceCreated,
        EventKind::ServiceUpdated => v1::EventKind::ServiceUpdated,
        EventKind::ServiceDeleted => v1::EventKind::ServiceDeleted,
        EventKind::ChangeOpened => v1::EventKind::ChangeOpened,
        EventKind::ChangeAccepted => v1::EventKind::ChangeAccepted,
        EventKind::ChangeDone => v1::EventKind::ChangeDone,
        EventKind::ChangeRefused => v1::EventKind::ChangeRefused,
        EventKind::ChangeCancelled => v1::EventKind::ChangeCancelled,
        EventKind::ChangeExpired => v1::EventKind::ChangeExpired,
        EventKind::ChangeFailed => v1::EventKind::ChangeFailed,
        EventKind::ChangeRemoved => v1::EventKind::ChangeRemoved,
        EventKind::TokenResent => v1::EventKind::TokenResent,
        EventKind::TokenSuperseded => v1::EventKind::TokenSuperseded,
        EventKind::TokenUndelivered => v1::EventKind::TokenUndelivered,
        EventKind::PartyReminded => v1::EventKind::PartyReminded,
    }
}

/// What became of a test mail, to a caller that sees everything.
pub(super) fn test_mail(sent: TestMail) -> v1::SendTestMailResponse {
    let (outcome, said) = match &sent.verdict {
        Verdict::Taken(reply) => (v1::AttemptOutcome::Sent, reply),
        Verdict::PutOff(reply) => (v1::AttemptOutcome::Deferred, reply),
        Verdict::OutOfOrder(reply) => (v1::AttemptOutcome::Postponed, reply),
        Verdict::Refused(reply) => (v1::AttemptOutcome::Failed, reply),
    };
    v1::SendTestMailResponse { outcome: outcome.into(), reply: reply(Some(said), true), message_id: sent.message_id }
}

fn mail_kind(kind: MailKind) -> v1::MailKind {
    match kind {
        MailKind::Confirm => v1::MailKind::Confirm,
        MailKind::Reminder => v1::MailKind::Reminder,
        MailKind::Done => v1::MailKind::Done,
        MailKind::Replaced => v1::MailKind::Replaced,
        MailKind::Passed => v1::MailKind::Passed,
        MailKind::Refused => v1::MailKind::Refused,
        MailKind::Cancelled => v1::MailKind::Cancelled,
        MailKind::Expired => v1::MailKind::Expired,
        MailKind::Failed => v1::MailKind::Failed,
        MailKind::Undelivered => v1::MailKind::Undelivered,
        MailKind::AddressChanged => v1::MailKind::AddressChanged,
    }
}

/// A change that would be made, and whom it would ask and tell.
pub(super) fn draft(draft: &Draft, service: &Service) -> (v1::ContactChange, v1::ContactChangePlan) {
    let ids = |accounts: Vec<&AccountId>| accounts.into_iter().map(ToString::to_string).collect::<Vec<_>>();
    let asked = ids(draft.parties());
    let told = draft.told(&service.contacts.administrator).into_iter().map(|(_, account)| account).collect();
    let change = v1::ContactChange {
        service_id: service.service_id.to_string(),
        roles: roles(draft.roles),
        requester: draft.requester.to_string(),
        incumbent: draft.incumbent.to_string(),
        nominee: draft.nominee.to_string(),
        state: v1::ChangeState::Pending.into(),
        confirmations: asked
            .iter()
            .map(|account_id| v1::Confirmation {
                account_id: account_id.clone(),
                decision: v1::Decision::Pending.into(),
                ..Default::default()
            })
            .collect(),
        ..Default::default()
    };
    (change, v1::ContactChangePlan { asked, told: ids(told) })
}

/// Something that stands in the way of a change.
pub(super) fn blocker(blocker: &Blocker) -> v1::Blocker {
    let Blocker { refusal, roles: concerned } = blocker;
    let mut shown = v1::Blocker {
        reason: reason_of(refusal).into(),
        message: refusal.to_string(),
        roles: roles(*concerned),
        ..Default::default()
    };
    match refusal {
        Refusal::AccountNotFound(account) | Refusal::BillingOverdue(account) => {
            shown.account_id = account.to_string();
        }
        Refusal::ChangeAlreadyOpen { change_id, .. } => shown.change_id = change_id.to_string(),
        _ => {}
    }
    shown
}
