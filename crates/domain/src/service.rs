//! Something a customer ordered, and who is its contact for what.

use std::fmt;

use jiff::Timestamp;

use crate::{AccountId, DisplayName, Invalid, ServiceId, ServiceKey};

/// Something a customer ordered. It has exactly one account in each role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Which registration of the id this is.
    pub service_key: ServiceKey,
    /// What the service is called.
    pub service_id: ServiceId,
    /// What was ordered.
    pub kind: Kind,
    /// What a person calls it.
    pub display_name: Option<DisplayName>,
    /// Who holds each role.
    pub contacts: Contacts,
    /// When it was registered.
    pub create_time: Timestamp,
    /// When it last changed, contacts included.
    pub update_time: Timestamp,
    /// When it was deleted.
    pub delete_time: Option<Timestamp>,
    /// How often it has changed, counted from 1.
    pub revision: i64,
}

impl Service {
    /// Passes roles to their new holder.
    pub(crate) fn hand_over(&mut self, roles: Roles, nominee: &AccountId, now: Timestamp) {
        for role in roles.iter() {
            *self.contacts.holder_mut(role) = nominee.clone();
        }
        self.touch(now);
    }

    /// Marks the service as changed now.
    pub fn touch(&mut self, now: Timestamp) {
        self.update_time = now;
        self.revision += 1;
    }
}

/// What was ordered, as in `domain`: 1 to 32 lower-case letters, digits and hyphens, beginning with a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind(String);

impl Kind {
    /// What a kind must look like.
    pub const FORM: Invalid =
        Invalid("must be 1 to 32 lower-case letters, digits and hyphens, beginning with a letter, as in domain");

    /// Reads a kind.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let formed = text.len() <= 32
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        if formed { Ok(Self(text.to_owned())) } else { Err(Self::FORM) }
    }

    /// The kind as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which account holds which role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contacts {
    /// In charge of the service and of its other contacts.
    pub administrator: AccountId,
    /// In charge of technical matters.
    pub technical: AccountId,
    /// In charge of invoices.
    pub billing: AccountId,
}

impl Contacts {
    /// The account in a role.
    pub fn holder(&self, role: Role) -> &AccountId {
        match role {
            Role::Administrator => &self.administrator,
            Role::Technical => &self.technical,
            Role::Billing => &self.billing,
        }
    }

    /// The accounts in the three roles, in the order of [`Role::ALL`].
    pub fn holders(&self) -> [&AccountId; 3] {
        Role::ALL.map(|role| self.holder(role))
    }

    fn holder_mut(&mut self, role: Role) -> &mut AccountId {
        match role {
            Role::Administrator => &mut self.administrator,
            Role::Technical => &mut self.technical,
            Role::Billing => &mut self.billing,
        }
    }

    /// The roles that an account holds.
    pub fn roles_of(&self, account: &AccountId) -> Roles {
        Role::ALL.into_iter().filter(|role| self.holder(*role) == account).collect()
    }
}

/// What a contact is to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// In charge of the service and of its other contacts.
    Administrator,
    /// In charge of technical matters.
    Technical,
    /// In charge of invoices.
    Billing,
}

impl Role {
    /// The three roles, in the order in which they are always shown.
    pub const ALL: [Role; 3] = [Role::Administrator, Role::Technical, Role::Billing];

    /// The role as a word of the API.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
            Role::Technical => "technical",
            Role::Billing => "billing",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Role::Administrator => 1,
            Role::Technical => 2,
            Role::Billing => 4,
        }
    }
}

/// A set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Roles(u8);

impl Roles {
    /// No role.
    pub const NONE: Roles = Roles(0);

    /// The set that [`Roles::bits`] wrote; `None` for anything else.
    pub fn from_bits(bits: u8) -> Option<Self> {
        (bits < 8).then_some(Self(bits))
    }

    /// The set as a number: administrator 1, technical 2, billing 4.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Whether a role is in the set.
    pub fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// The roles of this set that are not in the other.
    pub fn without(self, other: Roles) -> Roles {
        Roles(self.0 & !other.0)
    }

    /// Whether there is no role in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The roles, in the order in which they are always shown.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.contains(*role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Roles(roles.into_iter().fold(0, |bits, role| bits | role.bit()))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, role) in self.iter().enumerate() {
            if n > 0 {
                f.write_str(", ")?;
            }
            role.fmt(f)?;
        }
        Ok(())
    }
}
