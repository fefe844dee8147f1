//! `relevo.v1.ContactService`.

use prost::Message as _;
use relevo_api::v1::{
    self, CreateAccountRequest, CreateAccountResponse, CreateServiceRequest, CreateServiceResponse,
    DeleteAccountRequest, DeleteAccountResponse, DeleteServiceRequest, DeleteServiceResponse, GetAccountRequest,
    GetAccountResponse, GetServiceRequest, GetServiceResponse, ListAccountsRequest, ListAccountsResponse,
    ListServiceEventsRequest, ListServiceEventsResponse, ListServicesRequest, ListServicesResponse,
    SendTestMailRequest, SendTestMailResponse, UpdateAccountRequest, UpdateAccountResponse, UpdateServiceRequest,
    UpdateServiceResponse, contact_service_server::ContactService,
};
use relevo_domain::{
    AccountId, BillingStanding, Contacts, DisplayName, EmailAddress, Invalid, Kind, Language, Role, ServiceId,
};
use relevo_persistence::ServiceFilter;
use tonic::{Request, Response, Status};

use super::{Api, call, form::Form, mutate, page_token, received, show};
use crate::contacts::{AccountFields, NewAccount, NewService, ServiceFields};

#[tonic::async_trait]
impl ContactService for Api {
    async fn create_account(
        &self,
        request: Request<CreateAccountRequest>,
    ) -> Result<Response<CreateAccountResponse>, Status> {
        let (caller, message) = received(request)?;
        let mut form = self.form();
        let given = message.account.clone().unwrap_or_default();
        let account_id = form.account_id("account.account_id", &given.account_id);
        let account = new_account(&mut form, &given);
        let request_id = form.request_id(&message.request_id);
        let (Some(account_id), Some(account), Some(request_id)) = (account_id, account, request_id) else {
            return Err(form.wrong().into());
        };
        let call = call(caller, "CreateAccount", Some(&account_id), request_id, message.validate_only, &message);
        mutate(&self.0, call, async |mutation| {
            let account = mutation.create_account(&account_id, account).await?;
            Ok(CreateAccountResponse { account: Some(show::account(&account)) })
        })
        .await
    }

    async fn get_account(&self, request: Request<GetAccountRequest>) -> Result<Response<GetAccountResponse>, Status> {
        let mut form = self.form();
        let account_id = form.account_id("account_id", &request.get_ref().account_id);
        let account_id = account_id.ok_or_else(|| form.wrong())?;
        let account = self.0.account(&account_id).await?;
        Ok(Response::new(GetAccountResponse { account: Some(show::account(&account)) }))
    }

    async fn update_account(
        &self,
        request: Request<UpdateAccountRequest>,
    ) -> Result<Response<UpdateAccountResponse>, Status> {
        let (caller, message) = received(request)?;
        let mut form = self.form();
        let given = message.account.clone().unwrap_or_default();
        let account_id = form.account_id("account.account_id", &given.account_id);
        let fields = account_fields(&mut form, &given, message.update_mask.clone());
        let etag = form.etag("account.etag", &given.etag);
        let request_id = form.request_id(&message.request_id);
        form.check()?;
        let (Some(account_id), Some(fields), Some(etag), Some(request_id)) = (account_id, fields, etag, request_id)
        else {
            return Err(form.wrong().into());
        };
        let call = call(caller, "UpdateAccount", Some(&account_id), request_id, message.validate_only, &message);
        mutate(&self.0, call, async |mutation| {
            // Fields that the update does not name need be right only if there is no account yet.
            let missing = message.allow_missing.then(|| {
                let mut form = self.form();
                new_account(&mut form, &given).ok_or_else(|| form.wrong())
            });
            let account = mutation.update_account(&account_id, fields, etag, missing).await?;
            Ok(UpdateAccountResponse { account: Some(show::account(&account)) })
        })
        .await
    }

    async fn delete_account(
        &self,
        request: Request<DeleteAccountRequest>,
    ) -> Result<Response<DeleteAccountResponse>, Status> {
        let (caller, message) = received(request)?;
        let mut form = self.form();
        let account_id = form.account_id("account_id", &message.account_id);
        let etag = form.etag("etag", &message.etag);
        let request_id = form.request_id(&message.request_id);
        let (Some(account_id), Some(etag), Some(request_id)) = (account_id, etag, request_id) else {
            return Err(form.wrong().into());
        };
        let call = call(caller, "DeleteAccount", Some(&account_id), request_id, message.validate_only, &message);
        mutate(&self.0, call, async |mutation| {
            let id_alone = || Some(v1::Account { account_id: account_id.to_string(), ..Default::default() });
            let answers = [
                ("CreateAccount", CreateAccountResponse { account: id_alone() }.encode_to_vec()),
                ("UpdateAccount", UpdateAccountResponse { account: id_alone() }.encode_to_vec()),
            ];
            mutation.delete_account(&account_id, etag, answers).await?;
            Ok(DeleteAccountResponse {})
        })
        .await
    }

    async fn list_accounts(
        &self,
        request: Request<ListAccountsRequest>,
    ) -> Result<Response<ListAccountsResponse>, Status> {
        let message = request.into_inner();
        let mut form = self.form();
        let page_size = form.page_size(message.page_size).ok_or_else(|| form.wrong())?;
        let keyring = &self.0.keyring;
        let after = page_token::read(keyring, b"accounts", &message.page_token, |place| AccountId::parse(place).ok())?;
        let accounts = self.0.accounts(after.as_ref(), page_size + 1).await?;
        let (accounts, next_page_token) =
            page_token::page(keyring, b"accounts", accounts, page_size, |account| account.account_id.to_string());
        Ok(Response::new(ListAccountsResponse {
            next_page_token,
            accounts: accounts.iter().map(show::account).collect(),
        }))
    }

    async fn create_service(
        &self,
        request: Request<CreateServiceRequest>,
    ) -> Result<Response<CreateServiceResponse>, Status> {
        let (caller, message) = received(request)?;
        let mut form = self.form();
        let given = message.service.clone().unwrap_or_default();
        let service_id = form.required("service.service_id", &given.service_id, ServiceId::parse);
        let kind = form.required("service.kind", &given.kind, Kind::parse);
        let display_name = form.optional("service.display_name", &given.display_name, DisplayName::parse);
        let contacts = new_contacts(&mut form, given.contacts.unwrap_or_default(), &message.account_id);
        let request_id = form.request_id(&message.request_id);
        let (Some(service_id), Some(kind), Some(display_name), Some(contacts), Some(request_id)) =
            (service_id, kind, display_name, contacts, request_id)
        else {
            return Err(form.wrong().into());
        };
        let service = NewService { service_id, kind, display_name, contacts };
        let ordering = AccountId::parse(&message.account_id).ok();
        let call = call(caller, "CreateService", ordering.as_ref(), request_id, message.validate_only, &message);
        mutate(&self.0, call, async |mutation| {
            let report = mutation.create_service(service).await?;
            Ok(CreateServiceResponse { service: Some(show::service(&report)) })
        })
        .await
    }

    async fn get_service(&self, request: Request<GetServiceRequest>) -> Result<Response<GetServiceResponse>, Status> {
        let (caller, message) = received(request)?;
        caller.sees(&message.account_id)?;
        let mut form = self.form();
        let service_id = form.required("service_id", &message.service_id, ServiceId::parse);
        let viewer = form.optional_account_id("account_id", &message.account_id);
        let (Some(service_id), Some(viewer)) = (service_id, viewer) else {
            return Err(form.wrong().into());
        };
        let report = self.0.service(&service_id, viewer.as_ref()).await?;
        Ok(Response::new(GetServiceResponse { service: Some(show::service(&report)) }))
    }

    async fn update_service(
        &self,
        request: Request<UpdateServiceRequest>,
    ) -> Result<Response<UpdateServiceResponse>, Status> {
        let (caller, message) = received(request)?;
        let mut form = self.form();
        let given = message.service.clone().unwrap_or_default();
        let service_id = form.required("service.service_id", &given.service_id, ServiceId::parse);
        let fields = service_fields(&mut form, &given, message.update_mask.clone());
        let etag = form.etag("service.etag", &given.etag);
        let request_id = form.request_id(&message.request_id);
        form.check()?;
        let (Some(service_id), Some(fields), Some(etag), Some(request_id)) = (service_id, fields, etag, request_id)
        else {
            return Err(form.wrong().into());
        };
        let call = call(caller, "UpdateService", None, request_id, message.validate_only, &message);
        mutate(&self.0, call, async |mutation| {
            let report = mutation.update_service(&service_id, fields, etag).await?;
            Ok(UpdateServiceResponse { service: Some(show::service(&report)) })
        })
        .await
    }

    async fn delete_service(
        &self,
        request: Request<DeleteServiceRequest>,
    ) -> Result<Response<DeleteServiceResponse>, Status> {
        let (caller, message) = received(request)?;
        let mut form = self.form();
        let service_id = form.required("service_id", &message.service_id, ServiceId::parse);
        let etag = form.etag("etag", &message.etag);
        let request_id = form.request_id(&message.request_id);
        let (Some(service_id), Some(etag), Some(request_id)) = (service_id, etag, request_id) else {
            return Err(form.wrong().into());
        };
        let call = call(caller, "DeleteService", None, request_id, message.validate_only, &message);
        mutate(&self.0, call, async |mutation| {
            let cancelled = mutation.delete_service(&service_id, etag).await?;
            let cancelled_change_ids = cancelled.iter().map(ToString::to_string).collect();
            Ok(DeleteServiceResponse { cancelled_change_ids })
        })
        .await
    }

    async fn list_services(
        &self,
        request: Request<ListServicesRequest>,
    ) -> Result<Response<ListServicesResponse>, Status> {
        let (caller, mut message) = received(request)?;
        caller.sees(&message.account_id)?;
        let mut form = self.form();
        let account_id = form.optional_account_id("account_id", &message.account_id);
        let roles = form.roles(&message.roles);
        let kind = form.optional("kind", &message.kind, Kind::parse);
        let prefix = form.read("text", &message.text, |text| {
            let formed = text.chars().count() <= 253 && !text.chars().any(char::is_control);
            if formed { Ok(text.to_lowercase()) } else { Err(TEXT_FORM) }
        });
        if !message.roles.is_empty() && message.account_id.is_empty() {
            form.violate::<()>("account_id", "is required with roles");
        }
        let page_size = form.page_size(message.page_size);
        form.check()?;
        let (Some(account_id), Some(roles), Some(kind), Some(prefix), Some(page_size)) =
            (account_id, roles, kind, prefix, page_size)
        else {
            return Err(form.wrong().into());
        };
        let roles = if roles.is_empty() { Role::ALL.to_vec() } else { roles };
        let holder = account_id.map(|account| (account, roles.into_iter().collect()));
        let filter = ServiceFilter { holder, kind, prefix };

        let token = std::mem::take(&mut message.page_token);
        message.page_size = 0;
        let list = [b"services ".as_slice(), &message.encode_to_vec()].concat();
        let keyring = &self.0.keyring;
        let after = page_token::read(keyring, &list, &token, |place| ServiceId::parse(place).ok())?;
        let reports = self.0.services(&filter, after.as_ref(), page_size + 1).await?;
        let (reports, next_page_token) =
            page_token::page(keyring, &list, reports, page_size, |report| report.service.service_id.to_string());
        Ok(Response::new(ListServicesResponse {
            next_page_token,
            services: reports.iter().map(show::service).collect(),
        }))
    }

    async fn list_service_events(
        &self,
        request: Request<ListServiceEventsRequest>,
    ) -> Result<Response<ListServiceEventsResponse>, Status> {
        let (caller, mut message) = received(request)?;
        caller.sees(&message.account_id)?;
        let mut form = self.form();
        let service_id = form.required("service_id", &message.service_id, ServiceId::parse);
        let viewer = form.optional_account_id("account_id", &message.account_id);
        let page_size = form.page_size(message.page_size);
        let (Some(service_id), Some(viewer), Some(page_size)) = (service_id, viewer, page_size) else {
            return Err(form.wrong().into());
        };
        let token = std::mem::take(&mut message.page_token);
        message.page_size = 0;
        let list = [b"service events ".as_slice(), &message.encode_to_vec()].concat();
        let keyring = &self.0.keyring;
        let before = page_token::read(keyring, &list, &token, |place| place.parse().ok())?;
        let seen = self.0.events_of_service(&service_id, viewer.as_ref(), before, page_size + 1).await?;
        let (seen, next_page_token) =
            page_token::page(keyring, &list, seen, page_size, |seen| seen.report.event_id.to_string());
        Ok(Response::new(ListServiceEventsResponse { next_page_token, events: seen.iter().map(show::event).collect() }))
    }

    async fn send_test_mail(
        &self,
        request: Request<SendTestMailRequest>,
    ) -> Result<Response<SendTestMailResponse>, Status> {
        let mut form = self.form();
        let account_id = form.account_id("account_id", &request.get_ref().account_id);
        let account_id = account_id.ok_or_else(|| form.wrong())?;
        let sent = self.0.send_test_mail(&account_id).await?;
        Ok(Response::new(show::test_mail(sent)))
    }
}

/// What the billing standing that an update names must be.
const STANDING_FORM: &str = "must be BILLING_STANDING_GOOD or BILLING_STANDING_OVERDUE where the update names it";

/// What the beginning of a service id must look like.
const TEXT_FORM: Invalid = Invalid("must be at most 253 characters, without control characters");

fn new_account(form: &mut Form<'_>, given: &v1::Account) -> Option<NewAccount> {
    let display_name = form.required("account.display_name", &given.display_name, DisplayName::parse);
    let email = form.required("account.email", &given.email, EmailAddress::parse);
    let language = form.read("account.language", &given.language, Language::parse);
    let standing = form.standing("account.billing_standing", given.billing_standing);
    Some(NewAccount {
        display_name: display_name?,
        email: email?,
        language: language?,
        billing_standing: standing?.unwrap_or(BillingStanding::Good),
    })
}

fn account_fields(
    form: &mut Form<'_>,
    given: &v1::Account,
    mask: Option<prost_types::FieldMask>,
) -> Option<AccountFields> {
    let writable = ["display_name", "email", "language", "billing_standing"];
    let named = form.mask(mask, &writable, |path| match path {
        "display_name" => !given.display_name.is_empty(),
        "email" => !given.email.is_empty(),
        "language" => !given.language.is_empty(),
        _ => given.billing_standing != 0,
    });
    let mut fields = AccountFields::default();
    let mut is_whole = true;
    for path in named {
        is_whole &= match path {
            "display_name" => {
                fields.display_name = form.required("account.display_name", &given.display_name, DisplayName::parse);
                fields.display_name.is_some()
            }
            "email" => {
                fields.email = form.required("account.email", &given.email, EmailAddress::parse);
                fields.email.is_some()
            }
            "language" => {
                fields.language = form.read("account.language", &given.language, Language::parse);
                fields.language.is_some()
            }
            _ => {
                // Left out by mistake it would lift what an overdue bill forbids.
                fields.billing_standing = match form.standing("account.billing_standing", given.billing_standing) {
                    Some(None) => form.violate("account.billing_standing", STANDING_FORM),
                    Some(standing) => standing,
                    None => None,
                };
                fields.billing_standing.is_some()
            }
        };
    }
    is_whole.then_some(fields)
}

fn service_fields(
    form: &mut Form<'_>,
    given: &v1::Service,
    mask: Option<prost_types::FieldMask>,
) -> Option<ServiceFields> {
    let named = form.mask(mask, &["kind", "display_name"], |path| match path {
        "kind" => !given.kind.is_empty(),
        _ => !given.display_name.is_empty(),
    });
    let mut fields = ServiceFields::default();
    let mut is_whole = true;
    for path in named {
        is_whole &= match path {
            "kind" => {
                fields.kind = form.required("service.kind", &given.kind, Kind::parse);
                fields.kind.is_some()
            }
            _ => {
                fields.display_name = form.optional("service.display_name", &given.display_name, DisplayName::parse);
                fields.display_name.is_some()
            }
        };
    }
    is_whole.then_some(fields)
}

/// The ordering account holds each role that is not given to another.
fn new_contacts(form: &mut Form<'_>, given: v1::Contacts, ordering: &str) -> Option<Contacts> {
    let all_named = [&given.administrator, &given.technical, &given.billing].iter().all(|id| !id.is_empty());
    let ordering = match all_named {
        true => form.optional_account_id("account_id", ordering),
        false => form.account_id("account_id", ordering).map(Some),
    };
    let mut holder = |path: &str, id: &str| match form.optional_account_id(path, id)? {
        Some(account) => Some(account),
        None => ordering.clone()?,
    };
    let administrator = holder("service.contacts.administrator", &given.administrator);
    let technical = holder("service.contacts.technical", &given.technical);
    let billing = holder("service.contacts.billing", &given.billing);
    ordering?;
    Some(Contacts { administrator: administrator?, technical: technical?, billing: billing? })
}
