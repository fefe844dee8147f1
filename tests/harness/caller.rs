//! A program that calls a server for many accounts and repeats what it is not sure of: every call has a request id.

use relevo_api::v1::{
    AcceptContactChangeRequest, Account, CancelContactChangeRequest, ContactChange, Contacts, CreateAccountRequest,
    CreateContactChangesRequest, CreateServiceRequest, GetContactChangeRequest, GetServiceRequest,
    RefuseContactChangeRequest, ResendTokenRequest, Service, contact_service_client::ContactServiceClient,
    request_service_client::RequestServiceClient,
};
use tonic::{Status, transport::Channel};

/// A program that calls a server.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The directory.
    pub contacts: ContactServiceClient<Channel>,
    /// The contact changes.
    pub requests: RequestServiceClient<Channel>,
}

/// A new request id.
pub fn request_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

impl Caller {
    /// A caller over a connection.
    pub fn over(channel: Channel) -> Self {
        Self { contacts: ContactServiceClient::new(channel.clone()), requests: RequestServiceClient::new(channel) }
    }

    /// Adds an account with an address at `example.com`.
    pub async fn account(&self, account_id: &str, request_id: &str) -> Result<Account, Status> {
        let account = Account {
            account_id: account_id.to_owned(),
            display_name: account_id.to_owned(),
            email: format!("{account_id}@example.com"),
            ..Default::default()
        };
        let request =
            CreateAccountRequest { account: Some(account), request_id: request_id.to_owned(), ..Default::default() };
        Ok(self.contacts.clone().create_account(request).await?.into_inner().account.unwrap())
    }

    /// Registers a service of which one account holds all roles.
    pub async fn service(&self, service_id: &str, account_id: &str, request_id: &str) -> Result<Service, Status> {
        let service = Service { service_id: service_id.to_owned(), kind: "domain".to_owned(), ..Default::default() };
        let request = CreateServiceRequest {
            service: Some(service),
            account_id: account_id.to_owned(),
            request_id: request_id.to_owned(),
            ..Default::default()
        };
        Ok(self.contacts.clone().create_service(request).await?.into_inner().service.unwrap())
    }

    /// Asks for the technical role of a service to pass.
    pub async fn ask(
        &self,
        service_id: &str,
        requester: &str,
        nominee: &str,
        request_id: &str,
    ) -> Result<ContactChange, Status> {
        let request = CreateContactChangesRequest {
            service_id: service_id.to_owned(),
            requester: requester.to_owned(),
            contacts: Some(Contacts { technical: nominee.to_owned(), ..Default::default() }),
            request_id: request_id.to_owned(),
            ..Default::default()
        };
        Ok(self.requests.clone().create_contact_changes(request).await?.into_inner().changes.remove(0))
    }

    /// Accepts for an account.
    pub async fn accept(
        &self,
        change_id: &str,
        account_id: &str,
        token: &str,
        request_id: &str,
    ) -> Result<ContactChange, Status> {
        let request = AcceptContactChangeRequest {
            change_id: change_id.to_owned(),
            account_id: account_id.to_owned(),
            token: token.to_owned(),
            request_id: request_id.to_owned(),
            ..Default::default()
        };
        Ok(self.requests.clone().accept_contact_change(request).await?.into_inner().change.unwrap())
    }

    /// Refuses for an account.
    pub async fn refuse(
        &self,
        change_id: &str,
        account_id: &str,
        token: &str,
        request_id: &str,
    ) -> Result<ContactChange, Status> {
        let request = RefuseContactChangeRequest {
            change_id: change_id.to_owned(),
            account_id: account_id.to_owned(),
            token: token.to_owned(),
            request_id: request_id.to_owned(),
            ..Default::default()
        };
        Ok(self.requests.clone().refuse_contact_change(request).await?.into_inner().change.unwrap())
    }

    /// Cancels for an account.
    pub async fn cancel(&self, change_id: &str, account_id: &str, request_id: &str) -> Result<ContactChange, Status> {
        let request = CancelContactChangeRequest {
            change_id: change_id.to_owned(),
            account_id: account_id.to_owned(),
            request_id: request_id.to_owned(),
            ..Default::default()
        };
        Ok(self.requests.clone().cancel_contact_change(request).await?.into_inner().change.unwrap())
    }

    /// Has the code of an account sent again.
    pub async fn resend(&self, change_id: &str, account_id: &str, request_id: &str) -> Result<ContactChange, Status> {
        let request = ResendTokenRequest {
            change_id: change_id.to_owned(),
            account_id: account_id.to_owned(),
            request_id: request_id.to_owned(),
            ..Default::default()
        };
        Ok(self.requests.clone().resend_token(request).await?.into_inner().change.unwrap())
    }

    /// Looks at a change, as one who sees everything.
    pub async fn see(&self, change_id: &str) -> Result<ContactChange, Status> {
        let request = GetContactChangeRequest { change_id: change_id.to_owned(), ..Default::default() };
        Ok(self.requests.clone().get_contact_change(request).await?.into_inner().change.unwrap())
    }

    /// Looks at a service, as one who sees everything.
    pub async fn see_service(&self, service_id: &str) -> Result<Service, Status> {
        let request = GetServiceRequest { service_id: service_id.to_owned(), ..Default::default() };
        Ok(self.contacts.clone().get_service(request).await?.into_inner().service.unwrap())
    }
}
