//! Thousands of changes through several processes on one database, which are killed and started again all the time.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a story that cannot go on stops, and says what it has measured"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use relevo_tests::{
    Caller, Engine, Home, Refused, eventually,
    process::Serving,
    request_id,
    smtp::TestRelay,
    v1::{ChangeState, ContactChange, Decision},
};
use tokio::{sync::RwLock, time::sleep};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use crate::random;

/// How many services there are, each with a panel that asks for its changes one after the other.
const PANELS: usize = 40;
const CONNECTIONS: usize = 4;
const CHANGES: usize = 2000;
/// Longer than the mail in the hands of a killed process waits for the next one.
const IN_TIME: Duration = Duration::from_secs(180);

/// A mail as it came.
#[derive(Debug, Clone)]
struct Arrived {
    at: Instant,
    text: String,
    token: Option<String>,
}

/// What a process answered; nothing if it is gone, or is about to be and says that it cannot.
fn answered<T>(answer: Result<T, Status>) -> Option<Result<T, Refused>> {
    match answer {
        Err(status) if status.details().is_empty() || status.code() == Code::Unavailable => None,
        answer => Some(answer.map_err(Refused::from)),
    }
}

/// Makes a call of any process, and repeats it at any other until one answers.
macro_rules! insists {
    ($fleet:expr, $call:ident($($argument:expr),*)) => {
        loop {
            if let Some(answer) = answered($fleet.any().await.$call($($argument),*).await) {
                break answer;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
}

/// The processes, and what came of them.
struct Fleet {
    home: Home,
    relay: TestRelay,
    running: Vec<RwLock<Option<Serving>>>,
    callers: Vec<RwLock<Option<Caller>>>,
    kills: Mutex<Vec<Instant>>,
    mails: Mutex<BTreeMap<String, Vec<Arrived>>>,
}

impl Fleet {
    async fn start(processes: usize) -> Arc<Self> {
        let (home, relay) = (Home::new(Engine::Postgres).await, TestRelay::start().await);
        let fleet = Arc::new(Self {
            home,
            relay,
            running: (0..processes).map(|_| RwLock::default()).collect(),
            callers: (0..processes).map(|_| RwLock::default()).collect(),
            kills: Mutex::default(),
            mails: Mutex::default(),
        });
        for n in 0..processes {
            fleet.starts(n).await;
        }
        fleet
    }

    async fn starts(&self, n: usize) {
        let mut environment = self.home.environment();
        environment.extend([
            ("RELEVO__MAIL__TRANSPORT", "smtp".to_owned()),
            ("RELEVO__MAIL__SMTP__PORT", self.relay.address.port().to_string()),
            ("RELEVO__MAIL__SMTP__CONNECTIONS", CONNECTIONS.to_string()),
            ("RELEVO__CHANGE__RESEND_INTERVAL", "0s".to_owned()),
            ("RELEVO__CHANGE__RESEND_LIMIT", "1000".to_owned()),
            ("RELEVO__LOG__FILTER", "warn,relevo_server::command=info".to_owned()),
        ]);
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let serving = Serving::start(self.home.folder(), &environment).await;
        *self.callers[n].write().await = Some(serving.caller());
        *self.running[n].write().await = Some(serving);
    }

    /// Kills one after the other and starts it again, until it is enough.
    async fn is_killed(&self, enough: CancellationToken) {
        while enough.run_until_cancelled(sleep(Duration::from_millis(1000 + random(2000)))).await.is_some() {
            let n = usize::try_from(random(1000)).unwrap() % self.running.len();
            let serving = self.running[n].write().await.take().unwrap();
            *self.callers[n].write().await = None;
            serving.kill().await;
            self.kills.lock().unwrap().push(Instant::now());
            sleep(Duration::from_millis(random(700))).await;
            self.starts(n).await;
        }
    }

    /// A client of any process that runs.
    async fn any(&self) -> Caller {
        loop {
            let n = usize::try_from(random(1000)).unwrap() % self.callers.len();
            if let Some(caller) = self.callers[n].read().await.clone() {
                return caller;
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    async fn sees(&self, change_id: &str) -> ContactChange {
        insists!(self, see(change_id)).unwrap()
    }

    fn collects(&self) {
        for letter in self.relay.take() {
            let arrived = Arrived { at: Instant::now(), text: letter.text.clone(), token: letter.token.clone() };
            self.mails.lock().unwrap().entry(letter.message_id).or_default().push(arrived);
        }
    }

    /// The code in the newest mail to a party that has come.
    fn newest_token(&self, change_id: &str, account: &str) -> Option<String> {
        let mails = self.mails.lock().unwrap();
        let prefix = format!("confirm.{change_id}.{account}.");
        let generation = |id: &str| id[prefix.len()..].split('@').next().unwrap_or_default().parse::<u32>().unwrap();
        let of_party = mails.range(prefix.clone()..).take_while(|(id, _)| id.starts_with(&prefix));
        of_party.max_by_key(|(id, _)| generation(id)).and_then(|(_, arrived)| arrived[0].token.clone())
    }
}

/// A panel with a service of its own, on which one role goes round.
struct Panel {
    fleet: Arc<Fleet>,
    service: String,
    administrator: String,
    others: [String; 3],
    holder: String,
    ended: Vec<ContactChange>,
}

impl Panel {
    fn new(fleet: &Arc<Fleet>, n: usize) -> Self {
        let account = |m: usize| format!("pa{:06}-ovh", n * 10 + m);
        Self {
            fleet: fleet.clone(),
            service: format!("panel-{n}.example.com"),
            administrator: account(0),
            others: [account(1), account(2), account(3)],
            holder: account(0),
            ended: Vec::new(),
        }
    }

    async fn works(mut self, changes: usize) -> Self {
        for account in self.others.iter().chain([&self.administrator]) {
            let id = request_id();
            insists!(self.fleet, account(account, &id)).unwrap();
        }
        let id = request_id();
        insists!(self.fleet, service(&self.service, &self.administrator, &id)).unwrap();
        for _ in 0..changes {
            let asked = self.asks().await;
            let ended = self.ends(asked).await;
            if ended.state() == ChangeState::Done {
                self.holder.clone_from(&ended.nominee);
            }
            self.ended.push(ended);
        }
        self
    }

    /// Asks for the role to pass, sometimes twice at a time: one is refused then.
    async fn asks(&self) -> ContactChange {
        let nominees: Vec<_> = self.others.iter().filter(|other| **other != self.holder).collect();
        let nominee = nominees[usize::try_from(random(100)).unwrap() % nominees.len()];
        let ask = || async {
            let id = request_id();
            insists!(self.fleet, ask(&self.service, &self.administrator, nominee, &id))
        };
        if random(5) > 0 {
            return ask().await.unwrap();
        }
        let (one, two) = tokio::join!(ask(), ask());
        let (made, refused) = if one.is_ok() { (one, two) } else { (two, one) };
        assert!(refused.unwrap_err().is("CHANGE_ALREADY_OPEN"));
        made.unwrap()
    }

    /// Does one thing after the other until the change has ended.
    async fn ends(&self, mut change: ContactChange) -> ContactChange {
        let change_id = change.change_id.clone();
        while change.state() == ChangeState::Pending {
            let undecided: Vec<_> = change
                .confirmations
                .iter()
                .filter(|party| party.decision() == Decision::Pending)
                .map(|party| party.account_id.clone())
                .collect();
            let party = undecided[usize::try_from(random(100)).unwrap() % undecided.len()].as_str();
            let codes: Vec<_> = undecided
                .iter()
                .filter_map(|party| Some((party.clone(), self.fleet.newest_token(&change_id, party)?)))
                .collect();
            let own = codes.iter().find(|(account, _)| account == party).map(|(_, token)| token.as_str());
            let done = match (random(100), own) {
                (0, _) => vec![self.cancels(&change_id).await],
                (1, _) | (2..=5, Some(_)) => vec![self.resends(&change_id, party).await],
                // The code is on its way, or waits with a process that was killed.
                (_, None) => {
                    sleep(Duration::from_millis(100)).await;
                    Vec::new()
                }
                (6..=13, Some(token)) => vec![self.refuses(&change_id, party, token).await],
                // Two at a time: it says yes here and no there.
                (14..=21, Some(token)) => {
                    let id = request_id();
                    let both = tokio::join!(
                        self.accepts(&change_id, party, token, &id),
                        self.refuses(&change_id, party, token)
                    );
                    vec![both.0, both.1]
                }
                // The same call, by one who lost patience.
                (22..=35, Some(token)) => {
                    let id = request_id();
                    let both = tokio::join!(
                        self.accepts(&change_id, party, token, &id),
                        self.accepts(&change_id, party, token, &id)
                    );
                    if let (Ok(one), Ok(two)) = (&both.0, &both.1) {
                        assert_eq!(one, two);
                    }
                    vec![both.0, both.1]
                }
                // Both parties in the same moment.
                (36..=60, _) if codes.len() == 2 => {
                    let id = [request_id(), request_id()];
                    let both = tokio::join!(
                        self.accepts(&change_id, &codes[0].0, &codes[0].1, &id[0]),
                        self.accepts(&change_id, &codes[1].0, &codes[1].1, &id[1])
                    );
                    vec![both.0, both.1]
                }
                (_, Some(token)) => vec![self.accepts(&change_id, party, token, &request_id()).await],
            };
            for refused in done.into_iter().filter_map(Result::err) {
                let expected = ["CHANGE_SETTLED", "ALREADY_DECIDED", "TOKEN_SUPERSEDED"];
                assert!(expected.iter().any(|reason| refused.is(reason)), "{refused:?}");
            }
            change = self.fleet.sees(&change_id).await;
        }
        change
    }

    async fn accepts(&self, change: &str, party: &str, token: &str, id: &str) -> Result<ContactChange, Refused> {
        insists!(self.fleet, accept(change, party, token, id))
    }

    async fn refuses(&self, change: &str, party: &str, token: &str) -> Result<ContactChange, Refused> {
        let id = request_id();
        insists!(self.fleet, refuse(change, party, token, &id))
    }

    async fn resends(&self, change: &str, party: &str) -> Result<ContactChange, Refused> {
        let id = request_id();
        insists!(self.fleet, resend(change, party, &id))
    }

    async fn cancels(&self, change: &str) -> Result<ContactChange, Refused> {
        let id = request_id();
        insists!(self.fleet, cancel(change, &self.administrator, &id))
    }

    /// That every change is still what it was when it ended, and that the role went from hand to hand.
    async fn checks(&self) {
        let mut holder = self.administrator.clone();
        for ended in &self.ended {
            let now = self.fleet.sees(&ended.change_id).await;
            assert_eq!((now.state(), &now.settle_time), (ended.state(), &ended.settle_time), "{}", ended.change_id);
            assert_eq!(ended.incumbent, holder, "{}", ended.change_id);
            if ended.state() == ChangeState::Done {
                holder.clone_from(&ended.nominee);
            }
        }
        let service = insists!(self.fleet, see_service(&self.service)).unwrap();
        assert_eq!(service.contacts.unwrap().technical, holder, "{}", self.service);
        assert!(service.open_change_ids.is_empty());
    }
}

/// What is left in the outbox: the beginning of the Message-ID and the state of every mail.
async fn outbox(fleet: &Fleet) -> BTreeMap<String, String> {
    let mails = "SELECT kind || '.' || change_id || '.' || account_id || '.' || generation || ' ' || state FROM outbox";
    let rows = fleet.home.database().await.texts(mails).await;
    rows.iter().map(|row| row.split_once(' ').unwrap()).map(|(id, state)| (id.to_owned(), state.to_owned())).collect()
}

/// The notices that an ending must have caused.
fn notices(change: &ContactChange, administrator: &str) -> BTreeSet<String> {
    let parties = [&change.requester, &change.nominee];
    let id = |kind: &str, account: &str| format!("{kind}.{}.{account}.0", change.change_id);
    let refuser = |account: &str| {
        change.confirmations.iter().any(|it| it.account_id == account && it.decision() == Decision::Refused)
    };
    match change.state() {
        ChangeState::Done => {
            let mut all = BTreeSet::from(parties.map(|party| id("done", party)));
            if !parties.contains(&&change.incumbent) {
                all.insert(id("replaced", &change.incumbent));
            }
            all
        }
        ChangeState::Refused => parties.iter().filter(|it| !refuser(it)).map(|it| id("refused", it)).collect(),
        ChangeState::Cancelled => {
            parties.iter().filter(|it| **it != administrator).map(|it| id("cancelled", it)).collect()
        }
        other => panic!("{other:?}: {change:?}"),
    }
}

async fn a_day_of(processes: usize) {
    let begin = Instant::now();
    let fleet = Fleet::start(processes).await;
    let enough = CancellationToken::new();
    let killing = tokio::spawn({
        let (fleet, enough) = (fleet.clone(), enough.clone());
        async move { fleet.is_killed(enough).await }
    });
    let collecting = tokio::spawn({
        let fleet = fleet.clone();
        async move {
            loop {
                fleet.collects();
                sleep(Duration::from_millis(5)).await;
            }
        }
    });
    let working: Vec<_> = (0..PANELS).map(|n| tokio::spawn(Panel::new(&fleet, n).works(CHANGES / PANELS))).collect();
    let mut panels = Vec::new();
    for panel in working {
        panels.push(panel.await.unwrap());
    }
    enough.cancel();
    killing.await.unwrap();
    let worked = begin.elapsed();

    for panel in &panels {
        panel.checks().await;
    }
    eventually("nothing is left to be sent", IN_TIME, async || {
        let states: BTreeSet<_> = outbox(&fleet).await.into_values().collect();
        (!states.contains("queued") && !states.contains("deferred")).then_some(())
    })
    .await;
    collecting.abort();
    let _ = collecting.await;
    fleet.collects();

    let changes: Vec<_> = panels.iter().flat_map(|panel| panel.ended.iter().map(move |it| (panel, it))).collect();
    assert_eq!(changes.len(), CHANGES);
    let outbox = outbox(&fleet).await;
    let mails = fleet.mails.lock().unwrap().clone();
    let arrived: BTreeMap<_, _> =
        mails.iter().map(|(id, arrived)| (id.split_once('@').unwrap().0.to_owned(), arrived)).collect();
    let mut states = BTreeMap::<_, usize>::new();
    for (panel, change) in &changes {
        *states.entry(change.state().as_str_name()).or_default() += 1;
        for notice in notices(change, &panel.administrator) {
            assert!(arrived.contains_key(&notice), "{notice} did not come");
        }
    }
    for (id, state) in &outbox {
        assert!(state != "sent" || arrived.contains_key(id), "{id} was not sent");
        let carries_token = id.starts_with("confirm.");
        assert!(state == "sent" || carries_token && state == "withdrawn", "{id} is {state}");
    }
    let kills = fleet.kills.lock().unwrap().clone();
    let mut doubled = 0;
    for (id, times) in &arrived {
        assert!(outbox.contains_key(id), "nobody was to get {id}");
        for pair in times.windows(2) {
            doubled += 1;
            assert_eq!((&pair[0].text, &pair[0].token), (&pair[1].text, &pair[1].token), "{id}");
            // It was seen up to some milliseconds after it came.
            let since = pair[0].at - Duration::from_secs(1);
            assert!(kills.iter().any(|kill| since < *kill && *kill < pair[1].at), "{id} came twice without a kill");
        }
    }
    assert!(doubled <= kills.len() * CONNECTIONS, "{doubled} mails came twice after {} kills", kills.len());

    // One beginning and one end in the history of each.
    let mut database = fleet.home.database().await;
    for kinds in
        ["'change-opened'", "'change-done', 'change-refused', 'change-cancelled', 'change-failed', 'change-expired'"]
    {
        let once = format!("SELECT count(*) || ' ' || count(DISTINCT change_id) FROM event WHERE kind IN ({kinds})");
        assert_eq!(database.texts(&once).await, [format!("{CHANGES} {CHANGES}")], "{kinds}");
    }
    assert!(states.len() >= 3 && kills.len() > 10, "too little was done: {states:?}, {} kills", kills.len());
    println!(
        "{processes} processes: {CHANGES} changes {states:?} in {worked:?}, {} kills, {} mails, {doubled} of them twice",
        kills.len(),
        arrived.len(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_then_four_processes_that_are_killed_all_the_time_lose_nothing_and_double_nothing() {
    a_day_of(2).await;
    a_day_of(4).await;
}
