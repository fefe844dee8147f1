//! No call takes longer than its caller waits: one that the database keeps waiting is told so in time, and not left to
//! find out by itself.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, Request, Response};
use tonic::{Status, body::Body};
use tower::Service;

use crate::Error;

/// How long a call may take whose caller does not say, or says more.
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
        // What is left is for the way back.
        let call = tokio::time::timeout(asked * 9 / 10, self.0.call(request));
        Box::pin(async move {
            match call.await {
                Ok(answered) => answered,
                Err(_) => Ok(Status::from(Error::Late).into_http()),
            }
        })
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
