//! Whether the history is what was written: every chain read from its first event to its head.

mod adopt;
mod finding;
mod pages;

use jiff::Timestamp;
use relevo_domain::{
    Chain, Head, Keyring,
    history::{self, Verdict},
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait},
};

pub use adopt::Adopted;
pub use finding::Finding;
use finding::Unchained;
use pages::Pages;

use crate::{
    Error, View, chain,
    entity::{self, event::Model},
    row::CHUNK,
};

/// How many event ids one statement looks at for events that are in no chain.
const RANGE: i64 = 50_000;

/// How many events, their first and last id, their first and last time.
type Counted = (i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

/// What was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Audit {
    /// How many chains there are.
    pub chains: u64,
    /// How many events they hold.
    pub events: u64,
    /// How many things were found.
    pub findings: u64,
}

/// How long a chain was once, and the digest of its newest event then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The chain.
    pub chain: Chain,
    /// How many events it held.
    pub length: i64,
    /// The digest of the newest.
    pub digest: Vec<u8>,
}

impl View {
    /// Reads the whole history, a thousand events at a time, and says everything in it that was not written so. `marks`
    /// are what was noted before, in the order of [`View::marks_after`]: without them a chain that was put back, whole and
    /// with its head, to what it once was is as good as that was.
    pub async fn audit(
        &self,
        keyring: &Keyring,
        marks: impl Iterator<Item = Result<Mark, Error>>,
        mut found: impl FnMut(&Finding),
    ) -> Result<Audit, Error> {
        let mut audit = Audit::default();
        let mut events = Pages::new(async |last: Option<&Model>| self.chained_after(last).await);
        let mut heads = Pages::new(async |last: Option<&Head>| self.heads_after(last.map(|head| &head.chain)).await);
        let mut owners = Pages::new(async |last: Option<&Chain>| self.owners_after(last).await);
        let mut marks = marks.peekable();
        loop {
            let mark = match marks.peek() {
                Some(Err(_)) => return Err(marks.next().and_then(Result::err).unwrap_or(Error::Silent)),
                Some(Ok(mark)) => Some(mark.chain.clone()),
                None => None,
            };
            let next = [
                events.peek().await?.and_then(|row| row.chain.as_deref()).map(Chain::named),
                heads.peek().await?.map(|head| head.chain.clone()),
                owners.peek().await?.cloned(),
                mark,
            ];
            let Some(chain) = next.into_iter().flatten().min() else { break };
            let mut walk = Walk::new(chain, keyring);
            walk.mark = match marks.next_if(|mark| mark.as_ref().is_ok_and(|mark| mark.chain == walk.chain)) {
                Some(mark) => Some(mark?),
                None => None,
            };
            let head = heads.next_if(|head| head.chain == walk.chain).await?;
            let owner = owners.next_if(|owner| *owner == walk.chain).await?;
            while let Some(row) = events.next_if(|row| row.chain.as_deref() == Some(walk.chain.as_str())).await? {
                walk.step(&row);
                audit.events += 1;
            }
            audit.chains += u64::from(head.is_some());
            walk.end(head.as_ref(), owner.is_some());
            if !walk.findings.is_empty() {
                let of = self.name_of(&walk.chain).await?;
                for finding in &walk.findings {
                    found(&Finding { chain: Some(walk.chain.clone()), of: of.clone(), what: finding.clone() });
                    audit.findings += 1;
                }
            }
        }
        if let Some(unchained) = self.unchained().await? {
            found(&Finding { chain: None, of: None, what: finding::What::Unchained(unchained) });
            audit.findings += 1;
        }
        Ok(audit)
    }

    /// How long each chain behind one is, and the digest of its newest event, in the order of their names: to be noted
    /// elsewhere. Of a chain whose head does not prove itself only the name is said.
    pub async fn marks_after(
        &self,
        after: Option<&Chain>,
        keyring: &Keyring,
    ) -> Result<Vec<Result<Mark, Chain>>, Error> {
        let mark = |head: Head| match head.verdict(keyring) {
            Verdict::Holds => Ok(Mark { chain: head.chain, length: head.length, digest: head.digest }),
            _ => Err(head.chain),
        };
        Ok(self.heads_after(after).await?.into_iter().map(mark).collect())
    }

    async fn heads_after(&self, after: Option<&Chain>) -> Result<Vec<Head>, Error> {
        use entity::chain::{Column, Entity};
        let mut query = Entity::find().order_by_asc(Column::Name).limit(CHUNK as u64);
        if let Some(after) = after {
            query = query.filter(Column::Name.gt(after.as_str()));
        }
        Ok(query.all(self.connection()).await?.into_iter().map(chain::head).collect())
    }

    /// Events that have a place in a chain, by chain and place.
    async fn chained_after(&self, last: Option<&Model>) -> Result<Vec<Model>, Error> {
        use entity::event::{Column, Entity};
        let mut query = Entity::find()
            .filter(Column::Chain.is_not_null())
            .filter(Column::Sequence.is_not_null())
            .order_by_asc(Column::Chain)
            .order_by_asc(Column::Sequence)
            .order_by_asc(Column::EventId)
            .limit(CHUNK as u64);
        if let Some(last) = last {
            let place = [Expr::col(Column::Chain), Expr::col(Column::Sequence), Expr::col(Column::EventId)];
            let passed = [
                Expr::val(last.chain.clone().unwrap_or_default()),
                Expr::val(last.sequence.unwrap_or_default()),
                Expr::val(last.event_id),
            ];
            query = query.filter(Expr::tuple(place).gt(Expr::tuple(passed)));
        }
        Ok(query.all(self.connection()).await?)
    }

    /// The chains that there must be: of every account, then of every registration of a service.
    async fn owners_after(&self, after: Option<&Chain>) -> Result<Vec<Chain>, Error> {
        let (account, service) = match after.map(|chain| chain.as_str().split_once('/').unwrap_or_default()) {
            Some(("service", key)) => (None, Some(Uuid::parse_str(key).unwrap_or_default())),
            Some((_, account)) => (Some(account), None),
            None => (Some(""), None),
        };
        if let Some(account) = account {
            use entity::account::{Column, Entity};
            let ids: Vec<String> = Entity::find()
                .select_only()
                .column(Column::AccountId)
                .filter(Column::AccountId.gt(account))
                .order_by_asc(Column::AccountId)
                .limit(CHUNK as u64)
                .into_tuple()
                .all(self.connection())
                .await?;
            if !ids.is_empty() {
                return Ok(ids.iter().map(|id| Chain::named(&format!("account/{id}"))).collect());
            }
        }
        use entity::service::{Column, Entity};
        let mut query = Entity::find().select_only().column(Column::ServiceKey).order_by_asc(Column::ServiceKey);
        if let Some(service) = service {
            query = query.filter(Column::ServiceKey.gt(service));
        }
        let keys: Vec<Uuid> = query.limit(CHUNK as u64).into_tuple().all(self.connection()).await?;
        Ok(keys.iter().map(|key| Chain::named(&format!("service/{key}"))).collect())
    }

    /// What the service of a chain is called.
    async fn name_of(&self, chain: &Chain) -> Result<Option<String>, Error> {
        use entity::service::{Column, Entity};
        let key = chain.as_str().strip_prefix("service/").and_then(|key| Uuid::parse_str(key).ok());
        let Some(key) = key else { return Ok(None) };
        let name = Entity::find_by_id(key).select_only().column(Column::ServiceId).into_tuple();
        Ok(name.one(self.connection()).await?)
    }

    /// The events that are in no chain.
    async fn unchained(&self) -> Result<Option<Unchained>, Error> {
        use entity::event::{Column, Entity};
        let mut all: Option<Unchained> = None;
        let mut next = Some(i64::MIN);
        while let Some(from) = next {
            // From one that is there, however far the next is.
            let first = Entity::find().select_only().column(Column::EventId).order_by_asc(Column::EventId);
            let first = first.filter(Column::EventId.gte(from)).into_tuple::<i64>().one(self.connection()).await?;
            let Some(first) = first else { break };
            let to = first.saturating_add(RANGE - 1);
            let found: Option<Counted> = Entity::find()
                .select_only()
                .column_as(Column::EventId.count(), "events")
                .column_as(Column::EventId.min(), "first")
                .column_as(Column::EventId.max(), "last")
                .column_as(Column::EventTime.min(), "since")
                .column_as(Column::EventTime.max(), "until")
                .filter(Column::EventId.between(first, to))
                .filter(Column::Chain.is_null().or(Column::Sequence.is_null()))
                .into_tuple()
                .one(self.connection())
                .await?;
            if let Some((events, Some(first), Some(last), Some(since), Some(until))) = found {
                let more = Unchained { events, first, last, since, until };
                all = Some(all.map_or_else(|| more.clone(), |all| all.and(&more)));
            }
            next = to.checked_add(1);
        }
        Ok(all)
    }
}

/// One chain, from its first event to its head.
struct Walk<'a> {
    chain: Chain,
    keyring: &'a Keyring,
    mark: Option<Mark>,
    /// The place of the last event.
    last: i64,
    /// Its digest; `None` where the one that should be there is not.
    digest: Option<Vec<u8>>,
    findings: Vec<finding::What>,
}

impl<'a> Walk<'a> {
    fn new(chain: Chain, keyring: &'a Keyring) -> Self {
        Self { chain, keyring, mark: None, last: 0, digest: Some(Vec::new()), findings: Vec::new() }
    }

    fn step(&mut self, row: &Model) {
        use finding::What;
        let sequence = row.sequence.unwrap_or_default();
        let expected = self.last.saturating_add(1);
        if sequence > expected {
            self.findings.push(What::Missing(expected, sequence - 1));
            self.digest = None;
        } else if sequence < expected {
            self.findings.push(What::Added(sequence, sequence));
            return;
        }
        let digest = row.digest.clone().unwrap_or_default();
        let is_as_written = |before: &Vec<u8>| {
            digest == history::digest(&self.chain, sequence, before, &chain::slices(&chain::says(row)))
        };
        if !self.digest.as_ref().is_none_or(is_as_written) {
            self.findings.push(What::Altered(sequence));
        }
        if self.mark.as_ref().is_some_and(|mark| mark.length == sequence && mark.digest != digest) {
            self.findings.push(What::NotAsMarked(sequence));
        }
        self.last = sequence;
        self.digest = Some(digest);
    }

    fn end(&mut self, head: Option<&Head>, has_owner: bool) {
        use finding::What;
        match head.map(|head| (head, head.verdict(self.keyring))) {
            // Nobody but whoever noted it knows of it.
            None if self.last == 0 && !has_owner => {}
            None => self.findings.push(What::HeadMissing),
            Some((head, Verdict::KeyMissing)) => self.findings.push(What::KeyMissing(head.key_id.0.clone())),
            Some((_, Verdict::Altered)) => self.findings.push(What::HeadAltered),
            Some((head, Verdict::Holds)) if self.last < head.length => {
                self.findings.push(What::Missing(self.last.saturating_add(1), head.length));
            }
            Some((head, Verdict::Holds)) if self.last > head.length => {
                self.findings.push(What::Added(head.length.saturating_add(1), self.last));
            }
            Some((head, Verdict::Holds)) => {
                if self.digest.as_ref() != Some(&head.digest) {
                    self.findings.push(What::HeadDiffers);
                }
            }
        }
        if !has_owner && (head.is_some() || self.last > 0) {
            self.findings.push(What::OwnerMissing);
        }
        if let Some(mark) = self.mark.as_ref().filter(|mark| mark.length > self.last) {
            self.findings.push(What::RolledBack { marked: mark.length, is: self.last });
        }
    }
}

fn moment(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map_or_else(|_| micros.to_string(), |at| at.to_string())
}
