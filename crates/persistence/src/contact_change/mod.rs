//! Contact changes with their confirmations, and the seals of their tokens.

mod read;
mod remove;
mod write;

use relevo_domain::{
    AccountId, ChangeId, ContactChange, RefusalReason, Roles, ServiceId, ServiceKey, State,
    contact_change::{Canceller, ChangeState, Confirmation, Decision, Ending, FailureCause},
};

pub(crate) use read::change_of;
use sea_orm::sea_query::{Expr, ExprTrait};

use crate::{
    Delivery, Error,
    entity::{
        confirmation,
        contact_change::{Column, Entity, Model},
    },
    row::{Place, literal, named},
};

/// A change as a reader needs it: with what he may see it by, and where its mails are.
#[derive(Debug, Clone)]
pub struct ChangeReport {
    /// The change.
    pub change: ContactChange,
    /// Who administers its service now, or did when it was deleted.
    pub administrator: AccountId,
    /// Where the mail with each party's newest token is.
    pub deliveries: Vec<(AccountId, Delivery)>,
}

/// Which changes a list holds.
#[derive(Debug, Clone, Default)]
pub struct ChangeFilter {
    /// Those in which an account has one of these parts.
    pub participant: Option<(AccountId, Vec<Part>)>,
    /// Those in one of these states; all when empty.
    pub states: Vec<ChangeState>,
    /// Those of this service.
    pub service_id: Option<ServiceId>,
}

/// What an account is to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It asked for it.
    Requester,
    /// It is to take the roles over.
    Nominee,
    /// It held the roles.
    Incumbent,
    /// It administers the service now.
    Administrator,
}

impl Part {
    /// All of them.
    pub const ALL: [Part; 4] = [Part::Requester, Part::Nominee, Part::Incumbent, Part::Administrator];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Part::Requester => "requester",
            Part::Nominee => "nominee",
            Part::Incumbent => "incumbent",
            Part::Administrator => "administrator",
        }
    }
}

const OPERATOR: &str = "operator";
const SERVICE_DELETED: &str = "service-deleted";

/// The columns of where a change stands, beside its state: when, by whom, by what cause, for which reason.
#[derive(Default)]
struct StateColumns<'a> {
    settle_time: Option<i64>,
    settled_by: Option<&'a AccountId>,
    cause: Option<&'static str>,
    reason: Option<&'a str>,
}

fn state_columns(state: &State) -> StateColumns<'_> {
    let State::Settled { at, ending } = state else {
        return StateColumns::default();
    };
    let settle_time = Some(at.as_microsecond());
    match ending {
        Ending::Done | Ending::Expired => StateColumns { settle_time, ..Default::default() },
        Ending::Refused { by, reason } => StateColumns {
            settle_time,
            settled_by: Some(by),
            reason: reason.as_ref().map(RefusalReason::as_str),
            ..Default::default()
        },
        Ending::Cancelled(Canceller::Account(by)) => {
            StateColumns { settle_time, settled_by: Some(by), ..Default::default() }
        }
        Ending::Cancelled(Canceller::Operator) => {
            StateColumns { settle_time, cause: Some(OPERATOR), ..Default::default() }
        }
        Ending::Cancelled(Canceller::ServiceDeleted) => {
            StateColumns { settle_time, cause: Some(SERVICE_DELETED), ..Default::default() }
        }
        Ending::Failed(cause) => StateColumns { settle_time, cause: Some(cause.name()), ..Default::default() },
    }
}

fn state(row: &Model, place: &Place) -> Result<State, Error> {
    let name = place.present("state", named(&ChangeState::ALL, ChangeState::name, &row.state))?;
    let by = || {
        let by = place.present("settled_by", row.settled_by.as_deref())?;
        place.account_id("settled_by", by)
    };
    let ending = match (name, row.cause.as_deref()) {
        (ChangeState::Pending, _) => return Ok(State::Pending),
        (ChangeState::Done, _) => Ending::Done,
        (ChangeState::Expired, _) => Ending::Expired,
        (ChangeState::Refused, _) => {
            let reason = place.read("reason", RefusalReason::parse(row.reason.as_deref().unwrap_or_default()))?;
            Ending::Refused { by: by()?, reason }
        }
        (ChangeState::Cancelled, Some(OPERATOR)) => Ending::Cancelled(Canceller::Operator),
        (ChangeState::Cancelled, Some(SERVICE_DELETED)) => Ending::Cancelled(Canceller::ServiceDeleted),
        (ChangeState::Cancelled, _) => Ending::Cancelled(Canceller::Account(by()?)),
        (ChangeState::Failed, cause) => {
            let cause = cause.and_then(|text| named(&FailureCause::ALL, FailureCause::name, text));
            Ending::Failed(place.present("cause", cause)?)
        }
    };
    let at = place.present("settle_time", row.settle_time)?;
    Ok(State::Settled { at: place.time("settle_time", at)?, ending })
}

/// Whether a change is stored in a state; in the words of the indexes of what is open and of what has ended.
fn stored_as(state: ChangeState) -> Expr {
    let column = || Expr::col((Entity, Column::State));
    let pending = || literal(ChangeState::Pending.name());
    match state {
        ChangeState::Pending => column().eq(pending()),
        ended => column().eq(literal(ended.name())).and(column().ne(pending())),
    }
}

fn decision_columns(decision: Decision) -> (&'static str, Option<i64>) {
    match decision {
        Decision::Pending => ("pending", None),
        Decision::Accepted { at } => ("accepted", Some(at.as_microsecond())),
        Decision::Refused { at } => ("refused", Some(at.as_microsecond())),
    }
}

fn confirmation(row: confirmation::Model) -> Result<Confirmation, Error> {
    let place = Place::new("confirmation", format_args!("{} of {}", row.account_id, row.change_id));
    let at = place.optional_time("decide_time", row.decide_time)?;
    let decision = match (row.decision.as_str(), at) {
        ("pending", None) => Decision::Pending,
        ("accepted", Some(at)) => Decision::Accepted { at },
        ("refused", Some(at)) => Decision::Refused { at },
        _ => return Err(place.corrupt("decision and decide_time do not go together")),
    };
    Ok(Confirmation {
        account_id: place.account_id("account_id", &row.account_id)?,
        decision,
        generation: row.generation,
        token_is_good: row.token_is_good,
        resends: row.resends,
        resend_time: place.optional_time("resend_time", row.resend_time)?,
        wrong_tokens: row.wrong_tokens,
    })
}

fn contact_change(row: Model, mut confirmations: Vec<Confirmation>) -> Result<ContactChange, Error> {
    let place = Place::new("contact_change", row.change_id);
    let roles = u8::try_from(row.roles).ok().and_then(Roles::from_bits).filter(|roles| !roles.is_empty());
    let requester = place.account_id("requester", &row.requester)?;
    let nominee = place.account_id("nominee", &row.nominee)?;
    // The requester first, then the nominee.
    confirmations.sort_by_key(|party| party.account_id != requester);
    let parties: Vec<_> = confirmations.iter().map(|party| &party.account_id).collect();
    let expected = if requester == nominee { vec![&requester] } else { vec![&requester, &nominee] };
    if parties != expected {
        return Err(place.corrupt("its confirmations are not those of its parties"));
    }
    let state = state(&row, &place)?;
    Ok(ContactChange {
        change_id: ChangeId(row.change_id),
        service_key: ServiceKey(row.service_key),
        service_id: place.read("service_id", ServiceId::parse(&row.service_id))?,
        roles: place.present("roles", roles)?,
        incumbent: place.account_id("incumbent", &row.incumbent)?,
        create_time: place.time("create_time", row.create_time)?,
        expire_time: place.time("expire_time", row.expire_time)?,
        remind_time: place.optional_time("remind_time", row.remind_time)?,
        state,
        confirmations,
        requester,
        nominee,
    })
}
