//! Who may call which method: decided before the message of a call is looked at.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use http_body::Body as _;
use tokio::time::timeout;
use tonic::{Status, body::Body};
use tower::Service;

use crate::{
    Error,
    caller::{Caller, Callers, Grant},
    connection::Peer,
    installation::Installation,
    load::{Load, Room},
};
use Grant::{Directory, Operate, Read, Request as Ask};

/// Each method, with the grants of which its caller needs one. Where a method may be called without an account, that
/// takes `operate`: see [`Caller::sees`].
const METHODS: [(&str, &[Grant]); 22] = [
    ("/relevo.v1.ContactService/CreateAccount", &[Directory]),
    ("/relevo.v1.ContactService/GetAccount", &[Read, Ask, Operate]),
    ("/relevo.v1.ContactService/UpdateAccount", &[Directory]),
    ("/relevo.v1.ContactService/DeleteAccount", &[Directory]),
    ("/relevo.v1.ContactService/ListAccounts", &[Operate]),
    ("/relevo.v1.ContactService/CreateService", &[Directory]),
    ("/relevo.v1.ContactService/GetService", &[Read, Ask, Operate]),
    ("/relevo.v1.ContactService/UpdateService", &[Directory]),
    ("/relevo.v1.ContactService/DeleteService", &[Directory]),
    ("/relevo.v1.ContactService/ListServices", &[Read, Ask, Operate]),
    ("/relevo.v1.ContactService/ListServiceEvents", &[Read, Ask, Operate]),
    ("/relevo.v1.ContactService/SendTestMail", &[Operate]),
    ("/relevo.v1.RequestService/CreateContactChanges", &[Ask]),
    ("/relevo.v1.RequestService/GetContactChange", &[Read, Ask, Operate]),
    ("/relevo.v1.RequestService/ListContactChanges", &[Read, Ask, Operate]),
    ("/relevo.v1.RequestService/AcceptContactChange", &[Ask]),
    ("/relevo.v1.RequestService/RefuseContactChange", &[Ask]),
    ("/relevo.v1.RequestService/CancelContactChange", &[Ask, Operate]),
    ("/relevo.v1.RequestService/ResendToken", &[Ask, Operate]),
    ("/relevo.v1.RequestService/InspectToken", &[Read, Ask, Operate]),
    ("/relevo.v1.RequestService/ListDeliveries", &[Read, Ask, Operate]),
    ("/relevo.v1.RequestService/ListChangeEvents", &[Read, Ask, Operate]),
];

/// What load balancers ask, who are nobody's callers.
const HEALTH: &str = "/grpc.health.v1.Health/";
/// What of ours is not in the table is not there.
const OURS: &str = "/relevo.";

/// How long the message of a call may take that is refused before it is read.
const PATIENCE: Duration = Duration::from_secs(1);

/// A service that only those may call who may, not more often than they may, and while there is room for their calls. It
/// leaves the [`Caller`] in the extensions of the call.
#[derive(Debug, Clone)]
pub(crate) struct Admission<S> {
    pub(crate) callers: Callers,
    pub(crate) installation: Arc<Installation>,
    pub(crate) load: Arc<Load>,
    pub(crate) inner: S,
}

impl<S> Admission<S> {
    fn admit(&self, request: &Request<Body>) -> Result<(Arc<Caller>, Option<Room>), Status> {
        let peer = request.extensions().get::<Peer>();
        let caller = self.callers.identify(request.headers(), peer.map(Peer::names).unwrap_or_default())?;
        if let Some(peer) = peer {
            peer.is_known_as(&caller.name);
        }
        let (limits, now) = (&self.installation.limits, self.installation.clock.now());
        let told = |error: &Error| limits.tell(&caller.name, error, now);
        limits.callers.take(&caller.name, now).inspect_err(told)?;
        let path = request.uri().path();
        match METHODS.iter().find(|(method, _)| *method == path) {
            Some((_, needed)) => {
                caller.may(needed)?;
                let room = self.load.room(&caller.name).inspect_err(told)?;
                Ok((caller, Some(room)))
            }
            None if path.starts_with(OURS) => Err(Status::unimplemented("There is no such method.")),
            // Reflection is for every caller, and costs little.
            None => Ok((caller, None)),
        }
    }
}

impl<S> Service<Request<Body>> for Admission<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if request.uri().path().starts_with(HEALTH) {
            return Box::pin(self.inner.call(request));
        }
        match self.admit(&request) {
            Ok((caller, room)) => {
                request.extensions_mut().insert(caller);
                let call = self.inner.call(request);
                Box::pin(async move {
                    let _room = room;
                    call.await
                })
            }
            Err(refused) => Box::pin(async move {
                hear_out(request.into_body()).await;
                Ok(refused.into_http())
            }),
        }
    }
}

/// Waits for the end of a message that nobody will read. What came after the answer would be a fault of the client's, and
/// after some of these his connection is given up, with the calls of others that it carries.
async fn hear_out(body: Body) {
    let mut body = pin!(body);
    let to_its_end = async { while let Some(Ok(_)) = poll_fn(|context| body.as_mut().poll_frame(context)).await {} };
    // Whoever lets it wait for longer is at fault.
    let _ = timeout(PATIENCE, to_its_end).await;
}

/// Who makes a call, and with what message.
pub(super) fn received<M>(request: tonic::Request<M>) -> Result<(Arc<Caller>, M), Error> {
    let caller = request.extensions().get::<Arc<Caller>>().cloned();
    Ok((caller.ok_or(Error::CallerUnknown("Nobody was admitted."))?, request.into_inner()))
}
