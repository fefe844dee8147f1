//! Reads the fields of a message, and says of all that are wrong what would be right.

use prost_types::FieldMask;
use relevo_api::v1;
use relevo_domain::{AccountId, BillingStanding, ChangeId, Invalid, Role, contact_change::ChangeState};
use relevo_persistence::Part;
use uuid::Uuid;

use crate::{Error, error::Violation};

const DEFAULT_PAGE: i32 = 50;
const LONGEST_PAGE: i32 = 1000;
/// Ours have at most 33 characters.
const LONGEST_ETAG: usize = 64;
/// No list of names of an enum needs more.
const LONGEST_LIST: usize = 16;
/// No field holds more: the beginning of what is longer is enough to say what would be right.
const LONGEST_FIELD: usize = 8 * 1024;

/// The fields of one message. Each is read by itself, to `None` if it is wrong; [`Form::wrong`] then says it all.
#[derive(Debug)]
pub(super) struct Form<'a> {
    account_id_suffix: &'a str,
    violations: Vec<Violation>,
}

impl<'a> Form<'a> {
    pub(super) fn new(account_id_suffix: &'a str) -> Self {
        Self { account_id_suffix, violations: Vec::new() }
    }

    /// What is wrong with the message, if anything is.
    pub(super) fn check(&mut self) -> Result<(), Error> {
        if self.violations.is_empty() { Ok(()) } else { Err(self.wrong()) }
    }

    /// What is wrong with the message.
    pub(super) fn wrong(&mut self) -> Error {
        Error::Invalid(std::mem::take(&mut self.violations))
    }

    pub(super) fn violate<T>(&mut self, path: &str, rule: impl Into<String>) -> Option<T> {
        self.violations.push(Violation { path: path.to_owned(), rule: rule.into() });
        None
    }

    pub(super) fn required<T>(
        &mut self,
        path: &str,
        text: &str,
        read: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        if text.is_empty() {
            return self.violate(path, "is required");
        }
        self.read(path, text, read)
    }

    /// The value of a field that may be empty: `Some(None)` then.
    pub(super) fn optional<T>(
        &mut self,
        path: &str,
        text: &str,
        read: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<Option<T>> {
        if text.is_empty() { Some(None) } else { self.read(path, text, read).map(Some) }
    }

    pub(super) fn read<T>(
        &mut self,
        path: &str,
        text: &str,
        read: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let is_too_long = text.len() > LONGEST_FIELD;
        match read(text.get(..text.floor_char_boundary(LONGEST_FIELD)).unwrap_or_default()) {
            Ok(_) if is_too_long => self.violate(path, format!("must be at most {LONGEST_FIELD} bytes")),
            Ok(value) => Some(value),
            Err(Invalid(rule)) => self.violate(path, rule),
        }
    }

    pub(super) fn account_id(&mut self, path: &str, text: &str) -> Option<AccountId> {
        let account_id = self.required(path, text, AccountId::parse)?;
        self.with_suffix(path, account_id)
    }

    pub(super) fn optional_account_id(&mut self, path: &str, text: &str) -> Option<Option<AccountId>> {
        match self.optional(path, text, AccountId::parse)? {
            None => Some(None),
            Some(account_id) => self.with_suffix(path, account_id).map(Some),
        }
    }

    fn with_suffix(&mut self, path: &str, account_id: AccountId) -> Option<AccountId> {
        if account_id.suffix() == self.account_id_suffix {
            return Some(account_id);
        }
        let suffix = self.account_id_suffix;
        self.violate(path, format!("must end with -{suffix} in this installation, as in aa123456-{suffix}"))
    }

    pub(super) fn change_id(&mut self, path: &str, text: &str) -> Option<ChangeId> {
        self.required(path, text, ChangeId::parse)
    }

    /// A token is only looked at by the rules: whether it can be one or not, the answer is the same.
    pub(super) fn token<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        if text.is_empty() { self.violate("token", "is required") } else { Some(text) }
    }

    /// What an etag holds is for the stored version to tell; that it could be one is told here.
    pub(super) fn etag<'t>(&mut self, path: &str, text: &'t str) -> Option<&'t str> {
        if text.len() <= LONGEST_ETAG && text.bytes().all(|b| b.is_ascii_graphic()) {
            Some(text)
        } else {
            self.violate(path, "must be the etag of an answer, as it is")
        }
    }

    pub(super) fn request_id(&mut self, text: &str) -> Option<Option<Uuid>> {
        let read = |text: &str| match Uuid::try_parse(text) {
            Ok(id) if text.len() == 36 && !id.is_nil() => Ok(id),
            _ => Err(Invalid("must be a UUID other than nil, as in 5f3c0e6e-8d0b-4a5e-9d2c-0f5b1a7c9e42")),
        };
        self.optional("request_id", text, read)
    }

    pub(super) fn page_size(&mut self, size: i32) -> Option<u64> {
        match size {
            0 => u64::try_from(DEFAULT_PAGE).ok(),
            size if size < 0 => self.violate("page_size", "must not be less than 0"),
            size => u64::try_from(size.min(LONGEST_PAGE)).ok(),
        }
    }

    pub(super) fn standing(&mut self, path: &str, number: i32) -> Option<Option<BillingStanding>> {
        match v1::BillingStanding::try_from(number) {
            Ok(v1::BillingStanding::Unspecified) => Some(None),
            Ok(v1::BillingStanding::Good) => Some(Some(BillingStanding::Good)),
            Ok(v1::BillingStanding::Overdue) => Some(Some(BillingStanding::Overdue)),
            Err(_) => self.violate(path, "must be BILLING_STANDING_GOOD or BILLING_STANDING_OVERDUE"),
        }
    }

    pub(super) fn roles(&mut self, numbers: &[i32]) -> Option<Vec<Role>> {
        self.each("roles", numbers, "must be a role other than ROLE_UNSPECIFIED", |number| {
            match v1::Role::try_from(number).ok()? {
                v1::Role::Unspecified => None,
                v1::Role::Administrator => Some(Role::Administrator),
                v1::Role::Technical => Some(Role::Technical),
                v1::Role::Billing => Some(Role::Billing),
            }
        })
    }

    pub(super) fn parts(&mut self, numbers: &[i32]) -> Option<Vec<Part>> {
        self.each("parts", numbers, "must be a part other than CHANGE_PART_UNSPECIFIED", |number| {
            match v1::ChangePart::try_from(number).ok()? {
                v1::ChangePart::Unspecified => None,
                v1::ChangePart::Requester => Some(Part::Requester),
                v1::ChangePart::Nominee => Some(Part::Nominee),
                v1::ChangePart::Incumbent => Some(Part::Incumbent),
                v1::ChangePart::Administrator => Some(Part::Administrator),
            }
        })
    }

    pub(super) fn states(&mut self, numbers: &[i32]) -> Option<Vec<ChangeState>> {
        self.each("states", numbers, "must be a state other than CHANGE_STATE_UNSPECIFIED", |number| {
            match v1::ChangeState::try_from(number).ok()? {
                v1::ChangeState::Unspecified => None,
                v1::ChangeState::Pending => Some(ChangeState::Pending),
                v1::ChangeState::Done => Some(ChangeState::Done),
                v1::ChangeState::Refused => Some(ChangeState::Refused),
                v1::ChangeState::Cancelled => Some(ChangeState::Cancelled),
                v1::ChangeState::Expired => Some(ChangeState::Expired),
                v1::ChangeState::Failed => Some(ChangeState::Failed),
            }
        })
    }

    fn each<T: PartialEq>(
        &mut self,
        path: &str,
        numbers: &[i32],
        rule: &str,
        read: impl Fn(i32) -> Option<T>,
    ) -> Option<Vec<T>> {
        if numbers.len() > LONGEST_LIST {
            return self.violate(path, format!("must not have more than {LONGEST_LIST} items"));
        }
        let mut values = Vec::new();
        let mut is_whole = true;
        for (nth, number) in numbers.iter().enumerate() {
            match read(*number).or_else(|| self.violate(&format!("{path}[{nth}]"), rule)) {
                None => is_whole = false,
                Some(value) if values.contains(&value) => {}
                Some(value) => values.push(value),
            }
        }
        is_whole.then_some(values)
    }

    /// Which of the writable fields an update names: those of the mask, or all with `*`, or those that are set when
    /// the mask is empty. What else it names is wrong.
    pub(super) fn mask(
        &mut self,
        mask: Option<FieldMask>,
        writable: &[&'static str],
        is_set: impl Fn(&str) -> bool,
    ) -> Vec<&'static str> {
        let paths = mask.map(|mask| mask.paths).unwrap_or_default();
        let all = writable.iter().copied();
        if paths.is_empty() {
            return all.filter(|path| is_set(path)).collect();
        }
        if paths == ["*"] {
            return all.collect();
        }
        if !paths.iter().all(|path| writable.contains(&path.as_str())) {
            let rule = format!("must name fields that can be changed: {}; or * alone", writable.join(", "));
            self.violate::<()>("update_mask", rule);
        }
        all.filter(|path| paths.iter().any(|named| named == path)).collect()
    }
}
