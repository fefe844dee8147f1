//! What is wrong with a call is said of each field by its path, and a call with anything wrong leaves nothing behind.

use std::collections::BTreeSet;

use prost::Message;
use prost_types::{DescriptorProto, FileDescriptorSet, field_descriptor_proto::Type};
use relevo_tests::{
    Call, Engine, Refused, TestServer, on_every_engine,
    v1::{self, Account, Contacts, Service},
};
use tonic::Code;

use crate::bad_values::{
    ACCOUNT_MASKS, SERVICE_MASKS, account_ids, and_empty, emails, kinds, languages, lines, masks, reasons, request_ids,
    service_ids, texts, uuids,
};

on_every_engine!(
    a_bad_field_is_named_with_what_would_be_right_and_leaves_nothing_behind,
    all_bad_fields_of_a_call_are_named_at_once_and_each_once,
    a_list_without_end_is_refused_in_one_sentence,
);

/// Calls, each with the path of the one field that is wrong.
#[derive(Default)]
struct Table(Vec<(Call, String)>);

impl Table {
    /// Adds a good call once for each bad value of one of its fields.
    fn field<R: Clone + Into<Call>, V: Clone>(
        &mut self,
        good: &R,
        path: &str,
        bad: &[V],
        set: impl Fn(&mut R, V),
    ) -> &mut Self {
        for value in bad {
            let mut call = good.clone();
            set(&mut call, value.clone());
            self.0.push((call.into(), path.to_owned()));
        }
        self
    }
}

const CHANGE_ID: &str = "01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a20";
const TOKEN: &str = "0000-0000-0000-0000-0000-0000-0000-0000";

fn account() -> Account {
    Account {
        account_id: "aa1-ovh".to_owned(),
        display_name: "Ann".to_owned(),
        email: "ann@example.com".to_owned(),
        ..Default::default()
    }
}

fn service() -> Service {
    Service { service_id: "example.com".to_owned(), kind: "domain".to_owned(), ..Default::default() }
}

type SetText<M> = fn(&mut M, String);

const ROLES: [(&str, SetText<Contacts>); 3] = [
    ("administrator", |it, bad| it.administrator = bad),
    ("technical", |it, bad| it.technical = bad),
    ("billing", |it, bad| it.billing = bad),
];

fn accounts(table: &mut Table) {
    let create = v1::CreateAccountRequest { account: Some(account()), ..Default::default() };
    let update = v1::UpdateAccountRequest { account: Some(account()), ..Default::default() };
    let delete = v1::DeleteAccountRequest { account_id: "aa1-ovh".to_owned(), ..Default::default() };
    let fields: [(&str, Vec<String>, SetText<Account>); 3] = [
        ("account.display_name", lines(), |it, bad| it.display_name = bad),
        ("account.email", emails(), |it, bad| it.email = bad),
        ("account.language", languages(), |it, bad| it.language = bad),
    ];
    for (path, bad, set) in fields {
        table.field(&create, path, &bad, |it, bad| set(it.account.get_or_insert_default(), bad));
        table.field(&update, path, &bad, |it, bad| set(it.account.get_or_insert_default(), bad));
        let upsert = v1::UpdateAccountRequest { allow_missing: true, ..update.clone() };
        table.field(&upsert, path, &bad, |it, bad| set(it.account.get_or_insert_default(), bad));
        if path != "account.language" {
            table.field(&create, path, &[String::new()], |it, bad| set(it.account.get_or_insert_default(), bad));
            let masked = v1::UpdateAccountRequest {
                update_mask: masks(&[&["display_name", "email"]]).remove(0),
                ..update.clone()
            };
            table.field(&masked, path, &[String::new()], |it, bad| set(it.account.get_or_insert_default(), bad));
        }
    }
    let ids = and_empty(account_ids());
    table
        .field(&create, "account.account_id", &ids, |it, bad| it.account.get_or_insert_default().account_id = bad)
        .field(&create, "account.billing_standing", &[3, -1], |it, bad| {
            it.account.get_or_insert_default().billing_standing = bad;
        })
        .field(&create, "request_id", &request_ids(), |it, bad| it.request_id = bad)
        .field(&update, "account.account_id", &ids, |it, bad| it.account.get_or_insert_default().account_id = bad)
        .field(&update, "account", &[None], |it, bad| it.account = bad)
        .field(&update, "account.billing_standing", &[3, -1], |it, bad| {
            it.account.get_or_insert_default().billing_standing = bad;
        })
        .field(&update, "update_mask", &masks(ACCOUNT_MASKS), |it, bad| it.update_mask = bad)
        .field(&update, "request_id", &request_ids(), |it, bad| it.request_id = bad)
        .field(&delete, "account_id", &ids, |it, bad| it.account_id = bad)
        .field(&delete, "request_id", &request_ids(), |it, bad| it.request_id = bad)
        .field(&v1::GetAccountRequest { account_id: "aa1-ovh".to_owned() }, "account_id", &ids, |it, bad| {
            it.account_id = bad;
        })
        .field(&v1::SendTestMailRequest { account_id: "aa1-ovh".to_owned() }, "account_id", &ids, |it, bad| {
            it.account_id = bad;
        })
        .field(&v1::ListAccountsRequest::default(), "page_size", &[-1, i32::MIN], |it, bad| it.page_size = bad);
}

fn services(table: &mut Table) {
    let create = v1::CreateServiceRequest {
        service: Some(Service { contacts: Some(Contacts::default()), ..service() }),
        account_id: "aa1-ovh".to_owned(),
        ..Default::default()
    };
    for (role, set) in ROLES {
        table.field(&create, &format!("service.contacts.{role}"), &account_ids(), |it, bad| {
            set(it.service.get_or_insert_default().contacts.get_or_insert_default(), bad);
        });
    }
    let update = v1::UpdateServiceRequest { service: Some(service()), ..Default::default() };
    let delete = v1::DeleteServiceRequest { service_id: "example.com".to_owned(), ..Default::default() };
    let get = v1::GetServiceRequest { service_id: "example.com".to_owned(), ..Default::default() };
    let list = v1::ListServicesRequest { account_id: "aa1-ovh".to_owned(), ..Default::default() };
    let events = v1::ListServiceEventsRequest { service_id: "example.com".to_owned(), ..Default::default() };
    let masked = v1::UpdateServiceRequest { update_mask: masks(&[&["*"]]).remove(0), ..update.clone() };
    let ids = and_empty(service_ids());
    table
        .field(&create, "service.service_id", &ids, |it, bad| it.service.get_or_insert_default().service_id = bad)
        .field(&create, "service.kind", &and_empty(kinds()), |it, bad| it.service.get_or_insert_default().kind = bad)
        .field(&create, "service.display_name", &lines(), |it, bad| {
            it.service.get_or_insert_default().display_name = bad;
        })
        .field(&create, "account_id", &and_empty(account_ids()), |it, bad| it.account_id = bad)
        .field(&create, "request_id", &request_ids(), |it, bad| it.request_id = bad)
        .field(&update, "service.service_id", &ids, |it, bad| it.service.get_or_insert_default().service_id = bad)
        .field(&update, "service.kind", &kinds(), |it, bad| it.service.get_or_insert_default().kind = bad)
        .field(&masked, "service.kind", &[""], |it, bad| bad.clone_into(&mut it.service.get_or_insert_default().kind))
        .field(&update, "service.display_name", &lines(), |it, bad| {
            it.service.get_or_insert_default().display_name = bad;
        })
        .field(&update, "update_mask", &masks(SERVICE_MASKS), |it, bad| it.update_mask = bad)
        .field(&update, "request_id", &request_ids(), |it, bad| it.request_id = bad)
        .field(&delete, "service_id", &ids, |it, bad| it.service_id = bad)
        .field(&delete, "request_id", &request_ids(), |it, bad| it.request_id = bad)
        .field(&get, "service_id", &ids, |it, bad| it.service_id = bad)
        .field(&get, "account_id", &account_ids(), |it, bad| it.account_id = bad)
        .field(&events, "service_id", &ids, |it, bad| it.service_id = bad)
        .field(&events, "account_id", &account_ids(), |it, bad| it.account_id = bad)
        .field(&events, "page_size", &[-1, i32::MIN], |it, bad| it.page_size = bad)
        .field(&list, "account_id", &account_ids(), |it, bad| it.account_id = bad)
        .field(&list, "account_id", &[vec![1]], |it, roles| (it.account_id, it.roles) = (String::new(), roles))
        .field(&list, "roles[0]", &[vec![0], vec![4], vec![-1], vec![99, 1]], |it, bad| it.roles = bad)
        .field(&list, "roles[2]", &[vec![1, 1, 0]], |it, bad| it.roles = bad)
        .field(&list, "kind", &kinds(), |it, bad| it.kind = bad)
        .field(&list, "text", &texts(&[], &["a".repeat(254), "é".repeat(254)]), |it, bad| it.text = bad)
        .field(&list, "page_size", &[-1, i32::MIN], |it, bad| it.page_size = bad);
}

fn changes(table: &mut Table) {
    let (change_id, account_id, token) = (CHANGE_ID.to_owned(), "aa1-ovh".to_owned(), TOKEN.to_owned());
    let create = v1::CreateContactChangesRequest {
        service_id: "example.com".to_owned(),
        requester: account_id.clone(),
        contacts: Some(Contacts { administrator: account_id.clone(), ..Default::default() }),
        ..Default::default()
    };
    for (role, set) in ROLES {
        table.field(&create, &format!("contacts.{role}"), &account_ids(), |it, bad| {
            set(it.contacts.get_or_insert_default(), bad);
        });
    }
    let get = v1::GetContactChangeRequest { change_id: change_id.clone(), ..Default::default() };
    let list = v1::ListContactChangesRequest { account_id: account_id.clone(), ..Default::default() };
    let events = v1::ListChangeEventsRequest { change_id: change_id.clone(), ..Default::default() };
    let inspect = v1::InspectTokenRequest { change_id: change_id.clone(), token: token.clone() };
    let deliveries = v1::ListDeliveriesRequest { change_id: change_id.clone(), ..Default::default() };
    let (uuids, ids, request_ids) = (and_empty(uuids()), account_ids(), request_ids());
    table
        .field(&create, "service_id", &and_empty(service_ids()), |it, bad| it.service_id = bad)
        .field(&create, "requester", &and_empty(account_ids()), |it, bad| it.requester = bad)
        .field(&create, "contacts", &[None, Some(Contacts::default())], |it, bad| it.contacts = bad)
        .field(&create, "request_id", &request_ids, |it, bad| it.request_id = bad)
        .field(&get, "change_id", &uuids, |it, bad| it.change_id = bad)
        .field(&get, "account_id", &ids, |it, bad| it.account_id = bad)
        .field(&list, "account_id", &ids, |it, bad| it.account_id = bad)
        .field(&list, "account_id", &[vec![1]], |it, parts| (it.account_id, it.parts) = (String::new(), parts))
        .field(&list, "parts[0]", &[vec![0], vec![5], vec![-1], vec![99, 1]], |it, bad| it.parts = bad)
        .field(&list, "parts[1]", &[vec![4, 0]], |it, bad| it.parts = bad)
        .field(&list, "states[0]", &[vec![0], vec![7], vec![-1], vec![99, 1]], |it, bad| it.states = bad)
        .field(&list, "states[1]", &[vec![6, 0]], |it, bad| it.states = bad)
        .field(&list, "service_id", &service_ids(), |it, bad| it.service_id = bad)
        .field(&list, "page_size", &[-1, i32::MIN], |it, bad| it.page_size = bad)
        .field(&deliveries, "change_id", &uuids, |it, bad| it.change_id = bad)
        .field(&deliveries, "account_id", &ids, |it, bad| it.account_id = bad)
        .field(&deliveries, "page_size", &[-1, i32::MIN], |it, bad| it.page_size = bad)
        .field(&events, "change_id", &uuids, |it, bad| it.change_id = bad)
        .field(&events, "account_id", &ids, |it, bad| it.account_id = bad)
        .field(&events, "page_size", &[-1, i32::MIN], |it, bad| it.page_size = bad)
        .field(&inspect, "change_id", &uuids, |it, bad| it.change_id = bad)
        .field(&inspect, "token", &[""], |it, bad| bad.clone_into(&mut it.token));

    macro_rules! decisions {
        ($($good:expr),*) => {$(
            table
                .field(&$good, "change_id", &uuids, |it, bad| it.change_id = bad)
                .field(&$good, "account_id", &ids, |it, bad| it.account_id = bad)
                .field(&$good, "request_id", &request_ids, |it, bad| it.request_id = bad);
        )*};
    }
    let accept = v1::AcceptContactChangeRequest {
        change_id: change_id.clone(),
        account_id: account_id.clone(),
        token: token.clone(),
        ..Default::default()
    };
    let refuse = v1::RefuseContactChangeRequest {
        change_id: change_id.clone(),
        account_id: account_id.clone(),
        token,
        ..Default::default()
    };
    let resend = v1::ResendTokenRequest { change_id: change_id.clone(), account_id, ..Default::default() };
    let cancel = v1::CancelContactChangeRequest { change_id, ..Default::default() };
    decisions!(accept, refuse, resend, cancel);
    let none = [String::new()];
    table
        .field(&accept, "account_id", &none, |it, bad| it.account_id = bad)
        .field(&accept, "token", &none, |it, bad| it.token = bad)
        .field(&refuse, "account_id", &none, |it, bad| it.account_id = bad)
        .field(&refuse, "token", &none, |it, bad| it.token = bad)
        .field(&refuse, "reason", &reasons(), |it, bad| it.reason = bad)
        .field(&resend, "account_id", &none, |it, bad| it.account_id = bad);
}

fn table() -> Vec<(Call, String)> {
    let mut table = Table::default();
    accounts(&mut table);
    services(&mut table);
    changes(&mut table);
    table.0
}

/// Fields that take anything, or that Relevo sets itself, or that have a test of their own.
fn takes_anything(message: &str, path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    matches!(last, "validate_only" | "allow_missing" | "etag" | "page_token")
        || matches!(last, "create_time" | "update_time" | "open_change_ids")
        // Contacts pass through contact changes alone: an update does not look at them.
        || (message == "UpdateServiceRequest" && path.starts_with("service.contacts."))
}

fn fields(messages: &[DescriptorProto], message: &DescriptorProto, prefix: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for field in &message.field {
        let path = format!("{prefix}{}", field.name());
        let nested = field.type_name().rsplit('.').next().unwrap_or_default();
        match messages.iter().find(|known| field.r#type() == Type::Message && known.name() == nested) {
            Some(nested) => paths.extend(fields(messages, nested, &format!("{path}."))),
            None => paths.push(path),
        }
    }
    paths
}

#[test]
fn the_table_holds_every_field_of_every_method() {
    let tried: BTreeSet<_> = table()
        .into_iter()
        .map(|(call, path)| (call.name().to_owned(), path.split('[').next().unwrap().to_owned()))
        .collect();
    let set = FileDescriptorSet::decode(v1::FILE_DESCRIPTOR_SET).unwrap();
    let files: Vec<_> = set.file.iter().filter(|file| file.package() == "relevo.v1").collect();
    let messages: Vec<_> = files.iter().flat_map(|file| file.message_type.clone()).collect();
    let mut methods = 0;
    for method in files.iter().flat_map(|file| &file.service).flat_map(|service| &service.method) {
        methods += 1;
        let name = method.input_type().rsplit('.').next().unwrap();
        let message = messages.iter().find(|message| message.name() == name).unwrap();
        for path in fields(&messages, message, "") {
            let is_tried = tried.contains(&(name.to_owned(), path.clone()));
            assert!(is_tried != takes_anything(name, &path), "{name}.{path}: tried {is_tried}");
        }
    }
    assert_eq!(methods, 22);
}

async fn a_bad_field_is_named_with_what_would_be_right_and_leaves_nothing_behind(on: Engine) {
    let server = TestServer::start(on).await;
    let before = server.everything_stored().await;
    let mut wrong = Vec::new();
    for (call, path) in table() {
        let what = format!("{path} of {:.300}", format!("{call:?}"));
        // Without an account there is none of its required fields.
        let at = if path == "account" { "account.account_id" } else { &path };
        match call.send(&server).await {
            Err(refused) if is_said_well(&refused, at) => {}
            outcome => wrong.push(format!("{what}\n  {outcome:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(server.everything_stored().await, before);
    assert!(server.take_mails().await.is_empty());
}

/// Whether a call was refused for one field, with a phrase that says what is right.
fn is_said_well(refused: &Refused, at: &str) -> bool {
    let [(path, rule)] = refused.violations.as_slice() else {
        return false;
    };
    refused.code == Code::InvalidArgument
        && refused.is("FIELD_INVALID")
        && path == at
        && (rule.starts_with("must ") || rule.starts_with("is required"))
        && refused.message == format!("{at} {rule}.")
}

async fn paths(server: &TestServer, call: impl Into<Call>) -> Vec<String> {
    let refused = call.into().send(server).await.unwrap_err();
    assert_eq!(refused.reason, "FIELD_INVALID");
    refused.violations.into_iter().map(|(path, _)| path).collect()
}

async fn all_bad_fields_of_a_call_are_named_at_once_and_each_once(on: Engine) {
    let server = TestServer::start(on).await;
    let bad = || "\n".to_owned();
    let contacts = || Contacts { administrator: bad(), technical: bad(), billing: String::new() };
    let account = Account {
        account_id: bad(),
        display_name: bad(),
        email: bad(),
        language: bad(),
        billing_standing: 9,
        ..Default::default()
    };
    let of_account = ["account_id", "display_name", "email", "language", "billing_standing"];
    let expected: Vec<_> =
        of_account.iter().map(|field| format!("account.{field}")).chain(["request_id".to_owned()]).collect();
    let create = v1::CreateAccountRequest { account: Some(account.clone()), request_id: bad(), ..Default::default() };
    assert_eq!(paths(&server, create).await, expected);
    for allow_missing in [false, true] {
        let account = Some(account.clone());
        let update = v1::UpdateAccountRequest { account, allow_missing, request_id: bad(), ..Default::default() };
        assert_eq!(paths(&server, update).await, expected, "allow_missing: {allow_missing}");
    }
    let update = v1::UpdateAccountRequest {
        account: Some(account),
        update_mask: masks(&[&["email", "etag", "language"]]).remove(0),
        ..Default::default()
    };
    let expected = ["account.account_id", "update_mask", "account.email", "account.language"];
    assert_eq!(paths(&server, update).await, expected);

    let nothing = v1::CreateAccountRequest::default();
    assert_eq!(paths(&server, nothing).await, ["account.account_id", "account.display_name", "account.email"]);
    let nothing = v1::CreateServiceRequest::default();
    assert_eq!(paths(&server, nothing).await, ["service.service_id", "service.kind", "account_id"]);
    let nothing = v1::UpdateServiceRequest::default();
    assert_eq!(paths(&server, nothing).await, ["service.service_id"]);
    let nothing = v1::CreateContactChangesRequest::default();
    assert_eq!(paths(&server, nothing).await, ["service_id", "requester", "contacts"]);
    let nothing = v1::RefuseContactChangeRequest::default();
    assert_eq!(paths(&server, nothing).await, ["change_id", "account_id", "token"]);

    let service = Service {
        service_id: bad(),
        kind: bad(),
        display_name: bad(),
        contacts: Some(contacts()),
        ..Default::default()
    };
    let create =
        v1::CreateServiceRequest { service: Some(service), account_id: bad(), request_id: bad(), ..Default::default() };
    let mut expected = vec!["service.service_id", "service.kind", "service.display_name", "account_id"];
    expected.extend(["service.contacts.administrator", "service.contacts.technical", "request_id"]);
    assert_eq!(paths(&server, create).await, expected);

    let ask = v1::CreateContactChangesRequest {
        service_id: bad(),
        requester: bad(),
        contacts: Some(contacts()),
        request_id: bad(),
        ..Default::default()
    };
    let expected = ["service_id", "requester", "contacts.administrator", "contacts.technical", "request_id"];
    assert_eq!(paths(&server, ask).await, expected);

    let list = v1::ListServicesRequest { roles: vec![0, 1, 9], kind: bad(), page_size: -1, ..Default::default() };
    assert_eq!(paths(&server, list).await, ["roles[0]", "roles[2]", "kind", "account_id", "page_size"]);
    let list =
        v1::ListContactChangesRequest { parts: vec![9, 9], states: vec![0, 1, 0], page_size: -1, ..Default::default() };
    let expected = ["parts[0]", "parts[1]", "states[0]", "states[2]", "account_id", "page_size"];
    assert_eq!(paths(&server, list).await, expected);
}

async fn a_list_without_end_is_refused_in_one_sentence(on: Engine) {
    let server = TestServer::start(on).await;
    let ann = server.person("Ann").await;
    let without_end = || vec![9; 300_000];
    let services =
        v1::ListServicesRequest { account_id: ann.account_id.clone(), roles: without_end(), ..Default::default() };
    assert_eq!(paths(&server, services).await, ["roles"]);
    let changes = v1::ListContactChangesRequest {
        account_id: ann.account_id.clone(),
        parts: without_end(),
        states: without_end(),
        ..Default::default()
    };
    assert_eq!(paths(&server, changes).await, ["parts", "states"]);
}
