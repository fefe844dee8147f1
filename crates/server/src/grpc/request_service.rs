//! `relevo.v1.RequestService`.

use std::collections::BTreeMap;

use prost::Message as _;
use relevo_api::v1::{
    AcceptContactChangeRequest, AcceptContactChangeResponse, CancelContactChangeRequest, CancelContactChangeResponse,
    CreateContactChangesRequest, CreateContactChangesResponse, GetContactChangeRequest, GetContactChangeResponse,
    InspectTokenRequest, InspectTokenResponse, ListChangeEventsRequest, ListChangeEventsResponse,
    ListContactChangesRequest, ListContactChangesResponse, ListDeliveriesRequest, ListDeliveriesResponse,
    RefuseContactChangeRequest, RefuseContactChangeResponse, ResendTokenRequest, ResendTokenResponse,
    request_service_server::RequestService,
};
use relevo_domain::{ChangeId, RefusalReason, Role, ServiceId, contact_change::Wish};
use relevo_persistence::{ChangeFilter, Part};
use tonic::{Request, Response, Status};

use super::{Api, call, mutate, page_token, received, show};
use crate::requests::Asked;

#[tonic::async_trait]
impl RequestService for Api {
    async fn create_contact_changes(
        &self,
        request: Request<CreateContactChangesRequest>,
    ) -> Result<Response<CreateContactChangesResponse>, Status> {
        let (caller, message) = received(request)?;
        let mut form = self.form();
        let service_id = form.required("service_id", &message.service_id, ServiceId::parse);
        let requester = form.account_id("requester", &message.requester);
        let contacts = message.contacts.clone().unwrap_or_default();
        let mut nominees = BTreeMap::new();
        for (role, id) in [
            (Role::Administrator, &contacts.administrator),
            (Role::Technical, &contacts.technical),
            (Role::Billing, &contacts.billing),
        ] {
            if let Some(Some(nominee)) = form.optional_account_id(&format!("contacts.{role}"), id) {
                nominees.insert(role, nominee);
            }
        }
        if [&contacts.administrator, &contacts.technical, &contacts.billing].iter().all(|id| id.is_empty()) {
            form.violate::<()>("contacts", "must name an account for at least one role");
        }
        let request_id = form.request_id(&message.request_id);
        form.check()?;
        let (Some(service_id), Some(requester), Some(request_id)) = (service_id, requester, request_id) else {
            return Err(form.wrong().into());
        };
        self.0.limits.accounts.take(requester.as_str(), self.0.clock.now())?;
        let wish = Wish { requester, nominees };
        let call =
            call(caller, "CreateContactChanges", Some(&wish.requester), request_id, message.validate_only, &message);
        mutate(&self.0, call, async |mutation| {
            let mut response = CreateContactChangesResponse::default();
            match mutation.create_contact_changes(&service_id, &wish).await? {
                Asked::Made(made) => {
                    response.changes = made.iter().map(|seen| show::change(seen, mutation.now)).collect();
                }
                Asked::WouldMake(drafts, service) => {
                    (response.changes, response.plans) =
                        drafts.iter().map(|draft| show::draft(draft, &service)).unzip();
                }
                Asked::Blocked(blockers) => {
                    response.blockers = blockers.iter().map(show::blocker).collect();
                }
            }
            Ok(response)
        })
        .await
    }

    async fn get_contact_change(
        &self,
        request: Request<GetContactChangeRequest>,
    ) -> Result<Response<GetContactChangeResponse>, Status> {
        let (caller, message) = received(request)?;
        caller.sees(&message.account_id)?;
        let mut form = self.form();
        let change_id = form.change_id("change_id", &message.change_id);
        let viewer = form.optional_account_id("account_id", &message.account_id);
        let (Some(change_id), Some(viewer)) = (change_id, viewer) else {
            return Err(form.wrong().into());
        };
        let seen = self.0.change(change_id, viewer).await?;
        Ok(Response::new(GetContactChangeResponse { change: Some(show::change(&seen, self.0.clock.now())) }))
    }

    async fn list_contact_changes(
        &self,
        request: Request<ListContactChangesRequest>,
    ) -> Result<Response<ListContactChangesResponse>, Status> {
        let (caller, mut message) = received(request)?;
        caller.sees(&message.account_id)?;
        let mut form = self.form();
        let account_id = form.optional_account_id("account_id", &message.account_id);
        let parts = form.parts(&message.parts);
        let states = form.states(&message.states);
        let service_id = form.optional("service_id", &message.service_id, ServiceId::parse);
        if !message.parts.is_empty() && message.account_id.is_empty() {
            form.violate::<()>("account_id", "is required with parts");
        }
        let page_size = form.page_size(message.page_size);
        form.check()?;
        let (Some(account_id), Some(parts), Some(states), Some(service_id), Some(page_size)) =
            (account_id, parts, states, service_id, page_size)
        else {
            return Err(form.wrong().into());
        };
        let parts = if parts.is_empty() { Part::ALL.to_vec() } else { parts };
        let participant = account_id.map(|account| (account, parts));
        let filter = ChangeFilter { participant, states, service_id };

        let token = std::mem::take(&mut message.page_token);
        message.page_size = 0;
        let list = [b"changes ".as_slice(), &message.encode_to_vec()].concat();
        let keyring = &self.0.keyring;
        let before = page_token::read(keyring, &list, &token, |place| ChangeId::parse(place).ok())?;
        let now = self.0.clock.now();
        let seen = self.0.changes(&filter, before, page_size + 1, now).await?;
        let (seen, next_page_token) =
            page_token::page(keyring, &list, seen, page_size, |seen| seen.report.change.change_id.to_string());
        Ok(Response::new(ListContactChangesResponse {
            next_page_token,
            changes: seen.iter().map(|seen| show::change(seen, now)).collect(),
        }))
    }

    async fn accept_contact_change(
        &self,
        request: Request<AcceptContactChangeRequest>,
    ) -> Result<Response<AcceptContactChangeResponse>, Status> {
        let (caller, message) = received(request)?;
        let mut form = self.form();
        let change_id = form.change_id("change_id", &message.change_id);
        let account_id = form.account_id("account_id", &message.account_id);
        let token = form.token(&message.token);
        let request_id = form.request_id(&message.request_id);
        let (Some(change_id), Some(account_id), Some(token), Some(request_id)) =
            (change_id, account_id, token, request_id)
        else {
            return Err(form.wrong().into());
        };
        self.0.slow_down(change_id, &account_id, token).await?;
        let call = call(caller, "AcceptContactChange", Some(&account_id), request_id, message.validate_only, &message);
        mutate(&self.0, call, async |mutation| {
            let seen = mutation.accept(change_id, &account_id, token).await?;
            Ok(AcceptContactChangeResponse { change: Some(show::change(&seen, mutation.now)) })
        })
        .await
    }

    async fn refuse_contact_change(
        &self,
        request: Request<RefuseContactChangeRequest>,
    ) -> Result<Response<RefuseContactChangeResponse>, Status> {
        let (caller, message) = received(request)?;
        let mut form = self.form();
        let change_id = form.change_id("change_id", &message.change_id);
        let account_id = form.account_id("account_id", &message.account_id);
        let token = form.token(&message.token);
        let reason = form.read("reason", &message.reason, RefusalReason::parse);
        let request_id = form.request_id(&message.request_id);
        let (Some(change_id), Some(account_id), Some(token), Some(reason), Some(request_id)) =
            (change_id, account_id, token, reason, request_id)
        else {
            return Err(form.wrong().into());
        };
        self.0.slow_down(change_id, &account_id, token).await?;
        let call = call(caller, "RefuseContactChange", Some(&account_id), request_id, message.validate_only, &message);
        mutate(&self.0, call, async |mutation| {
            let seen = mutation.refuse(change_id, &account_id, token, reason).await?;
            Ok(RefuseContactChangeResponse { change: Some(show::change(&seen, mutation.now)) })
        })
        .await
    }

    async fn cancel_contact_change(
        &self,
        request: Request<CancelContactChangeRequest>,
    ) -> Result<Response<CancelContactChangeResponse>, Status> {
        let (caller, message) = received(request)?;
        caller.sees(&message.account_id)?;
        let mut form = self.form();
        let change_id = form.change_id("change_id", &message.change_id);
        let account_id = form.optional_account_id("account_id", &message.account_id);
        let request_id = form.request_id(&message.request_id);
        let (Some(change_id), Some(account_id), Some(request_id)) = (change_id, account_id, request_id) else {
            return Err(form.wrong().into());
        };
        let call =
            call(caller, "CancelContactChange", account_id.as_ref(), request_id, message.validate_only, &message);
        mutate(&self.0, call, async |mutation| {
            let seen = mutation.cancel(change_id, account_id.as_ref()).await?;
            Ok(CancelContactChangeResponse { change: Some(show::change(&seen, mutation.now)) })
        })
        .await
    }

    async fn resend_token(
        &self,
        request: Request<ResendTokenRequest>,
    ) -> Result<Response<ResendTokenResponse>, Status> {
        let (caller, message) = received(request)?;
        let mut form = self.form();
        let change_id = form.change_id("change_id", &message.change_id);
        let account_id = form.account_id("account_id", &message.account_id);
        let request_id = form.request_id(&message.request_id);
        let (Some(change_id), Some(account_id), Some(request_id)) = (change_id, account_id, request_id) else {
            return Err(form.wrong().into());
        };
        self.0.limits.accounts.take(account_id.as_str(), self.0.clock.now())?;
        let call = call(caller, "ResendToken", Some(&account_id), request_id, message.validate_only, &message);
        mutate(&self.0, call, async |mutation| {
            let seen = mutation.resend(change_id, &account_id).await?;
            Ok(ResendTokenResponse { change: Some(show::change(&seen, mutation.now)) })
        })
        .await
    }

    async fn inspect_token(
        &self,
        request: Request<InspectTokenRequest>,
    ) -> Result<Response<InspectTokenResponse>, Status> {
        let message = request.into_inner();
        let mut form = self.form();
        let change_id = form.change_id("change_id", &message.change_id);
        let token = form.token(&message.token);
        let (Some(change_id), Some(token)) = (change_id, token) else {
            return Err(form.wrong().into());
        };
        let seen = self.0.inspect(change_id, token).await?;
        let account_id = seen.viewer.as_ref().map(ToString::to_string).unwrap_or_default();
        let change = Some(show::change(&seen, self.0.clock.now()));
        Ok(Response::new(InspectTokenResponse { change, account_id }))
    }

    async fn list_deliveries(
        &self,
        request: Request<ListDeliveriesRequest>,
    ) -> Result<Response<ListDeliveriesResponse>, Status> {
        let (caller, mut message) = received(request)?;
        caller.sees(&message.account_id)?;
        let mut form = self.form();
        let change_id = form.change_id("change_id", &message.change_id);
        let viewer = form.optional_account_id("account_id", &message.account_id);
        let page_size = form.page_size(message.page_size);
        let (Some(change_id), Some(viewer), Some(page_size)) = (change_id, viewer, page_size) else {
            return Err(form.wrong().into());
        };
        let token = std::mem::take(&mut message.page_token);
        message.page_size = 0;
        let list = [b"deliveries ".as_slice(), &message.encode_to_vec()].concat();
        let keyring = &self.0.keyring;
        let after = page_token::read(keyring, &list, &token, |place| place.parse().ok())?;
        let seen = self.0.mails(change_id, viewer, after, page_size + 1).await?;
        let (mails, next_page_token) =
            page_token::page(keyring, &list, seen.mails, page_size, |mail| mail.mail_id.to_string());
        let deliveries = mails.iter().map(|mail| show::mail(mail, seen.viewer.as_ref())).collect();
        Ok(Response::new(ListDeliveriesResponse { deliveries, next_page_token }))
    }

    async fn list_change_events(
        &self,
        request: Request<ListChangeEventsRequest>,
    ) -> Result<Response<ListChangeEventsResponse>, Status> {
        let (caller, mut message) = received(request)?;
        caller.sees(&message.account_id)?;
        let mut form = self.form();
        let change_id = form.change_id("change_id", &message.change_id);
        let viewer = form.optional_account_id("account_id", &message.account_id);
        let page_size = form.page_size(message.page_size);
        let (Some(change_id), Some(viewer), Some(page_size)) = (change_id, viewer, page_size) else {
            return Err(form.wrong().into());
        };
        let token = std::mem::take(&mut message.page_token);
        message.page_size = 0;
        let list = [b"change events ".as_slice(), &message.encode_to_vec()].concat();
        let keyring = &self.0.keyring;
        let before = page_token::read(keyring, &list, &token, |place| place.parse().ok())?;
        let seen = self.0.events_of_change(change_id, viewer, before, page_size + 1).await?;
        let (seen, next_page_token) =
            page_token::page(keyring, &list, seen, page_size, |seen| seen.report.event_id.to_string());
        Ok(Response::new(ListChangeEventsResponse { next_page_token, events: seen.iter().map(show::event).collect() }))
    }
}
