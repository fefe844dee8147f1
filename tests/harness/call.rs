//! Calls as values, for tests that go through many of them.

use prost::Message;
use relevo_api::v1;
use tonic::{Request, metadata::MetadataMap, transport::Channel};
use tonic_prost::ProstCodec;
use uuid::Uuid;

use crate::{Refused, TestServer};

/// Makes a call by the path of its method, with headers of its own, and does not look at the answer.
pub async fn call_as(
    channel: &Channel,
    path: &str,
    message: impl Message + Default + 'static,
    headers: MetadataMap,
) -> Result<(), Refused> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let mut request = Request::new(message);
    *request.metadata_mut() = headers;
    client.unary(request, path.parse().unwrap(), ProstCodec::<_, ()>::default()).await?;
    Ok(())
}

/// The headers of a call with a key.
pub fn with_key(key: &str) -> MetadataMap {
    let mut headers = MetadataMap::new();
    headers.insert("authorization", format!("Bearer {key}").parse().unwrap());
    headers
}

macro_rules! methods {
    (
        reads { $($read:ident: $read_method:ident $read_request:ident,)* }
        mutations { $($mutation:ident: $method:ident $request:ident,)* }
    ) => {
        /// Any call of the API.
        #[expect(missing_docs, reason = "each is named after its request")]
        #[derive(Debug, Clone)]
        pub enum Call {
            $($read_request(Box<v1::$read_request>),)*
            $($request(Box<v1::$request>),)*
        }

        impl Call {
            /// The name of its message.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$read_request(_) => stringify!($read_request),)*
                    $(Self::$request(_) => stringify!($request),)*
                }
            }

            /// Makes the call. The answer is the whole message, written out.
            pub async fn send(self, server: &TestServer) -> Result<String, Refused> {
                Ok(match self {
                    $(Self::$read_request(it) => {
                        format!("{:?}", server.$read().$read_method(*it).await?.into_inner())
                    })*
                    $(Self::$request(it) => format!("{:?}", server.$mutation().$method(*it).await?.into_inner()),)*
                })
            }

            /// The same mutation under a `request_id`.
            pub fn under(mut self, request_id: Uuid) -> Self {
                match &mut self {
                    $(Self::$read_request(_) => panic!("no mutation: {self:?}"),)*
                    $(Self::$request(it) => it.request_id = request_id.to_string(),)*
                }
                self
            }

            /// The same mutation with `validate_only`.
            pub fn only_checked(mut self) -> Self {
                match &mut self {
                    $(Self::$read_request(_) => panic!("no mutation: {self:?}"),)*
                    $(Self::$request(it) => it.validate_only = true,)*
                }
                self
            }
        }

        $(impl From<v1::$read_request> for Call {
            fn from(request: v1::$read_request) -> Self {
                Self::$read_request(Box::new(request))
            }
        })*
        $(impl From<v1::$request> for Call {
            fn from(request: v1::$request) -> Self {
                Self::$request(Box::new(request))
            }
        })*

        /// The messages of all methods that change things.
        pub const MUTATIONS: &[&str] = &[$(stringify!($request)),*];
    };
}

methods! {
    reads {
        contacts: get_account GetAccountRequest,
        contacts: list_accounts ListAccountsRequest,
        contacts: get_service GetServiceRequest,
        contacts: list_services ListServicesRequest,
        contacts: list_service_events ListServiceEventsRequest,
        contacts: send_test_mail SendTestMailRequest,
        requests: get_contact_change GetContactChangeRequest,
        requests: list_contact_changes ListContactChangesRequest,
        requests: inspect_token InspectTokenRequest,
        requests: list_deliveries ListDeliveriesRequest,
        requests: list_change_events ListChangeEventsRequest,
    }
    mutations {
        contacts: create_account CreateAccountRequest,
        contacts: update_account UpdateAccountRequest,
        contacts: delete_account DeleteAccountRequest,
        contacts: create_service CreateServiceRequest,
        contacts: update_service UpdateServiceRequest,
        contacts: delete_service DeleteServiceRequest,
        requests: create_contact_changes CreateContactChangesRequest,
        requests: accept_contact_change AcceptContactChangeRequest,
        requests: refuse_contact_change RefuseContactChangeRequest,
        requests: cancel_contact_change CancelContactChangeRequest,
        requests: resend_token ResendTokenRequest,
    }
}
