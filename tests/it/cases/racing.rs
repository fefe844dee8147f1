//! Many decisions at the same moment: one of them counts.

use std::collections::BTreeMap;

use relevo_tests::{
    Engine, Letter, Person, Refused, TestServer, on_every_engine,
    v1::{
        AcceptContactChangeRequest, ChangeState, ContactChange, RefuseContactChangeRequest,
        request_service_client::RequestServiceClient,
    },
};
use tokio::task::JoinSet;
use tonic::transport::Channel;

on_every_engine!(
    when_both_accept_many_times_at_once_the_change_is_applied_once_and_each_is_told_once,
    when_acceptances_race_refusals_there_is_one_end_that_all_answers_agree_with,
    of_many_who_ask_for_the_same_role_at_once_one_opens_a_change,
);

const CALLS: usize = 64;
const CONNECTIONS: usize = 8;

/// A decision of a party, ready to be sent.
struct Decision<'a> {
    party: &'a Person,
    code: &'a str,
    accepts: bool,
}

impl Decision<'_> {
    fn make(
        &self,
        change: &ContactChange,
        mut client: RequestServiceClient<Channel>,
    ) -> impl Future<Output = Result<ContactChange, Refused>> + Send + 'static {
        let (change_id, account_id) = (change.change_id.clone(), self.party.account_id.clone());
        let (token, accepts) = (self.code.to_owned(), self.accepts);
        async move {
            let change = if accepts {
                let request = AcceptContactChangeRequest { change_id, account_id, token, ..Default::default() };
                client.accept_contact_change(request).await?.into_inner().change
            } else {
                let request = RefuseContactChangeRequest { change_id, account_id, token, ..Default::default() };
                client.refuse_contact_change(request).await?.into_inner().change
            };
            Ok(change.unwrap_or_default())
        }
    }
}

/// Sends decisions in turn over several connections, all at once. Gives the states that were answered, and how often
/// each reason.
async fn race(
    server: &TestServer,
    change: &ContactChange,
    decisions: &[Decision<'_>],
) -> (Vec<ChangeState>, BTreeMap<String, usize>) {
    let channels: Vec<_> = (0..CONNECTIONS).map(|_| server.another_channel()).collect();
    let mut calls = JoinSet::new();
    for (decision, channel) in decisions.iter().cycle().zip(channels.iter().cycle()).take(CALLS) {
        calls.spawn(decision.make(change, RequestServiceClient::new(channel.clone())));
    }
    let (mut states, mut reasons) = (Vec::new(), BTreeMap::new());
    for answer in calls.join_all().await {
        match answer {
            Ok(change) => states.push(change.state()),
            Err(refused) => *reasons.entry(refused.reason).or_default() += 1,
        }
    }
    (states, reasons)
}

fn of(letters: &[Letter], kind: &str, person: &Person) -> usize {
    letters.iter().filter(|letter| letter.kind == kind && letter.to == person.email).count()
}

async fn when_both_accept_many_times_at_once_the_change_is_applied_once_and_each_is_told_once(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    let etag = ann.orders_beside("example.com", &tom, &ann).await.etag;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);

    let decisions =
        [Decision { party: &ann, code: &anns, accepts: true }, Decision { party: &nora, code: &noras, accepts: true }];
    let (mut states, reasons) = race(&server, &change, &decisions).await;
    states.sort_unstable();
    assert_eq!(states, [ChangeState::Pending, ChangeState::Done], "{reasons:?}");
    assert_eq!(reasons.values().sum::<usize>(), CALLS - 2);
    assert!(reasons.keys().all(|reason| reason == "CHANGE_SETTLED" || reason == "ALREADY_DECIDED"), "{reasons:?}");

    let service = ann.sees_service("example.com").await.unwrap();
    assert_eq!(service.contacts.unwrap().technical, nora.account_id);
    // The second version of the service, and not a third: the roles passed once.
    let version = |etag: &str| etag.rsplit_once('-').map(|(_, revision)| revision.to_owned());
    assert_eq!((version(&etag).as_deref(), version(&service.etag).as_deref()), (Some("1"), Some("2")));
    let letters = server.take_mails().await;
    assert_eq!((of(&letters, "done", &ann), of(&letters, "done", &nora), of(&letters, "replaced", &tom)), (1, 1, 1));
    assert_eq!(letters.len(), 3, "{letters:?}");
}

async fn when_acceptances_race_refusals_there_is_one_end_that_all_answers_agree_with(on: Engine) {
    for _ in 0..4 {
        let server = TestServer::start(on).await;
        let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
        ann.orders_beside("example.com", &tom, &ann).await;
        let change = ann.names(&nora).technical("example.com").await.unwrap();
        let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);

        let decisions = [
            Decision { party: &ann, code: &anns, accepts: true },
            Decision { party: &nora, code: &noras, accepts: true },
            Decision { party: &nora, code: &noras, accepts: false },
            Decision { party: &ann, code: &anns, accepts: false },
        ];
        let (states, reasons) = race(&server, &change, &decisions).await;
        assert!(reasons.keys().all(|reason| reason == "CHANGE_SETTLED" || reason == "ALREADY_DECIDED"), "{reasons:?}");
        assert_eq!(states.len() + reasons.values().sum::<usize>(), CALLS);

        let end = server.shows_operator(&change).await.state();
        let ends: Vec<_> = states.iter().filter(|state| **state != ChangeState::Pending).collect();
        assert_eq!(ends, [&end], "{states:?}");
        assert!(states.len() <= 2, "each party decided once at the most: {states:?}");
        let holder = ann.sees_contacts("example.com").await[1].clone();
        let letters = server.take_mails().await;
        match end {
            ChangeState::Done => {
                assert_eq!(holder, nora.account_id);
                let told = (of(&letters, "done", &ann), of(&letters, "done", &nora), of(&letters, "replaced", &tom));
                assert_eq!((told, letters.len()), ((1, 1, 1), 3), "{letters:?}");
            }
            ChangeState::Refused => {
                assert_eq!(holder, tom.account_id);
                let told = of(&letters, "refused", &ann) + of(&letters, "refused", &nora);
                assert_eq!((told, letters.len()), (1, 1), "{letters:?}");
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn of_many_who_ask_for_the_same_role_at_once_one_opens_a_change(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let mut calls = JoinSet::new();
    for _ in 0..CALLS {
        let (ann, nora) = (ann.clone(), nora.clone());
        calls.spawn(async move { ann.names(&nora).technical("example.com").await });
    }
    let (made, refused): (Vec<_>, Vec<_>) = calls.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (1, CALLS - 1));
    assert!(refused.into_iter().all(|it| it.unwrap_err().is("CHANGE_ALREADY_OPEN")));
    ann.reads_code().await;
    nora.reads_code().await;
}
