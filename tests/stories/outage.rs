//! Ten thousand changes are asked for while the relay is down, and `kill -9` strikes before it is back and after.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a story that cannot go on stops, and says what it has measured"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use relevo_tests::{
    Caller, Letter, eventually,
    process::Serving,
    request_id,
    smtp::TestRelay,
    v1::{DeliveryState, GetContactChangeRequest},
};
use tokio::sync::Mutex;

const CHANGES: usize = 10_000;
const MAILS: usize = 2 * CHANGES;
const AT_ONCE: usize = 16;
const CONNECTIONS: usize = 4;
const IN_TIME: Duration = Duration::from_secs(600);

const ANN: &str = "an000001-ovh";
const NORA: &str = "no000002-ovh";

async fn start(folder: &Path, relay: SocketAddr) -> Serving {
    let (port, connections) = (relay.port().to_string(), CONNECTIONS.to_string());
    let environment = [
        ("RELEVO__MAIL__TRANSPORT", "smtp"),
        ("RELEVO__MAIL__SMTP__PORT", port.as_str()),
        ("RELEVO__MAIL__SMTP__CONNECTIONS", connections.as_str()),
        ("RELEVO__MAIL__RETRY__FIRST", "200ms"),
        ("RELEVO__MAIL__RETRY__LONGEST", "1s"),
        ("RELEVO__LOG__FILTER", "error,relevo_server::command=info"),
    ];
    Serving::start(folder, &environment).await
}

/// A service whose technical role is asked for, each call under its own request id.
#[derive(Debug, Clone)]
struct Wish {
    service: String,
    ids: [String; 2],
}

/// What is still to be asked for, and the changes that were.
#[derive(Debug, Default)]
struct Wishes {
    open: Mutex<Vec<Wish>>,
    asked: Mutex<Vec<String>>,
}

impl Wishes {
    /// Asks for one after the other, many at once, until none is open or the server is gone.
    async fn ask(self: Arc<Self>, caller: Caller) {
        let asking = (0..AT_ONCE).map(|_| {
            let (wishes, caller) = (self.clone(), caller.clone());
            tokio::spawn(async move {
                while let Some(wish) = wishes.next().await {
                    let [of_service, of_change] = &wish.ids;
                    let asked = match caller.service(&wish.service, ANN, of_service).await {
                        Ok(_) => caller.ask(&wish.service, ANN, NORA, of_change).await,
                        Err(status) => Err(status),
                    };
                    match asked {
                        Ok(change) => wishes.asked.lock().await.push(change.change_id),
                        // It was not the server who said this: what it says has details.
                        Err(status) if status.details().is_empty() => {
                            wishes.open.lock().await.push(wish);
                            return;
                        }
                        Err(status) => panic!("{}: {status:?}", wish.service),
                    }
                }
            })
        });
        for asked in asking.collect::<Vec<_>>() {
            asked.await.unwrap();
        }
    }

    async fn next(&self) -> Option<Wish> {
        self.open.lock().await.pop()
    }
}

/// The mails that have come, each as often as it came.
#[derive(Debug, Default)]
struct Arrived(BTreeMap<String, Vec<Letter>>);

impl Arrived {
    fn collect(&mut self, relay: &TestRelay) -> usize {
        for letter in relay.take() {
            self.0.entry(letter.message_id.clone()).or_default().push(letter);
        }
        self.0.len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_changes_asked_for_while_the_relay_is_down_are_all_mailed_whatever_is_killed() {
    let begin = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let relay = TestRelay::start().await.stop().await;
    let wishes = Arc::new(Wishes::default());
    *wishes.open.lock().await = (0..CHANGES)
        .map(|n| Wish { service: format!("s{n}.example.com"), ids: [request_id(), request_id()] })
        .collect();

    // The relay is down, and the first kill comes while half of the changes are asked for.
    let serving = start(folder.path(), relay).await;
    for account in [ANN, NORA] {
        serving.caller().account(account, "").await.unwrap();
    }
    let asking = tokio::spawn(wishes.clone().ask(serving.caller()));
    eventually("half are asked for", IN_TIME, async || (wishes.asked.lock().await.len() >= CHANGES / 2).then_some(()))
        .await;
    serving.kill().await;
    asking.await.unwrap();
    let serving = start(folder.path(), relay).await;
    wishes.clone().ask(serving.caller()).await;
    let changes = wishes.asked.lock().await.clone();
    assert_eq!(changes.iter().collect::<BTreeSet<_>>().len(), CHANGES, "each is asked for once");
    let asked = begin.elapsed();

    // The relay is back, and the second kill comes in the middle of the delivery.
    let relay = TestRelay::start_at(relay).await;
    let begin = Instant::now();
    let mut arrived = Arrived::default();
    eventually("half of the mails", IN_TIME, async || (arrived.collect(&relay) >= MAILS / 2).then_some(())).await;
    serving.kill().await;
    assert!(arrived.0.len() < MAILS, "the kill came too late");
    let serving = start(folder.path(), relay.address).await;
    eventually("all mails", IN_TIME, async || (arrived.collect(&relay) >= MAILS).then_some(())).await;
    let mailed = begin.elapsed();

    // Nothing is left that could still be sent.
    for change_id in changes.iter().step_by(97) {
        eventually("what came is known to be sent", IN_TIME, async || {
            let request = GetContactChangeRequest { change_id: change_id.clone(), ..Default::default() };
            let change = serving.requests().get_contact_change(request).await.unwrap().into_inner().change.unwrap();
            let is_sent = |state: DeliveryState| state == DeliveryState::Sent;
            change.confirmations.iter().all(|it| is_sent(it.delivery.as_ref().unwrap().state())).then_some(())
        })
        .await;
    }
    arrived.collect(&relay);
    serving.signal("TERM").await;
    assert!(serving.ended().await);
    arrived.collect(&relay);

    let expected: BTreeSet<_> = changes
        .iter()
        .flat_map(|change| [ANN, NORA].map(|account| format!("confirm.{change}.{account}.1@relevo.example")))
        .collect();
    assert!(arrived.0.keys().eq(&expected), "other mails came than were due");
    let mut doubles = 0;
    for (id, times) in arrived.0.iter().filter(|(_, times)| times.len() > 1) {
        // One kill alone came while there was a relay.
        let [one, two] = times.as_slice() else { panic!("{id} came {} times", times.len()) };
        assert_eq!((&one.token(), &one.text), (&two.token(), &two.text), "{id}");
        doubles += 1;
    }
    assert!(doubles <= CONNECTIONS, "{doubles} mails came twice, and {CONNECTIONS} were in hand when it was killed");
    println!(
        "{CHANGES} changes asked for in {:.0} s, {MAILS} mails in {:.0} s ({:.0} a second, with a kill), {doubles} of them twice",
        asked.as_secs_f64(),
        mailed.as_secs_f64(),
        f64::from(u32::try_from(MAILS).unwrap()) / mailed.as_secs_f64(),
    );
}
