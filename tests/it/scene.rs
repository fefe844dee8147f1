//! One moment from which every mutation of the API can be made.

use relevo_tests::{
    Call, Engine, Person, TestServer,
    v1::{self, Account, ContactChange, Contacts, Service},
};

/// Ann administrates example.com and has named Nora technical contact; she has accepted, Nora has not.
pub(crate) struct Scene {
    pub(crate) server: TestServer,
    pub(crate) ann: Person,
    pub(crate) nora: Person,
    /// Who has no part in anything.
    pub(crate) omar: Person,
    pub(crate) change: ContactChange,
    /// Ann's code, which is spent.
    pub(crate) anns: String,
    /// Nora's code.
    pub(crate) noras: String,
}

impl Scene {
    pub(crate) async fn set(on: Engine) -> Self {
        let server = TestServer::start(on).await;
        let [ann, nora, omar] = server.people(["Ann", "Nora", "Omar"]).await;
        ann.orders("example.com").await;
        let change = ann.names(&nora).technical("example.com").await.unwrap();
        let (anns, noras) = (ann.reads_one("confirm").await.token(), nora.reads_one("confirm").await.token());
        ann.accepts(&change, &anns).await.unwrap();
        Self { server, ann, nora, omar, change, anns, noras }
    }

    /// A mutation that succeeds now.
    pub(crate) fn mutation(&self, name: &str) -> Call {
        self.variant(name, false)
    }

    /// The same mutation for the same account, with other content.
    pub(crate) fn other(&self, name: &str) -> Call {
        self.variant(name, true)
    }

    fn variant(&self, name: &str, other: bool) -> Call {
        let text = |it: &str, otherwise: &str| if other { otherwise.to_owned() } else { it.to_owned() };
        let (ann, nora) = (self.ann.account_id.clone(), self.nora.account_id.clone());
        let change_id = text(&self.change.change_id, "01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a20");
        match name {
            "CreateAccountRequest" => {
                let account = Account {
                    account_id: "zz1-ovh".to_owned(),
                    display_name: text("Zoe", "Zora"),
                    email: "zoe@example.com".to_owned(),
                    ..Default::default()
                };
                v1::CreateAccountRequest { account: Some(account), ..Default::default() }.into()
            }
            "UpdateAccountRequest" => {
                let email = text("nora@example.net", "nora@example.org");
                let account = Account { account_id: nora, email, ..Default::default() };
                v1::UpdateAccountRequest { account: Some(account), ..Default::default() }.into()
            }
            "DeleteAccountRequest" => {
                let (account_id, etag) = (self.omar.account_id.clone(), text("", "old"));
                v1::DeleteAccountRequest { account_id, etag, ..Default::default() }.into()
            }
            "CreateServiceRequest" => {
                let kind = text("vps", "hosting");
                let service = Service { service_id: "example.net".to_owned(), kind, ..Default::default() };
                v1::CreateServiceRequest { service: Some(service), account_id: ann, ..Default::default() }.into()
            }
            "UpdateServiceRequest" => {
                let kind = text("vps", "hosting");
                let service = Service { service_id: "example.com".to_owned(), kind, ..Default::default() };
                v1::UpdateServiceRequest { service: Some(service), ..Default::default() }.into()
            }
            "DeleteServiceRequest" => {
                let service_id = text("example.com", "example.net");
                v1::DeleteServiceRequest { service_id, ..Default::default() }.into()
            }
            "CreateContactChangesRequest" => v1::CreateContactChangesRequest {
                service_id: "example.com".to_owned(),
                requester: ann,
                contacts: Some(Contacts { billing: text(&nora, "zz9-ovh"), ..Default::default() }),
                ..Default::default()
            }
            .into(),
            "AcceptContactChangeRequest" => {
                let token = text(&self.noras, &self.anns);
                v1::AcceptContactChangeRequest {
                    change_id: self.change.change_id.clone(),
                    account_id: nora,
                    token,
                    ..Default::default()
                }
                .into()
            }
            "RefuseContactChangeRequest" => v1::RefuseContactChangeRequest {
                change_id: self.change.change_id.clone(),
                account_id: nora,
                token: self.noras.clone(),
                reason: text("no time", "no interest"),
                ..Default::default()
            }
            .into(),
            "CancelContactChangeRequest" => {
                v1::CancelContactChangeRequest { change_id, account_id: ann, ..Default::default() }.into()
            }
            "ResendTokenRequest" => v1::ResendTokenRequest { change_id, account_id: nora, ..Default::default() }.into(),
            _ => panic!("a scene for {name} is missing"),
        }
    }

    /// The kinds of the mails that a mutation sends, in order.
    pub(crate) fn mails_of(name: &str) -> &'static [&'static str] {
        match name {
            "UpdateAccountRequest" => &["address-changed"],
            "DeleteServiceRequest" => &["cancelled", "cancelled"],
            "CreateContactChangesRequest" => &["confirm", "confirm"],
            "AcceptContactChangeRequest" => &["done", "done"],
            "RefuseContactChangeRequest" => &["refused"],
            "CancelContactChangeRequest" => &["cancelled"],
            "ResendTokenRequest" => &["confirm"],
            _ => &[],
        }
    }

    /// The kinds of the mails that nobody has read.
    pub(crate) async fn mails(&self) -> Vec<String> {
        self.server.take_mails().await.into_iter().map(|letter| letter.kind).collect()
    }
}
