//! Who is calling. Until callers can prove who they are, all are one, which may do everything and sees everything;
//! the configuration keeps the listener on loopback addresses meanwhile.

/// The name under which a call stands in the history, and under which its `request_id` is remembered.
pub(crate) const CALLER: &str = "local";
