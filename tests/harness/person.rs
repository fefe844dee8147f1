//! People who call the server, or for whom a panel calls it.

use relevo_api::v1::{
    AcceptContactChangeRequest, Account, BillingStanding, CancelContactChangeRequest, ChangeState, ContactChange,
    Contacts, CreateAccountRequest, CreateContactChangesRequest, CreateServiceRequest, DeleteAccountRequest, Event,
    GetContactChangeRequest, GetServiceRequest, ListChangeEventsRequest, ListContactChangesRequest,
    ListServiceEventsRequest, ListServicesRequest, RefuseContactChangeRequest, ResendTokenRequest, Role, Service,
    UpdateAccountRequest,
};

use crate::{Letter, Refused, TestServer};

/// An account, and who is behind it. Ann is `an…-ovh`, with the address `ann@example.com`.
#[derive(Debug, Clone)]
pub struct Person {
    server: TestServer,
    /// The account.
    pub account_id: String,
    /// The address that mails go to.
    pub email: String,
}

/// Who is named for which roles, before the service is said.
#[derive(Debug, Clone)]
pub struct Naming {
    requester: Person,
    nominee: String,
}

impl Person {
    pub(crate) async fn arrives(server: &TestServer, name: &str, language: &str) -> Self {
        let person = Self {
            server: server.clone(),
            account_id: account_id_of(name),
            email: format!("{}@example.com", name.to_lowercase()),
        };
        let account = Account {
            account_id: person.account_id.clone(),
            display_name: name.to_owned(),
            email: person.email.clone(),
            language: language.to_owned(),
            ..Default::default()
        };
        let request = CreateAccountRequest { account: Some(account), ..Default::default() };
        server.contacts().create_account(request).await.unwrap();
        person
    }

    /// Orders a service: all three roles are this person's.
    pub async fn orders(&self, service_id: &str) -> Service {
        self.orders_with(service_id, Contacts::default()).await
    }

    /// Orders a service on which others hold some of the roles.
    pub async fn orders_with(&self, service_id: &str, contacts: Contacts) -> Service {
        let service = Service {
            service_id: service_id.to_owned(),
            kind: "domain".to_owned(),
            contacts: Some(contacts),
            ..Default::default()
        };
        let request =
            CreateServiceRequest { service: Some(service), account_id: self.account_id.clone(), ..Default::default() };
        self.server.contacts().create_service(request).await.unwrap().into_inner().service.unwrap()
    }

    /// Orders a service on which others are the technical and the billing contact.
    pub async fn orders_beside(&self, service_id: &str, technical: &Person, billing: &Person) -> Service {
        let contacts = Contacts {
            technical: technical.account_id.clone(),
            billing: billing.account_id.clone(),
            ..Default::default()
        };
        self.orders_with(service_id, contacts).await
    }

    /// Begins to name somebody.
    pub fn names(&self, nominee: &Person) -> Naming {
        Naming { requester: self.clone(), nominee: nominee.account_id.clone() }
    }

    /// Reads the mails that came since the last time.
    pub async fn reads(&self) -> Vec<Letter> {
        self.server.take_mails_to(&self.email).await
    }

    /// Reads the one mail that came since the last time, which must be of this kind.
    pub async fn reads_one(&self, kind: &str) -> Letter {
        let mut letters = self.reads().await;
        let kinds: Vec<_> = letters.iter().map(|letter| letter.kind.clone()).collect();
        assert_eq!(kinds, [kind], "mails to {}", self.email);
        letters.remove(0)
    }

    /// Reads the one mail that came since the last time, and takes the code out of it.
    pub async fn reads_code(&self) -> String {
        self.reads_one("confirm").await.token()
    }

    /// Accepts with a code.
    pub async fn accepts(&self, change: &ContactChange, token: &str) -> Result<ContactChange, Refused> {
        let request = AcceptContactChangeRequest {
            change_id: change.change_id.clone(),
            account_id: self.account_id.clone(),
            token: token.to_owned(),
            ..Default::default()
        };
        let answer = self.server.requests().accept_contact_change(request).await?;
        Ok(answer.into_inner().change.unwrap())
    }

    /// Refuses with a code and a reason.
    pub async fn refuses(&self, change: &ContactChange, token: &str, reason: &str) -> Result<ContactChange, Refused> {
        let request = RefuseContactChangeRequest {
            change_id: change.change_id.clone(),
            account_id: self.account_id.clone(),
            token: token.to_owned(),
            reason: reason.to_owned(),
            ..Default::default()
        };
        let answer = self.server.requests().refuse_contact_change(request).await?;
        Ok(answer.into_inner().change.unwrap())
    }

    /// Cancels.
    pub async fn cancels(&self, change: &ContactChange) -> Result<ContactChange, Refused> {
        let request = CancelContactChangeRequest {
            change_id: change.change_id.clone(),
            account_id: self.account_id.clone(),
            ..Default::default()
        };
        let answer = self.server.requests().cancel_contact_change(request).await?;
        Ok(answer.into_inner().change.unwrap())
    }

    /// Has the code sent again.
    pub async fn asks_to_resend(&self, change: &ContactChange) -> Result<ContactChange, Refused> {
        let request = ResendTokenRequest {
            change_id: change.change_id.clone(),
            account_id: self.account_id.clone(),
            ..Default::default()
        };
        let answer = self.server.requests().resend_token(request).await?;
        Ok(answer.into_inner().change.unwrap())
    }

    /// Looks at a change.
    pub async fn sees(&self, change: &ContactChange) -> Result<ContactChange, Refused> {
        let request =
            GetContactChangeRequest { change_id: change.change_id.clone(), account_id: self.account_id.clone() };
        let answer = self.server.requests().get_contact_change(request).await?;
        Ok(answer.into_inner().change.unwrap())
    }

    /// Looks at a service.
    pub async fn sees_service(&self, service_id: &str) -> Result<Service, Refused> {
        let request = GetServiceRequest { service_id: service_id.to_owned(), account_id: self.account_id.clone() };
        let answer = self.server.contacts().get_service(request).await?;
        Ok(answer.into_inner().service.unwrap())
    }

    /// Who is administrator, technical and billing contact of a service, as this person sees it.
    pub async fn sees_contacts(&self, service_id: &str) -> [String; 3] {
        let Contacts { administrator, technical, billing } =
            self.sees_service(service_id).await.unwrap().contacts.unwrap();
        [administrator, technical, billing]
    }

    /// Lists the services on which this person holds a role, by name.
    pub async fn lists_services(&self) -> Vec<Service> {
        let request = ListServicesRequest { account_id: self.account_id.clone(), ..Default::default() };
        self.server.contacts().list_services(request).await.unwrap().into_inner().services
    }

    /// Lists the changes that this person sees, newest first.
    pub async fn lists_changes(&self) -> Vec<ContactChange> {
        let request = ListContactChangesRequest { account_id: self.account_id.clone(), ..Default::default() };
        self.server.requests().list_contact_changes(request).await.unwrap().into_inner().changes
    }

    /// Gets an overdue bill, or pays it.
    pub async fn has_bills(&self, standing: BillingStanding) {
        self.updates(Account { billing_standing: standing.into(), ..Default::default() }).await;
    }

    /// Gets a new address; mails are read there from now on.
    pub async fn moves_to(&mut self, email: &str) {
        self.updates(Account { email: email.to_owned(), ..Default::default() }).await;
        self.email = email.to_owned();
    }

    /// Deletes the account.
    pub async fn leaves(&self) -> Result<(), Refused> {
        let request = DeleteAccountRequest { account_id: self.account_id.clone(), ..Default::default() };
        self.server.contacts().delete_account(request).await?;
        Ok(())
    }

    /// Lists what happened to a change, as this person sees it, newest first.
    pub async fn sees_events(&self, change: &ContactChange) -> Result<Vec<Event>, Refused> {
        let request = ListChangeEventsRequest {
            change_id: change.change_id.clone(),
            account_id: self.account_id.clone(),
            ..Default::default()
        };
        Ok(self.server.requests().list_change_events(request).await?.into_inner().events)
    }

    /// Lists what happened to a service, as this person sees it, newest first.
    pub async fn sees_service_events(&self, service_id: &str) -> Result<Vec<Event>, Refused> {
        let (service_id, account_id) = (service_id.to_owned(), self.account_id.clone());
        let request = ListServiceEventsRequest { service_id, account_id, ..Default::default() };
        Ok(self.server.contacts().list_service_events(request).await?.into_inner().events)
    }

    async fn updates(&self, fields: Account) {
        let account = Account { account_id: self.account_id.clone(), ..fields };
        let request = UpdateAccountRequest { account: Some(account), ..Default::default() };
        self.server.contacts().update_account(request).await.unwrap();
    }
}

impl Naming {
    /// Asks for the administrator role of a service: the one change that this makes.
    pub async fn administrator(self, service_id: &str) -> Result<ContactChange, Refused> {
        self.one(&[Role::Administrator], service_id).await
    }

    /// Asks for the technical role of a service: the one change that this makes.
    pub async fn technical(self, service_id: &str) -> Result<ContactChange, Refused> {
        self.one(&[Role::Technical], service_id).await
    }

    /// Asks for the billing role of a service: the one change that this makes.
    pub async fn billing(self, service_id: &str) -> Result<ContactChange, Refused> {
        self.one(&[Role::Billing], service_id).await
    }

    /// Asks for several roles of a service: all the changes that this makes.
    pub async fn roles(self, roles: &[Role], service_id: &str) -> Result<Vec<ContactChange>, Refused> {
        let mut contacts = Contacts::default();
        for role in roles {
            match role {
                Role::Administrator => contacts.administrator.clone_from(&self.nominee),
                Role::Technical => contacts.technical.clone_from(&self.nominee),
                Role::Billing => contacts.billing.clone_from(&self.nominee),
                Role::Unspecified => panic!("no role"),
            }
        }
        self.requester.asks_for(contacts, service_id).await
    }

    async fn one(self, roles: &[Role], service_id: &str) -> Result<ContactChange, Refused> {
        let mut changes = self.roles(roles, service_id).await?;
        assert_eq!(changes.len(), 1, "{changes:?}");
        let change = changes.remove(0);
        assert_eq!(change.state(), ChangeState::Pending);
        Ok(change)
    }
}

impl Person {
    /// Asks for roles of a service to pass, each to the account that `contacts` names for it.
    pub async fn asks_for(&self, contacts: Contacts, service_id: &str) -> Result<Vec<ContactChange>, Refused> {
        let request = CreateContactChangesRequest {
            service_id: service_id.to_owned(),
            requester: self.account_id.clone(),
            contacts: Some(contacts),
            ..Default::default()
        };
        let answer = self.server.requests().create_contact_changes(request).await?;
        Ok(answer.into_inner().changes)
    }
}

/// Two letters of the name and digits made of all of it, so that different names are different accounts.
fn account_id_of(name: &str) -> String {
    let lower = name.to_lowercase();
    let letters: String = lower.chars().filter(char::is_ascii_lowercase).chain("xx".chars()).take(2).collect();
    let digits = lower.bytes().fold(7_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 1_000_000);
    format!("{letters}{digits:06}-ovh")
}
