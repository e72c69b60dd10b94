//! What every error of the core can say: a stable reason for programs, values for logs, a message for people.

/// A typed refusal. Reasons are `UPPER_SNAKE` names of the shared `Reason` table and never change once published.
pub trait Refusal: std::error::Error {
    /// The stable name that callers branch on.
    fn reason(&self) -> &'static str;

    /// The values that the message mentions, so that nobody parses text.
    fn metadata(&self) -> Vec<(&'static str, String)>;
}
