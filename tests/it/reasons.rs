//! Every reason for which a call can be refused, with its code and details.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use prost::Message;
use prost_types::FileDescriptorSet;
use relevo_tests::{
    Call, Engine, Person, Refused, TestServer, call_as, eventually, on_every_engine,
    v1::{self, Account, BillingStanding, ContactChange, Contacts, Service},
    with_key,
};
use tonic::Code;
use uuid::Uuid;

use crate::callers::{caller, key_of};

on_every_engine!(
    every_reason_is_given_with_its_code_and_details,
    a_database_that_has_lost_a_table_is_unavailable_and_says_no_more,
    the_last_resend_names_no_time_for_another,
    a_call_that_the_database_fails_half_way_has_done_nothing,
);

const NO_TOKEN: &str = "0000-0000-0000-0000-0000-0000-0000-0000";
const NOBODY: &str = "zz9-ovh";

/// Ann administrates example.com, and has named Nora technical contact.
struct Stage {
    server: TestServer,
    ann: Person,
    nora: Person,
    change: ContactChange,
    /// Nora's code.
    token: String,
}

impl Stage {
    async fn set(on: Engine) -> Self {
        let server = TestServer::start(on).await;
        server.leaves_mails_unread();
        let (ann, nora) = (server.person("Ann").await, server.person("Nora").await);
        ann.orders("example.com").await;
        let change = ann.names(&nora).technical("example.com").await.unwrap();
        let token = nora.reads_one("confirm").await.token();
        Self { server, ann, nora, change, token }
    }

    async fn call(&self, call: impl Into<Call>) -> Result<String, Refused> {
        call.into().send(&self.server).await
    }

    fn account(&self, of: &Person) -> Account {
        Account {
            account_id: of.account_id.clone(),
            display_name: "Somebody".to_owned(),
            email: "somebody@example.com".to_owned(),
            ..Default::default()
        }
    }

    /// Makes a call with a key to a server whose one caller may do something else.
    async fn calls_with(&self, key: &str) -> Result<String, Refused> {
        let server = TestServer::start_with(Engine::Sqlite, &caller("operate", &["operate"])).await;
        let path = "/relevo.v1.ContactService/CreateAccount";
        call_as(&server.channel(), path, v1::CreateAccountRequest::default(), with_key(key)).await?;
        Ok(String::new())
    }

    fn get_account(&self, account_id: &str) -> Call {
        v1::GetAccountRequest { account_id: account_id.to_owned() }.into()
    }

    fn accept(&self, by: &Person, token: &str) -> Call {
        v1::AcceptContactChangeRequest {
            change_id: self.change.change_id.clone(),
            account_id: by.account_id.clone(),
            token: token.to_owned(),
            ..Default::default()
        }
        .into()
    }

    fn resend(&self) -> Call {
        let (change_id, account_id) = (self.change.change_id.clone(), self.nora.account_id.clone());
        v1::ResendTokenRequest { change_id, account_id, ..Default::default() }.into()
    }

    /// Ann, or another, names an account as billing contact.
    fn ask(&self, requester: &str, contacts: Contacts) -> Call {
        v1::CreateContactChangesRequest {
            service_id: "example.com".to_owned(),
            requester: requester.to_owned(),
            contacts: Some(contacts),
            ..Default::default()
        }
        .into()
    }

    fn billing(&self, nominee: &str) -> Contacts {
        Contacts { billing: nominee.to_owned(), ..Default::default() }
    }

    /// Makes a call that is refused for this reason.
    async fn refused(&mut self, reason: &str) -> Result<String, Refused> {
        let (ann, nora) = (self.ann.account_id.clone(), self.nora.account_id.clone());
        match reason {
            "FIELD_INVALID" => self.call(self.get_account("nobody")).await,
            "NOTHING_TO_CHANGE" => self.call(self.ask(&ann, self.billing(&ann))).await,
            "PAGE_TOKEN_INVALID" => {
                let page_token = "00".to_owned();
                self.call(v1::ListAccountsRequest { page_token, ..Default::default() }).await
            }
            "REQUEST_ID_REUSED" => {
                let id = Uuid::from_u128(1);
                self.call(self.resend().under(id)).await.unwrap();
                let mut other = v1::ResendTokenRequest { account_id: nora, ..Default::default() };
                other.change_id = Uuid::from_u128(7).to_string();
                self.call(Call::from(other).under(id)).await
            }
            "ACCOUNT_NOT_FOUND" => self.call(self.get_account(NOBODY)).await,
            "SERVICE_NOT_FOUND" => {
                let service_id = "example.net".to_owned();
                self.call(v1::GetServiceRequest { service_id, ..Default::default() }).await
            }
            "CHANGE_NOT_FOUND" => {
                let change_id = Uuid::from_u128(7).to_string();
                self.call(v1::GetContactChangeRequest { change_id, ..Default::default() }).await
            }
            "ACCOUNT_EXISTS" => {
                let account = Some(self.account(&self.ann));
                self.call(v1::CreateAccountRequest { account, ..Default::default() }).await
            }
            "ACCOUNT_IN_USE" => {
                let account_id = ann.clone();
                self.call(v1::DeleteAccountRequest { account_id, ..Default::default() }).await
            }
            "SERVICE_EXISTS" => {
                let service =
                    Service { service_id: "example.com".to_owned(), kind: "domain".to_owned(), ..Default::default() };
                let request =
                    v1::CreateServiceRequest { service: Some(service), account_id: nora, ..Default::default() };
                self.call(request).await
            }
            "CHANGE_ALREADY_OPEN" => {
                let contacts = Contacts { technical: nora, ..Default::default() };
                self.call(self.ask(&ann, contacts)).await
            }
            "ROLE_NOT_PERMITTED" => {
                self.ann.orders_with("example.org", self.billing(&nora)).await;
                let request = v1::CreateContactChangesRequest {
                    service_id: "example.org".to_owned(),
                    requester: nora.clone(),
                    contacts: Some(Contacts { technical: nora, ..Default::default() }),
                    ..Default::default()
                };
                self.call(request).await
            }
            "TOKEN_INVALID" => self.call(self.accept(&self.nora, NO_TOKEN)).await,
            "BILLING_OVERDUE" => {
                self.nora.has_bills(BillingStanding::Overdue).await;
                self.call(self.ask(&ann, self.billing(&nora))).await
            }
            "CHANGE_SETTLED" => {
                self.ann.cancels(&self.change).await.unwrap();
                self.call(self.accept(&self.nora, &self.token)).await
            }
            "ALREADY_DECIDED" => {
                self.call(self.accept(&self.nora, &self.token)).await.unwrap();
                self.call(self.accept(&self.nora, &self.token)).await
            }
            "TOKEN_SUPERSEDED" => {
                self.call(self.resend()).await.unwrap();
                self.call(self.accept(&self.nora, &self.token)).await
            }
            "ETAG_MISMATCH" => {
                let (service_id, etag) = ("example.com".to_owned(), "old".to_owned());
                self.call(v1::DeleteServiceRequest { service_id, etag, ..Default::default() }).await
            }
            "RESEND_LIMITED" => {
                self.call(self.resend()).await.unwrap();
                self.server.advance(Duration::from_millis(19_500));
                self.call(self.resend()).await
            }
            "RATE_LIMITED" => {
                let server = TestServer::start_with(Engine::Sqlite, "[limits.account]\nburst = 1\n").await;
                let ask = || self.ask(&ann, self.billing(&nora));
                ask().send(&server).await.expect_err("there is nothing");
                server.advance(Duration::from_millis(25));
                ask().send(&server).await
            }
            "OVERLOADED" => {
                let server = TestServer::start_with(Engine::Sqlite, "limits.concurrent_calls = 1").await;
                let mut other = server.database().await;
                other.holds_up().await;
                let waits = Call::from(v1::CreateAccountRequest {
                    account: Some(self.account(&self.ann)),
                    ..Default::default()
                });
                let look = async || match self.get_account(NOBODY).send(&server).await {
                    Err(refused) if refused.is("ACCOUNT_NOT_FOUND") => None,
                    answer => Some(answer),
                };
                let (answer, ()) = tokio::join!(
                    eventually("there is no room", Duration::from_secs(4), look),
                    // It may be the one that finds no room.
                    async { while waits.clone().send(&server).await.is_err_and(|refused| refused.is("OVERLOADED")) {} },
                );
                other.lets_go().await;
                answer
            }
            "STORE_UNAVAILABLE" => {
                // Another process that does not let go of the database for longer than a call waits.
                let mut other = self.server.database().await;
                other.holds_up().await;
                let account = Some(Account { account_id: NOBODY.to_owned(), ..self.account(&self.ann) });
                let answer = self.call(v1::CreateAccountRequest { account, ..Default::default() }).await;
                other.lets_go().await;
                answer
            }
            "INTERNAL" => {
                let corrupt = format!("UPDATE account SET email = 'secret words' WHERE account_id = '{ann}'");
                self.server.database().await.run(&corrupt).await;
                self.call(self.get_account(&ann)).await
            }
            "CALLER_UNKNOWN" => self.calls_with("nobodys key").await,
            "CALLER_NOT_PERMITTED" => self.calls_with(&key_of("operate")).await,
            _ => Ok(format!("nobody knows how to be refused for {reason}")),
        }
    }
}

/// What a call refused for a reason answers.
#[derive(Default)]
struct Expected {
    metadata: Vec<(&'static str, String)>,
    violations: Vec<&'static str>,
    preconditions: Vec<(&'static str, String)>,
    resource: Option<(&'static str, String)>,
    retry_after: Option<Duration>,
}

fn expected(reason: &str, stage: &Stage) -> (Code, Expected) {
    let nothing = Expected::default;
    let violations = |paths: &[&'static str]| Expected { violations: paths.to_vec(), ..nothing() };
    let resource = |kind, name: &str| Expected { resource: Some((kind, name.to_owned())), ..nothing() };
    let precondition = |kind, subject: &str| Expected { preconditions: vec![(kind, subject.to_owned())], ..nothing() };
    let (ann, nora, change_id) = (&stage.ann.account_id, &stage.nora.account_id, &stage.change.change_id);
    let with = |metadata: &[(&'static str, &str)], expected: Expected| Expected {
        metadata: metadata.iter().map(|(key, value)| (*key, (*value).to_owned())).collect(),
        ..expected
    };
    match reason {
        "FIELD_INVALID" => (Code::InvalidArgument, violations(&["account_id"])),
        "NOTHING_TO_CHANGE" => (Code::InvalidArgument, nothing()),
        "PAGE_TOKEN_INVALID" => (Code::InvalidArgument, violations(&["page_token"])),
        "REQUEST_ID_REUSED" => (Code::InvalidArgument, violations(&["request_id"])),
        "ACCOUNT_NOT_FOUND" => (Code::NotFound, with(&[("account_id", NOBODY)], resource("relevo.v1.Account", NOBODY))),
        "SERVICE_NOT_FOUND" => (Code::NotFound, resource("relevo.v1.Service", "")),
        "CHANGE_NOT_FOUND" => (Code::NotFound, resource("relevo.v1.ContactChange", "")),
        "ACCOUNT_EXISTS" => (Code::AlreadyExists, with(&[("account_id", ann)], resource("relevo.v1.Account", ann))),
        "ACCOUNT_IN_USE" => (Code::FailedPrecondition, with(&[("account_id", ann)], precondition("USE", ann))),
        "SERVICE_EXISTS" => (Code::AlreadyExists, resource("relevo.v1.Service", "")),
        "CHANGE_ALREADY_OPEN" => {
            let metadata = [("change_id", change_id.as_str()), ("role", "TECHNICAL")];
            (Code::AlreadyExists, with(&metadata, resource("relevo.v1.ContactChange", change_id)))
        }
        "ROLE_NOT_PERMITTED" | "TOKEN_INVALID" => (Code::PermissionDenied, nothing()),
        "BILLING_OVERDUE" => (Code::FailedPrecondition, with(&[("account_id", nora)], precondition("BILLING", nora))),
        "CHANGE_SETTLED" => {
            (Code::FailedPrecondition, with(&[("state", "CANCELLED")], precondition("STATE", "CANCELLED")))
        }
        "ALREADY_DECIDED" => (Code::FailedPrecondition, precondition("DECISION", "")),
        "TOKEN_SUPERSEDED" => (Code::FailedPrecondition, precondition("TOKEN", "")),
        "CALLER_UNKNOWN" => (Code::Unauthenticated, nothing()),
        "CALLER_NOT_PERMITTED" => (Code::PermissionDenied, with(&[("grants", "directory")], nothing())),
        "ETAG_MISMATCH" => (Code::Aborted, nothing()),
        "RESEND_LIMITED" => {
            let retry_after = Some(Duration::from_millis(40_500));
            (Code::ResourceExhausted, Expected { retry_after, ..nothing() })
        }
        "RATE_LIMITED" => {
            let retry_after = Some(Duration::from_millis(75));
            (Code::ResourceExhausted, with(&[("setting", "limits.account")], Expected { retry_after, ..nothing() }))
        }
        "OVERLOADED" => (Code::ResourceExhausted, Expected { retry_after: Some(Duration::from_secs(1)), ..nothing() }),
        "STORE_UNAVAILABLE" => (Code::Unavailable, Expected { retry_after: Some(Duration::from_secs(1)), ..nothing() }),
        _ => (Code::Internal, nothing()),
    }
}

/// The names of the reasons in the proto, but the one that is never used.
fn reasons() -> BTreeSet<String> {
    let set = FileDescriptorSet::decode(v1::FILE_DESCRIPTOR_SET).unwrap();
    let enums = set.file.iter().flat_map(|file| &file.enum_type);
    let reasons = enums.filter(|it| it.name() == "ErrorReason").flat_map(|it| &it.value);
    reasons.map(|value| value.name().to_owned()).filter(|name| name != "ERROR_REASON_UNSPECIFIED").collect()
}

async fn every_reason_is_given_with_its_code_and_details(on: Engine) {
    let all = reasons();
    assert!(all.len() > 20, "{all:?}");
    for reason in &all {
        let mut stage = Stage::set(on).await;
        let refused = stage.refused(reason).await.expect_err(reason);
        let (code, expected) = expected(reason, &stage);
        assert_eq!((refused.reason.as_str(), refused.code), (reason.as_str(), code));
        let metadata: BTreeMap<_, _> =
            expected.metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        assert_eq!(refused.metadata, metadata, "{reason}");
        let paths: Vec<_> = refused.violations.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, expected.violations, "{reason}");
        assert!(refused.violations.iter().all(|(_, rule)| rule.starts_with("must ")), "{refused:?}");
        let preconditions: Vec<_> =
            refused.preconditions.iter().map(|(kind, subject)| (kind.as_str(), subject.clone())).collect();
        assert_eq!(preconditions, expected.preconditions, "{reason}");
        let resource = refused.resource.as_ref().map(|(kind, name)| (kind.as_str(), name.clone()));
        assert_eq!(resource, expected.resource, "{reason}");
        assert_eq!(refused.retry_after, expected.retry_after, "{reason}");
        // A sentence for people.
        assert!(refused.message.ends_with('.') && refused.message.contains(' '), "{reason}: {}", refused.message);
        if matches!(reason.as_str(), "STORE_UNAVAILABLE" | "INTERNAL") {
            for inner in ["secret", "email", "row", "sql", "locked", "busy", stage.ann.account_id.as_str()] {
                assert!(!format!("{refused:?}").to_lowercase().contains(inner), "{inner} in {refused:?}");
            }
        }
    }
}

async fn a_database_that_has_lost_a_table_is_unavailable_and_says_no_more(on: Engine) {
    let stage = Stage::set(on).await;
    stage.server.database().await.run("ALTER TABLE outbox RENAME TO gone").await;
    let refused = stage.call(stage.resend()).await.unwrap_err();
    assert_eq!((refused.code, refused.reason.as_str()), (Code::Unavailable, "STORE_UNAVAILABLE"));
    assert!(!format!("{refused:?}").contains("outbox"), "{refused:?}");
    stage.server.database().await.run("ALTER TABLE gone RENAME TO outbox").await;
    // Nothing of it had stayed: the code that was mailed is still the newest.
    stage.call(stage.accept(&stage.nora, &stage.token)).await.unwrap();
}

async fn the_last_resend_names_no_time_for_another(on: Engine) {
    let stage = Stage::set(on).await;
    for _ in 0..10 {
        stage.call(stage.resend()).await.unwrap();
        stage.server.advance(Duration::from_secs(60));
    }
    let refused = stage.call(stage.resend()).await.unwrap_err();
    assert_eq!((refused.code, refused.reason.as_str()), (Code::ResourceExhausted, "RESEND_LIMITED"));
    assert_eq!(refused.retry_after, None);
}

async fn a_call_that_the_database_fails_half_way_has_done_nothing(on: Engine) {
    let stage = Stage::set(on).await;
    let anns = stage.ann.reads_one("confirm").await.token();
    stage.call(stage.accept(&stage.ann, &anns)).await.unwrap();
    let mut database = stage.server.database().await;
    // The change is stored before the service: the roles are the last to pass.
    let [fails, fails_no_longer] = match on {
        Engine::Sqlite => [
            "CREATE TRIGGER half_way BEFORE UPDATE ON service BEGIN SELECT raise(FAIL, 'half way'); END",
            "DROP TRIGGER half_way",
        ],
        Engine::Postgres => [
            "CREATE FUNCTION half_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'half way'; END $$;
             CREATE TRIGGER half_way BEFORE UPDATE ON service FOR EACH ROW EXECUTE FUNCTION half_way()",
            "DROP FUNCTION half_way CASCADE",
        ],
    };
    database.run(fails).await;
    let before = database.dump().await;
    let refused = stage.call(stage.accept(&stage.nora, &stage.token)).await.unwrap_err();
    assert_eq!(refused.reason, "STORE_UNAVAILABLE");
    assert_eq!(database.dump().await, before);
    database.run(fails_no_longer).await;
    stage.call(stage.accept(&stage.nora, &stage.token)).await.unwrap();
}
