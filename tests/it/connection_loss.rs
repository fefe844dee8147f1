//! A database server that goes away and comes back, in every way in which one can: what was answered stays, what cannot
//! be answered is said in time, and nobody has to restart anything.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use relevo_postgres::Cluster;
use relevo_tests::{
    Caller, Engine, Home, Refused, TestServer, eventually,
    proxy::Proxy,
    request_id,
    smtp::{Answer, Step, TestRelay},
    v1::{CreateAccountRequest, GetAccountRequest},
};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Status};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

/// How long a caller waits for an answer.
const DEADLINE: Duration = Duration::from_secs(2);
const SOON: Duration = Duration::from_secs(30);
const WEEK: Duration = Duration::from_hours(7 * 24);

async fn says(server: &TestServer, expected: ServingStatus) {
    let mut health = HealthClient::new(server.channel());
    eventually(&format!("health is {expected:?}"), SOON, async || {
        let request = HealthCheckRequest { service: "relevo.v1.RequestService".to_owned() };
        (health.check(request).await.unwrap().into_inner().status() == expected).then_some(())
    })
    .await;
}

/// Adds an account, and says how long it took to be answered.
async fn adds(caller: &Caller, account_id: &str, request_id: &str) -> (Result<(), Status>, Duration) {
    let account = Some(relevo_tests::v1::Account {
        account_id: account_id.to_owned(),
        display_name: "Somebody".to_owned(),
        email: format!("{account_id}@example.com"),
        ..Default::default()
    });
    let mut request =
        Request::new(CreateAccountRequest { account, request_id: request_id.to_owned(), ..Default::default() });
    request.set_timeout(DEADLINE);
    let begin = Instant::now();
    let answer = caller.contacts.clone().create_account(request).await.map(drop);
    (answer, begin.elapsed())
}

/// That a call was told in time that the database does not answer, and when to come again.
fn told_in_time(status: Status, took: Duration) {
    assert!(took < DEADLINE, "{took:?}: {status:?}");
    let refused = Refused::from(status);
    assert_eq!((refused.code, refused.reason.as_str()), (Code::Unavailable, "STORE_UNAVAILABLE"), "{refused:?}");
    assert!(refused.retry_after.is_some_and(|after| after > Duration::ZERO), "{refused:?}");
    for inner in ["postgres", "connection", "pool", "timed out", "sql", "terminat"] {
        assert!(!refused.message.to_lowercase().contains(inner), "{refused:?}");
    }
}

/// Callers who add accounts, each again and again under its request id until it is answered.
struct Crowd {
    answered: Arc<Mutex<BTreeSet<String>>>,
    turned_away: Arc<Mutex<usize>>,
    enough: CancellationToken,
    callers: Vec<tokio::task::JoinHandle<()>>,
}

impl Crowd {
    fn begins(server: &TestServer) -> Self {
        let (answered, turned_away) = (Arc::default(), Arc::default());
        let enough = CancellationToken::new();
        let callers = (0..8).map(|n| {
            let caller = Caller::over(server.another_channel());
            let (answered, turned_away, enough): (Arc<Mutex<BTreeSet<_>>>, Arc<Mutex<usize>>, _) =
                (Arc::clone(&answered), Arc::clone(&turned_away), enough.clone());
            tokio::spawn(async move {
                for m in 0.. {
                    let (account, id) = (format!("cr{}-ovh", n * 100_000 + m), request_id());
                    loop {
                        match adds(&caller, &account, &id).await {
                            (Ok(()), _) => break,
                            (Err(status), took) => told_in_time(status, took),
                        }
                        *turned_away.lock().await += 1;
                    }
                    answered.lock().await.insert(account);
                    if enough.is_cancelled() {
                        return;
                    }
                }
            })
        });
        Self { callers: callers.collect(), answered, turned_away, enough }
    }

    async fn reaches(&self, count: usize) {
        let enough = async || (self.answered.lock().await.len() >= count).then_some(());
        eventually(&format!("{count} answers"), SOON, enough).await;
    }

    /// Ends it. Says how many accounts were added, and how many calls were turned away, after making sure that what was
    /// answered is there, each once.
    async fn ends(self, server: &TestServer) -> (usize, usize) {
        self.enough.cancel();
        for caller in self.callers {
            caller.await.unwrap();
        }
        let there: BTreeSet<_> =
            server.database().await.texts("SELECT account_id FROM account").await.into_iter().collect();
        let answered = self.answered.lock().await;
        assert_eq!(there, *answered);
        (answered.len(), *self.turned_away.lock().await)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_restarted_under_load_loses_nothing() {
    let cluster = Cluster::start();
    let server = TestServer::start_at(Home::on(&cluster, None).await, "").await;
    let crowd = Crowd::begins(&server);
    crowd.reaches(50).await;
    for down in [Cluster::stop, Cluster::crash, Cluster::stop] {
        let before = crowd.answered.lock().await.len();
        down(&cluster);
        cluster.start_again();
        crowd.reaches(before + 100).await;
    }
    says(&server, ServingStatus::Serving).await;
    let (added, _) = crowd.ends(&server).await;
    assert!(added > 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_and_comes_back_is_said_and_found_again() {
    let cluster = Cluster::start();
    let server = TestServer::start_at(Home::on(&cluster, None).await, "").await;
    let crowd = Crowd::begins(&server);
    crowd.reaches(50).await;
    cluster.crash();
    says(&server, ServingStatus::NotServing).await;
    let before = *crowd.turned_away.lock().await;
    eventually("calls are turned away", SOON, async || (*crowd.turned_away.lock().await > before + 20).then_some(()))
        .await;
    cluster.start_again();
    says(&server, ServingStatus::Serving).await;
    let before = crowd.answered.lock().await.len();
    crowd.reaches(before + 50).await;
    let (_, turned_away) = crowd.ends(&server).await;
    assert!(turned_away > 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_falls_silent_is_said_in_time_and_given_up() {
    let cluster = Cluster::start();
    let proxy = Proxy::to(cluster.socket()).await;
    let server = TestServer::start_at(Home::on(&cluster, Some(proxy.address)).await, "").await;
    let caller = Caller::over(server.channel());
    adds(&caller, "an000001-ovh", "").await.0.unwrap();

    proxy.falls_silent();
    let (answer, took) = adds(&caller, "no000002-ovh", "").await;
    told_in_time(answer.unwrap_err(), took);
    let mut look = Request::new(GetAccountRequest { account_id: "an000001-ovh".to_owned() });
    look.set_timeout(DEADLINE);
    let begin = Instant::now();
    let answer = caller.contacts.clone().get_account(look).await;
    told_in_time(answer.unwrap_err(), begin.elapsed());
    says(&server, ServingStatus::NotServing).await;

    // What was swallowed never arrives: connections of that time are dead, and are given up.
    proxy.clears();
    says(&server, ServingStatus::Serving).await;
    eventually("an account is added", SOON, async || adds(&caller, "no000002-ovh", "").await.0.ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_on_without_a_caller_gives_a_silent_network_up_too() {
    let (cluster, relay) = (Cluster::start(), TestRelay::start().await);
    let proxy = Proxy::to(cluster.socket()).await;
    let server = TestServer::start_at(Home::on(&cluster, Some(proxy.address)).await, &relay.settings()).await;
    server.leaves_mails_unread();
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    ann.names(&nora).technical("example.com").await.unwrap();
    relay.answers(Step::Dot, Answer::Hold(Some("250 2.0.0 Ok")));
    let sending = tokio::spawn({
        let server = server.clone();
        async move { server.deliver().await }
    });
    relay.holds().await;
    proxy.falls_silent();
    relay.lets_go();
    let swept = tokio::time::timeout(SOON, server.tries_to_sweep()).await.expect("it is given up");
    assert!(swept.unwrap_err().is_passing());

    proxy.clears();
    tokio::time::timeout(SOON, sending).await.expect("it goes on").unwrap();
    server.deliver().await;
    assert_eq!(relay.take().len(), 2);
    let states = server.database().await.texts("SELECT DISTINCT state FROM outbox").await;
    assert_eq!(states, ["sent"]);
    server.advance(WEEK);
    assert_eq!(server.sweep().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_while_nobody_uses_them_are_not_noticed_by_the_next_call() {
    let cluster = Cluster::start();
    let proxy = Proxy::to(cluster.socket()).await;
    let server = TestServer::start_at(Home::on(&cluster, Some(proxy.address)).await, "").await;
    let caller = Caller::over(server.channel());
    adds(&caller, "an000001-ovh", "").await.0.unwrap();
    for n in 0..5 {
        proxy.cuts();
        adds(&caller, &format!("no00000{n}-ovh"), "").await.0.unwrap();
        let look = GetAccountRequest { account_id: "an000001-ovh".to_owned() };
        caller.contacts.clone().get_account(look).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_is_exhausted_turns_calls_away_in_time_and_recovers() {
    let server = TestServer::start(Engine::Postgres).await;
    let caller = Caller::over(server.channel());
    adds(&caller, "an000001-ovh", "").await.0.unwrap();
    let mut other = server.database().await;
    other.run("BEGIN; LOCK TABLE account IN SHARE MODE").await;
    // More calls than there are connections for them, all of which wait for the table.
    let waiting: Vec<_> = (0..20)
        .map(|n| {
            let caller = caller.clone();
            tokio::spawn(async move { adds(&caller, &format!("no0000{n:02}-ovh"), "").await })
        })
        .collect();
    for call in waiting {
        let (answer, took) = call.await.unwrap();
        told_in_time(answer.unwrap_err(), took);
    }
    // Those who look are not in the way of those who wait.
    let look = GetAccountRequest { account_id: "an000001-ovh".to_owned() };
    caller.contacts.clone().get_account(look).await.unwrap();
    other.run("ROLLBACK").await;
    adds(&caller, "no000099-ovh", "").await.0.unwrap();
    let stored = server.database().await.texts("SELECT account_id FROM account ORDER BY account_id").await;
    assert_eq!(stored, ["an000001-ovh", "no000099-ovh"], "what was turned away was not done");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_when_no_connection_is_to_be_had() {
    let server = TestServer::start(Engine::Postgres).await;
    let caller = Caller::over(server.channel());
    says(&server, ServingStatus::Serving).await;
    let mut other = server.database().await;
    other.run("BEGIN; LOCK TABLE account IN SHARE MODE").await;
    let enough = CancellationToken::new();
    let waiting: Vec<_> = (0..8)
        .map(|n| {
            let (caller, enough) = (caller.clone(), enough.clone());
            tokio::spawn(async move {
                while !enough.is_cancelled() {
                    let _ = adds(&caller, &format!("no0000{n:02}-ovh"), "").await;
                }
            })
        })
        .collect();
    says(&server, ServingStatus::NotServing).await;
    other.run("ROLLBACK").await;
    enough.cancel();
    says(&server, ServingStatus::Serving).await;
    for call in waiting {
        call.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_taken_while_the_database_is_away_is_sent_once() {
    let (cluster, relay) = (Cluster::start(), TestRelay::start().await);
    let server = TestServer::start_at(Home::on(&cluster, None).await, &relay.settings()).await;
    server.leaves_mails_unread();
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    ann.names(&nora).technical("example.com").await.unwrap();
    relay.answers(Step::Dot, Answer::Hold(Some("250 2.0.0 Ok")));
    let sending = tokio::spawn({
        let server = server.clone();
        async move { server.deliver().await }
    });
    relay.holds().await;
    cluster.crash();
    relay.lets_go();
    says(&server, ServingStatus::NotServing).await;
    // Longer than a database is asked again that refuses.
    tokio::time::sleep(Duration::from_secs(3)).await;
    cluster.start_again();
    sending.await.unwrap();
    says(&server, ServingStatus::Serving).await;
    server.deliver().await;
    let ids: Vec<_> = relay.take().into_iter().map(|letter| letter.message_id).collect();
    let each: BTreeSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), each.len()), (2, 2), "{ids:?}");
    let states = server.database().await.texts("SELECT DISTINCT state FROM outbox").await;
    assert_eq!(states, ["sent"]);
}
