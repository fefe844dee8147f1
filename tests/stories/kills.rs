//! Thirty times `kill -9` in the middle of the work.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a story that cannot go on stops, and says what it has measured"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use relevo_tests::{
    Caller, Refused, eventually,
    process::Serving,
    request_id,
    smtp::TestRelay,
    v1::{ChangeState, ContactChange, Decision},
};
use tokio::time::sleep;
use tonic::Status;

use crate::random;

const ROUNDS: usize = 30;
/// How many mails a process has in hand at a time.
const CONNECTIONS: usize = 4;
const CLIENTS: usize = 8;
/// Longer than the mails in hand of a killed process wait for the next one.
const IN_TIME: Duration = Duration::from_secs(120);

/// What a mail was when it came, and in which round.
#[derive(Debug, Clone)]
struct Arrived {
    round: usize,
    text: String,
    token: Option<String>,
}

type Mails = Arc<Mutex<BTreeMap<String, Vec<Arrived>>>>;

/// What a client did last and does not know the answer of, so that it does it again.
#[derive(Debug, Clone)]
enum Doing {
    Asking(String),
    Accepting(String, String),
    Refusing(String, String),
    Cancelling(String),
    Resending(String),
}

/// A client with a service of its own, on which one role goes round.
#[derive(Debug)]
struct Client {
    service: String,
    administrator: String,
    others: [String; 2],
    holder: String,
    open: Option<ContactChange>,
    /// The change that is open, and who has accepted it for sure.
    accepted: BTreeSet<String>,
    /// Changes that have ended, as they were answered.
    ended: Vec<ContactChange>,
    pending: Option<(Doing, String)>,
}

impl Client {
    fn new(n: usize) -> Self {
        let account = |m: usize| format!("cl{:06}-ovh", n * 10 + m);
        Self {
            service: format!("client-{n}.example.com"),
            administrator: account(0),
            others: [account(1), account(2)],
            holder: account(0),
            open: None,
            accepted: BTreeSet::new(),
            ended: Vec::new(),
            pending: None,
        }
    }

    async fn settles_in(&self, caller: &Caller) {
        for account in [&self.administrator, &self.others[0], &self.others[1]] {
            caller.account(account, "").await.unwrap();
        }
        caller.service(&self.service, &self.administrator, "").await.unwrap();
    }

    /// Works until the server is gone.
    async fn works(mut self, caller: Caller, mails: Mails) -> Self {
        loop {
            let (doing, id) = match self.pending.take() {
                Some(pending) => pending,
                None => (self.decides(&mails).await, request_id()),
            };
            match self.does(&caller, &doing, &id).await {
                Ok(change) => self.learns(&doing, change),
                Err(status) if is_gone(&status) => {
                    self.pending = Some((doing, id));
                    return self;
                }
                Err(status) => panic!("{doing:?} of {}: {status:?}", self.service),
            }
        }
    }

    /// What to do next: only what must succeed.
    async fn decides(&self, mails: &Mails) -> Doing {
        let Some(open) = &self.open else {
            let nominee = self.others.iter().find(|other| **other != self.holder);
            return Doing::Asking(nominee.unwrap().clone());
        };
        let undecided: Vec<_> =
            open.confirmations.iter().filter(|party| !self.accepted.contains(&party.account_id)).collect();
        for party in &undecided {
            if let Some(token) = newest_token(mails, &open.change_id, &party.account_id) {
                return match random(12) {
                    0 => Doing::Refusing(party.account_id.clone(), token),
                    1 => Doing::Resending(party.account_id.clone()),
                    2 => Doing::Cancelling(self.administrator.clone()),
                    _ => Doing::Accepting(party.account_id.clone(), token),
                };
            }
        }
        // The codes are on their way, or wait with a process that was killed.
        sleep(Duration::from_millis(10)).await;
        match random(40) {
            0 => Doing::Cancelling(self.administrator.clone()),
            n => Doing::Resending(undecided[usize::try_from(n).unwrap() % undecided.len()].account_id.clone()),
        }
    }

    async fn does(&self, caller: &Caller, doing: &Doing, id: &str) -> Result<ContactChange, Status> {
        let open = self.open.as_ref().map(|open| open.change_id.as_str()).unwrap_or_default();
        let done = match doing {
            Doing::Asking(nominee) => caller.ask(&self.service, &self.administrator, nominee, id).await,
            Doing::Accepting(account, token) => caller.accept(open, account, token, id).await,
            Doing::Refusing(account, token) => caller.refuse(open, account, token, id).await,
            Doing::Cancelling(account) => caller.cancel(open, account, id).await,
            Doing::Resending(account) => caller.resend(open, account, id).await,
        };
        match done {
            // The newest code is still on its way.
            Err(status) if !is_gone(&status) && Refused::from(status.clone()).is("TOKEN_SUPERSEDED") => {
                caller.see(open).await
            }
            done => done,
        }
    }

    fn learns(&mut self, doing: &Doing, change: ContactChange) {
        if let Doing::Accepting(account, _) = doing {
            let party = change.confirmations.iter().find(|it| it.account_id == *account).unwrap();
            if party.decision() == Decision::Accepted {
                self.accepted.insert(account.clone());
            }
        }
        if change.state() == ChangeState::Pending {
            self.open = Some(change);
            return;
        }
        if change.state() == ChangeState::Done {
            self.holder.clone_from(&change.nominee);
        }
        self.open = None;
        self.accepted.clear();
        self.ended.push(change);
    }

    /// That everything that this client was told is still so.
    async fn checks(&self, caller: &Caller) {
        for ended in &self.ended {
            let now = caller.see(&ended.change_id).await.unwrap();
            assert_eq!((now.state(), &now.settle_time), (ended.state(), &ended.settle_time), "{}", ended.change_id);
        }
        let service = caller.see_service(&self.service).await.unwrap();
        let holder = service.contacts.unwrap().technical;
        match (&self.open, &self.pending) {
            (Some(open), pending) => {
                let now = caller.see(&open.change_id).await.unwrap();
                for party in now.confirmations.iter().filter(|it| self.accepted.contains(&it.account_id)) {
                    assert_eq!(party.decision(), Decision::Accepted, "{}", open.change_id);
                }
                // Only a call whose answer did not come may have ended it.
                assert!(now.state() == ChangeState::Pending || pending.is_some(), "{now:?}");
                let expected = if now.state() == ChangeState::Done { &open.nominee } else { &self.holder };
                assert_eq!(holder, *expected, "{}", open.change_id);
                let is_open = now.state() == ChangeState::Pending;
                assert_eq!(service.open_change_ids.len(), usize::from(is_open));
            }
            (None, pending) => {
                assert_eq!(holder, self.holder, "{}", self.service);
                assert!(service.open_change_ids.len() <= usize::from(pending.is_some()));
            }
        }
    }
}

/// Whether it was not the server who said this: what it says has details.
fn is_gone(status: &Status) -> bool {
    status.details().is_empty()
}

/// The code in the newest mail to a party that has come.
fn newest_token(mails: &Mails, change_id: &str, account: &str) -> Option<String> {
    let mails = mails.lock().unwrap();
    let prefix = format!("confirm.{change_id}.{account}.");
    let generation = |id: &str| id[prefix.len()..].split('@').next().unwrap_or_default().parse::<u32>().unwrap();
    let of_party = mails.iter().filter(|(id, _)| id.starts_with(&prefix));
    of_party.max_by_key(|(id, _)| generation(id)).and_then(|(_, arrived)| arrived[0].token.clone())
}

fn collect(relay: &TestRelay, mails: &Mails, round: usize) {
    for letter in relay.take() {
        let arrived = Arrived { round, text: letter.text.clone(), token: letter.token.clone() };
        mails.lock().unwrap().entry(letter.message_id).or_default().push(arrived);
    }
}

async fn start(folder: &Path, relay: &TestRelay) -> Serving {
    let (port, connections) = (relay.address.port().to_string(), CONNECTIONS.to_string());
    let environment = [
        ("RELEVO__MAIL__SMTP__CONNECTIONS", connections.as_str()),
        ("RELEVO__MAIL__TRANSPORT", "smtp"),
        ("RELEVO__MAIL__SMTP__PORT", port.as_str()),
        ("RELEVO__CHANGE__RESEND_INTERVAL", "0s"),
        ("RELEVO__CHANGE__RESEND_LIMIT", "1000"),
        ("RELEVO__LOG__FILTER", "warn,relevo_server::command=info"),
    ];
    Serving::start(folder, &environment).await
}

/// What a Message-ID begins with: all but the generation and the domain.
fn beginning(id: &str) -> &str {
    let (local, _) = id.split_once('@').unwrap_or_default();
    local.rsplit_once('.').unwrap_or_default().0
}

/// The mails that a change must have caused by now, and how those begin that it may have caused.
fn expected(change: &ContactChange, client: &Client) -> (BTreeSet<String>, [String; 2]) {
    let id = |kind: &str, account: &str| format!("{kind}.{}.{account}.0@relevo.example", change.change_id);
    let parties = [&change.requester, &change.nominee];
    let mut must = BTreeSet::new();
    let refuser = |account: &String| {
        change.confirmations.iter().any(|it| it.account_id == *account && it.decision() == Decision::Refused)
    };
    match change.state() {
        ChangeState::Done => {
            must.extend(parties.map(|party| id("done", party)));
            if !parties.contains(&&change.incumbent) {
                must.insert(id("replaced", &change.incumbent));
            }
        }
        ChangeState::Refused => must.extend(parties.into_iter().filter(|it| !refuser(it)).map(|it| id("refused", it))),
        ChangeState::Cancelled => {
            must.extend(parties.into_iter().filter(|it| **it != client.administrator).map(|it| id("cancelled", it)));
        }
        ChangeState::Pending => {}
        other => panic!("{other:?}: {change:?}"),
    }
    (must, parties.map(|party| format!("confirm.{}.{party}", change.change_id)))
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_kills_in_the_middle_of_the_work_lose_nothing_and_double_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let relay = TestRelay::start().await;
    let mails = Mails::default();
    let mut clients: Vec<_> = (0..CLIENTS).map(Client::new).collect();
    let serving = start(folder.path(), &relay).await;
    for client in &clients {
        client.settles_in(&serving.caller()).await;
    }
    let mut serving = Some(serving);
    for round in 0..ROUNDS {
        let running = match serving.take() {
            Some(running) => running,
            None => start(folder.path(), &relay).await,
        };
        for client in &clients {
            client.checks(&running.caller()).await;
        }
        let working: Vec<_> =
            clients.drain(..).map(|client| tokio::spawn(client.works(running.caller(), mails.clone()))).collect();
        let end = tokio::time::Instant::now() + Duration::from_millis(200 + random(1000));
        while tokio::time::Instant::now() < end {
            collect(&relay, &mails, round);
            sleep(Duration::from_millis(5)).await;
        }
        running.kill().await;
        for client in working {
            clients.push(client.await.unwrap());
        }
        collect(&relay, &mails, round);
    }

    // What was not answered is asked once more, and then all is quiet.
    let serving = start(folder.path(), &relay).await;
    let caller = serving.caller();
    for client in &mut clients {
        client.checks(&caller).await;
        if let Some((doing, id)) = client.pending.take() {
            let change = client.does(&caller, &doing, &id).await.unwrap();
            client.learns(&doing, change);
        }
        client.checks(&caller).await;
    }
    let (mut must, mut may, mut changes) = (BTreeSet::new(), BTreeSet::new(), 0);
    let mut states = BTreeMap::new();
    for client in &clients {
        for change in client.ended.iter().chain(&client.open) {
            let now = caller.see(&change.change_id).await.unwrap();
            *states.entry(now.state()).or_insert(0) += 1;
            let (musts, mays) = expected(&now, client);
            must.extend(musts);
            may.extend(mays);
            changes += 1;
        }
    }
    let missing = || must.iter().filter(|id| !mails.lock().unwrap().contains_key(*id)).cloned().collect::<Vec<_>>();
    eventually("every mail that is due", IN_TIME, async || {
        collect(&relay, &mails, ROUNDS);
        missing().is_empty().then_some(())
    })
    .await;
    for client in &clients {
        for party in client.open.iter().flat_map(|open| &open.confirmations) {
            let open = client.open.as_ref().unwrap();
            if party.decision() == Decision::Pending {
                eventually("a code that is good", IN_TIME, async || {
                    collect(&relay, &mails, ROUNDS);
                    let now = caller.see(&open.change_id).await.unwrap();
                    let own = now.confirmations.into_iter().find(|it| it.account_id == party.account_id)?;
                    (own.delivery?.state() == relevo_tests::v1::DeliveryState::Sent).then_some(())
                })
                .await;
            }
        }
    }

    let mails = mails.lock().unwrap();
    let mut doubled = 0;
    for (id, arrived) in mails.iter() {
        assert!(must.contains(id) || may.contains(beginning(id)), "nobody was to get {id}");
        let rounds: BTreeSet<_> = arrived.iter().map(|it| it.round).collect();
        assert_eq!(rounds.len(), arrived.len(), "{id} came twice from one process");
        assert!(arrived.iter().all(|it| it.text == arrived[0].text && it.token == arrived[0].token), "{id}");
        doubled += arrived.len() - 1;
    }
    // Of each process that was killed no more were in the hands of the relay than there are conversations.
    assert!(doubled <= ROUNDS * CONNECTIONS, "{doubled} of {} mails came twice", mails.len());
    assert!(states.len() >= 3 && changes > ROUNDS, "too little was done: {states:?}");
    println!("{changes} changes {states:?}, {} mails, {doubled} of them twice", mails.len());
}
