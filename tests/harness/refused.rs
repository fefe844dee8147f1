//! An error as a program reads it.

use std::{collections::BTreeMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::StatusExt;

/// A refused call: its code, its reason, and what the details say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The gRPC code.
    pub code: Code,
    /// The `reason` of its `ErrorInfo`.
    pub reason: String,
    /// The sentence for people.
    pub message: String,
    /// The metadata of its `ErrorInfo`.
    pub metadata: BTreeMap<String, String>,
    /// The paths of its field violations, and what would be right.
    pub violations: Vec<(String, String)>,
    /// The type and subject of its precondition violations.
    pub preconditions: Vec<(String, String)>,
    /// The type and name of the resource it is about.
    pub resource: Option<(String, String)>,
    /// When to call again.
    pub retry_after: Option<Duration>,
    /// All details as they came, so that two errors are equal only if their bytes are.
    pub details: Vec<u8>,
}

impl From<Status> for Refused {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        let Some(info) = details.error_info() else {
            panic!("an error of Relevo carries an ErrorInfo: {status:?}");
        };
        assert_eq!(info.domain, "relevo");
        let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
        let preconditions = details.precondition_failure().map(|it| it.violations.clone()).unwrap_or_default();
        Self {
            code: status.code(),
            reason: info.reason.clone(),
            message: status.message().to_owned(),
            metadata: info.metadata.clone().into_iter().collect(),
            violations: violations.into_iter().map(|it| (it.field, it.description)).collect(),
            preconditions: preconditions.into_iter().map(|it| (it.r#type, it.subject)).collect(),
            resource: details.resource_info().map(|it| (it.resource_type.clone(), it.resource_name.clone())),
            retry_after: details.retry_info().and_then(|retry| retry.retry_delay),
            details: status.details().to_vec(),
        }
    }
}

impl Refused {
    /// Whether it was refused for this reason.
    pub fn is(&self, reason: &str) -> bool {
        self.reason == reason
    }
}
