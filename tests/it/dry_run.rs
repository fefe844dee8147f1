//! `validate_only` makes every check, answers as the call would, and leaves everything as it was.

use std::{collections::BTreeSet, time::Duration};

use relevo_tests::{
    Call, Engine, MUTATIONS, Person, Refused, TestServer, on_every_engine,
    v1::{
        self, Account, BillingStanding, Blocker, Contacts, CreateContactChangesRequest, CreateContactChangesResponse,
        Role,
    },
};
use uuid::Uuid;

use crate::scene::Scene;

on_every_engine!(
    a_dry_run_answers_as_the_call_would_and_leaves_nothing,
    a_dry_run_is_refused_for_what_the_call_is_refused_for,
    who_would_be_asked_and_told_is_who_is_asked_and_told,
    several_changes_are_planned_in_the_order_of_their_first_role,
    a_dry_run_names_everything_that_stands_in_the_way_and_the_call_the_first_of_it,
);

async fn a_dry_run_answers_as_the_call_would_and_leaves_nothing(on: Engine) {
    for name in MUTATIONS {
        let scene = Scene::set(on).await;
        let (call, id) = (scene.mutation(name), Uuid::from_u128(7));
        let before = scene.server.everything_stored().await;
        let tried = call.clone().under(id).only_checked().send(&scene.server).await.unwrap();
        assert_eq!(scene.server.everything_stored().await, before, "{name}");
        assert!(scene.mails().await.is_empty(), "{name}");

        let done = call.under(id).send(&scene.server).await.unwrap();
        assert_ne!(scene.server.everything_stored().await, before, "{name}");
        assert_eq!(scene.mails().await, Scene::mails_of(name), "{name}");
        // Deliveries are read before they happen, so only what a dry run cannot know differs: the ids of changes.
        if *name == "CreateContactChangesRequest" {
            assert_ne!(done, tried);
        } else {
            assert_eq!(done, tried, "{name}");
        }
    }
}

/// Makes a call twice, first dry: it is refused alike, and the dry run leaves nothing.
async fn refused_alike(server: &TestServer, call: impl Into<Call>, reason: &str) {
    let call = call.into();
    let before = server.everything_stored().await;
    let tried = call.clone().only_checked().send(server).await.unwrap_err();
    assert_eq!(tried.reason, reason, "{call:?}");
    assert_eq!(server.everything_stored().await, before, "{call:?}");
    assert_eq!(call.clone().send(server).await.unwrap_err(), tried, "{call:?}");
}

async fn a_dry_run_is_refused_for_what_the_call_is_refused_for(on: Engine) {
    let scene = Scene::set(on).await;
    let Scene { server, ann, nora, change, .. } = &scene;
    server.leaves_mails_unread();
    let nobody = || "zz9-ovh".to_owned();
    let account = |account_id: &str, etag: &str| Account {
        account_id: account_id.to_owned(),
        display_name: "Ann".to_owned(),
        email: "ann@example.com".to_owned(),
        etag: etag.to_owned(),
        ..Default::default()
    };
    let service = |service_id: &str, etag: &str| v1::Service {
        service_id: service_id.to_owned(),
        kind: "domain".to_owned(),
        etag: etag.to_owned(),
        ..Default::default()
    };
    let create = |account| v1::CreateAccountRequest { account: Some(account), ..Default::default() };
    let update = |account| v1::UpdateAccountRequest { account: Some(account), ..Default::default() };
    refused_alike(server, create(account(&ann.account_id, "")), "ACCOUNT_EXISTS").await;
    refused_alike(server, create(account("aa1-other", "")), "FIELD_INVALID").await;
    refused_alike(server, update(account("zz9-ovh", "")), "ACCOUNT_NOT_FOUND").await;
    refused_alike(server, update(account(&ann.account_id, "old")), "ETAG_MISMATCH").await;

    let create = |service, account_id: &str| v1::CreateServiceRequest {
        service: Some(service),
        account_id: account_id.to_owned(),
        ..Default::default()
    };
    let update = |service| v1::UpdateServiceRequest { service: Some(service), ..Default::default() };
    let delete = |service_id: &str, etag: &str| v1::DeleteServiceRequest {
        service_id: service_id.to_owned(),
        etag: etag.to_owned(),
        ..Default::default()
    };
    refused_alike(server, create(service("example.com", ""), &ann.account_id), "SERVICE_EXISTS").await;
    refused_alike(server, create(service("example.net", ""), "zz9-ovh"), "ACCOUNT_NOT_FOUND").await;
    refused_alike(server, update(service("example.net", "")), "SERVICE_NOT_FOUND").await;
    refused_alike(server, update(service("example.com", "old")), "ETAG_MISMATCH").await;
    refused_alike(server, delete("example.net", ""), "SERVICE_NOT_FOUND").await;
    refused_alike(server, delete("example.com", "old"), "ETAG_MISMATCH").await;

    let accept = |by: &Person, token: &str| v1::AcceptContactChangeRequest {
        change_id: change.change_id.clone(),
        account_id: by.account_id.clone(),
        token: token.to_owned(),
        ..Default::default()
    };
    let refuse = |by: &Person, token: &str| v1::RefuseContactChangeRequest {
        change_id: change.change_id.clone(),
        account_id: by.account_id.clone(),
        token: token.to_owned(),
        ..Default::default()
    };
    let cancel = |account_id: String| v1::CancelContactChangeRequest {
        change_id: change.change_id.clone(),
        account_id,
        ..Default::default()
    };
    let resend = |account_id: String| v1::ResendTokenRequest {
        change_id: change.change_id.clone(),
        account_id,
        ..Default::default()
    };
    let ask = |contacts| CreateContactChangesRequest {
        service_id: "example.com".to_owned(),
        requester: nobody(),
        contacts: Some(contacts),
        ..Default::default()
    };
    let contacts = Contacts { billing: nora.account_id.clone(), ..Default::default() };
    refused_alike(server, ask(contacts), "SERVICE_NOT_FOUND").await;
    refused_alike(server, accept(nora, &scene.anns), "TOKEN_INVALID").await;
    refused_alike(server, refuse(nora, &scene.anns), "TOKEN_INVALID").await;
    refused_alike(server, accept(ann, &scene.anns), "ALREADY_DECIDED").await;
    refused_alike(server, refuse(ann, &scene.anns), "ALREADY_DECIDED").await;
    refused_alike(server, resend(ann.account_id.clone()), "ALREADY_DECIDED").await;
    refused_alike(server, cancel(nora.account_id.clone()), "ROLE_NOT_PERMITTED").await;
    refused_alike(server, cancel(nobody()), "CHANGE_NOT_FOUND").await;
    refused_alike(server, resend(nobody()), "CHANGE_NOT_FOUND").await;
    Call::from(resend(nora.account_id.clone())).send(server).await.unwrap();
    refused_alike(server, resend(nora.account_id.clone()), "RESEND_LIMITED").await;
    refused_alike(server, accept(nora, &scene.noras), "TOKEN_SUPERSEDED").await;

    // Nobody has marked it as expired yet: the dry runs do not either.
    server.advance(Duration::from_secs(7 * 24 * 3600));
    refused_alike(server, accept(nora, &scene.noras), "CHANGE_SETTLED").await;
    refused_alike(server, refuse(nora, &scene.noras), "CHANGE_SETTLED").await;
    refused_alike(server, cancel(ann.account_id.clone()), "CHANGE_SETTLED").await;
    refused_alike(server, resend(nora.account_id.clone()), "CHANGE_SETTLED").await;
}

/// Ann administrates, Tom and Bill hold the other roles; Nora and Omar hold none.
struct Cast {
    server: TestServer,
    people: Vec<(&'static str, Person)>,
}

impl Cast {
    async fn gather(on: Engine) -> Self {
        let server = TestServer::start(on).await;
        let mut people = Vec::new();
        for name in ["ann", "tom", "bill", "nora", "omar"] {
            people.push((name, server.person(name).await));
        }
        let cast = Self { server, people };
        let contacts = Contacts { administrator: cast.id("ann"), technical: cast.id("tom"), billing: cast.id("bill") };
        cast.of("ann").orders_with("example.com", contacts).await;
        cast
    }

    fn of(&self, name: &str) -> &Person {
        &self.people.iter().find(|(known, _)| *known == name).unwrap().1
    }

    fn id(&self, name: &str) -> String {
        self.people.iter().find(|(known, _)| *known == name).map_or("zz9-ovh".to_owned(), |it| it.1.account_id.clone())
    }

    fn name(&self, account_id: &str) -> &'static str {
        self.people.iter().find(|(_, person)| person.account_id == account_id).unwrap().0
    }

    fn names(&self, account_ids: &[String]) -> BTreeSet<&'static str> {
        account_ids.iter().map(|id| self.name(id)).collect()
    }

    /// The contacts in a text such as `technical=nora billing=omar`.
    fn contacts(&self, asks: &str) -> Contacts {
        let mut contacts = Contacts::default();
        for (role, name) in asks.split(' ').map(|ask| ask.split_once('=').unwrap()) {
            match role {
                "administrator" => contacts.administrator = self.id(name),
                "technical" => contacts.technical = self.id(name),
                _ => contacts.billing = self.id(name),
            }
        }
        contacts
    }

    async fn asks(&self, who: &str, asks: &str, dry: bool) -> Result<CreateContactChangesResponse, Refused> {
        let request = CreateContactChangesRequest {
            service_id: "example.com".to_owned(),
            requester: self.id(who),
            contacts: Some(self.contacts(asks)),
            validate_only: dry,
            ..Default::default()
        };
        Ok(self.server.requests().create_contact_changes(request).await?.into_inner())
    }

    async fn would(&self, who: &str, asks: &str) -> CreateContactChangesResponse {
        let before = self.server.everything_stored().await;
        let answer = self.asks(who, asks, true).await.unwrap();
        assert_eq!(self.server.everything_stored().await, before);
        assert_eq!(answer.plans.len(), answer.changes.len());
        assert_eq!(answer.changes.is_empty(), !answer.blockers.is_empty());
        answer
    }

    /// Who got mails since the last time, of these kinds.
    async fn readers(&self, kinds: &[&str]) -> BTreeSet<&'static str> {
        let mut readers = BTreeSet::new();
        for letter in self.server.take_mails().await {
            assert!(kinds.contains(&letter.kind.as_str()), "{letter:?}");
            let name = self.people.iter().find(|(_, person)| person.email == letter.to).unwrap().0;
            assert!(readers.insert(name), "two mails to {name}");
        }
        readers
    }
}

async fn who_would_be_asked_and_told_is_who_is_asked_and_told(on: Engine) {
    for (who, asks, asked, told) in [
        ("ann", "technical=nora", "ann nora", "ann nora tom"),
        ("ann", "administrator=nora", "ann nora", "ann nora"),
        ("ann", "technical=ann", "ann", "ann tom"),
        ("ann", "technical=bill", "ann bill", "ann bill tom"),
        ("tom", "technical=nora", "nora tom", "ann nora tom"),
        ("bill", "billing=nora", "bill nora", "ann bill nora"),
        ("tom", "technical=ann", "ann tom", "ann tom"),
        ("tom", "technical=nora billing=bill administrator=ann", "nora tom", "ann nora tom"),
    ] {
        let what = format!("{who} asks {asks}");
        let cast = Cast::gather(on).await;
        let would = cast.would(who, asks).await;
        let words = |text: &'static str| text.split(' ').collect::<BTreeSet<_>>();
        assert_eq!(would.plans.len(), 1, "{what}");
        let plan = &would.plans[0];
        assert_eq!((cast.names(&plan.asked), cast.names(&plan.told)), (words(asked), words(told)), "{what}");

        let made = cast.asks(who, asks, false).await.unwrap();
        assert!(made.plans.is_empty() && made.blockers.is_empty(), "{what}");
        let mut change = made.changes[0].clone();
        let confirmations: Vec<_> = change.confirmations.iter().map(|it| it.account_id.clone()).collect();
        assert_eq!(confirmations, plan.asked, "{what}: the requester first");
        // What a dry run cannot know.
        change.change_id.clear();
        (change.create_time, change.expire_time) = (None, None);
        change.confirmations.iter_mut().for_each(|it| it.delivery = None);
        assert_eq!(change, would.changes[0], "{what}");

        let mut mails = Vec::new();
        for party in &plan.asked {
            let party = cast.of(cast.name(party));
            mails.push((party, party.reads_one("confirm").await));
        }
        for (party, mail) in mails {
            party.accepts(&made.changes[0], &mail.token()).await.unwrap();
        }
        assert_eq!(cast.readers(&["done", "replaced", "passed"]).await, words(told), "{what}");
    }
}

async fn several_changes_are_planned_in_the_order_of_their_first_role(on: Engine) {
    for (asks, roles) in [
        ("technical=nora billing=omar", vec![vec![Role::Technical], vec![Role::Billing]]),
        ("technical=nora billing=nora", vec![vec![Role::Technical], vec![Role::Billing]]),
        (
            "administrator=omar technical=nora billing=ann",
            vec![vec![Role::Administrator], vec![Role::Technical], vec![Role::Billing]],
        ),
        ("administrator=ann technical=nora billing=bill", vec![vec![Role::Technical]]),
    ] {
        let cast = Cast::gather(on).await;
        cast.server.leaves_mails_unread();
        let would = cast.would("ann", asks).await;
        let of = |answer: &CreateContactChangesResponse| -> Vec<Vec<Role>> {
            answer.changes.iter().map(|change| change.roles().collect()).collect()
        };
        assert_eq!(of(&would), roles, "{asks}");
        assert!(would.changes.iter().all(|change| change.change_id.is_empty()));
        assert_eq!(of(&cast.asks("ann", asks, false).await.unwrap()), roles, "{asks}");
    }
}

fn blocker(blocker: &Blocker, cast: &Cast) -> String {
    let roles: Vec<_> = blocker.roles().map(|role| role.as_str_name().replace("ROLE_", "").to_lowercase()).collect();
    let account = match blocker.account_id.as_str() {
        "" | "zz9-ovh" => blocker.account_id.as_str(),
        id => cast.name(id),
    };
    let open = if blocker.change_id.is_empty() { "" } else { "open" };
    let words = [blocker.reason().as_str_name(), &roles.join(","), account, open];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

async fn a_dry_run_names_everything_that_stands_in_the_way_and_the_call_the_first_of_it(on: Engine) {
    let cast = Cast::gather(on).await;
    cast.server.leaves_mails_unread();
    let open = cast.asks("ann", "technical=nora", false).await.unwrap().changes.remove(0).change_id;
    for name in ["bill", "omar"] {
        cast.of(name).has_bills(BillingStanding::Overdue).await;
    }
    for (who, asks, blockers) in [
        ("ann", "technical=tom billing=bill", "NOTHING_TO_CHANGE technical,billing"),
        ("tom", "technical=nora billing=ann", "ROLE_NOT_PERMITTED billing; CHANGE_ALREADY_OPEN technical open"),
        ("ann", "administrator=ghost", "ACCOUNT_NOT_FOUND administrator zz9-ovh"),
        (
            "ann",
            "administrator=ghost technical=ghost",
            "ACCOUNT_NOT_FOUND administrator,technical zz9-ovh; CHANGE_ALREADY_OPEN technical open",
        ),
        ("ann", "technical=omar", "CHANGE_ALREADY_OPEN technical open"),
        ("ann", "billing=omar", "BILLING_OVERDUE billing bill; BILLING_OVERDUE billing omar"),
        (
            "tom",
            "administrator=ghost technical=omar billing=omar",
            "ROLE_NOT_PERMITTED administrator,billing; CHANGE_ALREADY_OPEN technical open",
        ),
    ] {
        let would = cast.would(who, asks).await;
        let found: Vec<_> = would.blockers.iter().map(|it| blocker(it, &cast)).collect();
        assert_eq!(found.join("; "), blockers, "{who} asks {asks}");
        for blocker in would.blockers.iter().filter(|it| !it.change_id.is_empty()) {
            assert_eq!(blocker.change_id, open);
        }
        let first = &would.blockers[0];
        let before = cast.server.everything_stored().await;
        let refused = cast.asks(who, asks, false).await.unwrap_err();
        assert_eq!((refused.reason.as_str(), &refused.message), (first.reason().as_str_name(), &first.message));
        assert_eq!(cast.server.everything_stored().await, before);
    }
}
