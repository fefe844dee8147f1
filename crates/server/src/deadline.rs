//! No call takes longer than its caller waits: one that the database keeps waiting is told so in time, and not left to
//! find out by itself. Nor does one whose caller says nothing.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};
use tonic::{Status, body::Body};
use tower::Service;

use crate::Error;

/// How long a call may take whose caller does not say, or says more. No setting: the sessions of the database give up
/// after the same time, and what a caller wants to wait for longer for is better asked anew. And how long nothing may be
/// said in a call that goes on for longer, as those for reflection do.
const LONGEST: Duration = Duration::from_secs(10);

/// A service that answers in time.
#[derive(Debug, Clone)]
pub(crate) struct Deadline<S>(pub(crate) S);

impl<S> Service<Request<Body>> for Deadline<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let asked = asked(request.headers()).unwrap_or(LONGEST).min(LONGEST);
        let is_whole = Arc::new(AtomicBool::new(false));
        let request = request.map(|body| {
            let silence = Box::pin(sleep(LONGEST));
            Body::new(Arriving { body, is_whole: is_whole.clone(), silence })
        });
        // What is left is for the way back.
        let call = tokio::time::timeout(asked * 9 / 10, self.0.call(request));
        Box::pin(async move {
            match call.await {
                Ok(answered) => answered,
                Err(_) if is_whole.load(Ordering::Relaxed) => Ok(Status::from(Error::Late).into_http()),
                Err(_) => Ok(silent().into_http()),
            }
        })
    }
}

fn silent() -> Status {
    Status::deadline_exceeded("The message of the call did not come in time.")
}

/// The message of a call, on its way.
struct Arriving {
    body: Body,
    is_whole: Arc<AtomicBool>,
    /// Runs out if nothing comes.
    silence: Pin<Box<Sleep>>,
}

impl http_body::Body for Arriving {
    type Data = <Body as http_body::Body>::Data;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if self.body.is_end_stream() {
            self.is_whole.store(true, Ordering::Relaxed);
        }
        match &frame {
            Poll::Ready(None) => self.is_whole.store(true, Ordering::Relaxed),
            Poll::Ready(Some(_)) => self.silence.as_mut().reset(Instant::now() + LONGEST),
            Poll::Pending if self.silence.as_mut().poll(context).is_ready() => {
                return Poll::Ready(Some(Err(silent())));
            }
            Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What a caller says about how long it waits:
/// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.
fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (unit_at, unit) = text.char_indices().next_back()?;
    let count = text.get(..unit_at).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let count: u64 = count.parse().ok()?;
    Some(match unit {
        'H' => Duration::from_secs(count.saturating_mul(3600)),
        'M' => Duration::from_secs(count.saturating_mul(60)),
        'S' => Duration::from_secs(count),
        'm' => Duration::from_millis(count),
        'u' => Duration::from_micros(count),
        'n' => Duration::from_nanos(count),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_caller_asks_for_is_read_in_every_unit() {
        for (text, expected) in [
            ("2H", Some(Duration::from_secs(7200))),
            ("3M", Some(Duration::from_secs(180))),
            ("4S", Some(Duration::from_secs(4))),
            ("99999999m", Some(Duration::from_millis(99_999_999))),
            ("6u", Some(Duration::from_micros(6))),
            ("7n", Some(Duration::from_nanos(7))),
            ("99999999999999999999H", None),
            ("", None),
            ("S", None),
            ("1", None),
            ("+1S", None),
            ("1ñ", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", http::HeaderValue::from_str(text).unwrap());
            assert_eq!(asked(&headers), expected, "{text}");
        }
        assert_eq!(asked(&HeaderMap::new()), None);
    }
}
