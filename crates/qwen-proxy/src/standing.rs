//! What Model Studio thinks of a key.
//!
//! A new key is `unverified`. An answer that only an accepted key gets makes it `valid`, whatever
//! else is wrong with the request. A 401, or a word for it, makes it `rejected`, for good: it is not
//! sent again, and only another key, or the same one written again, changes that. A 403 without a word
//! that we know says nothing of it: whatever stands in between may forbid a request. An account that
//! does not pay makes it `out_of_quota`: then one request a minute is let through, which finds
//! out when the account is settled; the others are told without being sent.

use crate::fault::Fault;
use http::StatusCode;

/// How often a key whose account does not pay is tried, in ms.
const PROBE_MS: u64 = 60_000;

/// What is known of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It has not been sent yet.
    #[default]
    Unverified,
    /// It was accepted when it was last sent.
    Valid,
    /// It was not accepted.
    Rejected,
    /// It is good, but its account is not.
    OutOfQuota {
        /// When it may be tried again, in ms since the epoch.
        probe_at_ms: u64,
        /// What was said about the account.
        said: String,
    },
}

/// How a request was answered.
pub(crate) struct Heard<'a> {
    pub(crate) status: StatusCode,
    /// What it was refused for, if it was.
    pub(crate) fault: Option<Fault>,
    /// With which words.
    pub(crate) said: &'a str,
    /// Whether such a request has to be paid for. A list of models has not, so that it says nothing
    /// of the account.
    pub(crate) is_paid: bool,
}

impl Standing {
    /// What it is called in the health.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Valid => "valid",
            Self::Rejected => "rejected",
            Self::OutOfQuota { .. } => "out_of_quota",
        }
    }

    /// What it is once a request was sent that has to be paid for; or what was said of the account,
    /// if it is not to be sent.
    pub(crate) fn claim(&self, now_ms: u64) -> Result<Self, String> {
        match self {
            Self::OutOfQuota { probe_at_ms, said } if *probe_at_ms > now_ms => Err(said.clone()),
            Self::OutOfQuota { said, .. } => Ok(Self::out_of_quota(said, now_ms)),
            Self::Unverified | Self::Valid | Self::Rejected => Ok(self.clone()),
        }
    }

    fn out_of_quota(said: &str, now_ms: u64) -> Self {
        Self::OutOfQuota { probe_at_ms: now_ms.saturating_add(PROBE_MS), said: said.to_owned() }
    }

    /// What it is once a request was answered so.
    pub(crate) fn after(&self, answer: &Heard<'_>, now_ms: u64) -> Self {
        match (self, answer.fault) {
            // What was sent before a rejection may be answered after it.
            (Self::Rejected, _) | (_, Some(Fault::Key)) => Self::Rejected,
            (_, Some(Fault::Account)) => Self::out_of_quota(answer.said, now_ms),
            (Self::OutOfQuota { .. }, None) if !answer.is_paid => self.clone(),
            (_, None) if answer.status.is_success() => Self::Valid,
            (
                Self::Unverified,
                Some(
                    Fault::FreeQuota
                    | Fault::Throttled(_)
                    | Fault::StreamOnly
                    | Fault::Inspection
                    | Fault::Access
                    | Fault::Model,
                ),
            ) => Self::Valid,
            (before, _) => before.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Heard, PROBE_MS, Standing};
    use crate::{fault::Fault, pace::Throttle};
    use http::StatusCode;

    const NOW: u64 = 7;

    fn out_of_quota() -> Standing {
        Standing::OutOfQuota { probe_at_ms: NOW + PROBE_MS, said: "pay".to_owned() }
    }

    #[track_caller]
    fn check(before: &Standing, status: u16, fault: Option<Fault>, expected: &Standing) {
        let status = StatusCode::from_u16(status).expect("a status");
        let heard = Heard { status, fault, said: "pay", is_paid: true };
        assert_eq!(&before.after(&heard, NOW), expected, "{before:?} {fault:?}");
    }

    #[test]
    fn what_answers_say_of_a_key() {
        let [unverified, valid, rejected] =
            [Standing::Unverified, Standing::Valid, Standing::Rejected];
        let throttled = Some(Fault::Throttled(Throttle::Requests));
        for before in [&unverified, &valid, &out_of_quota()] {
            check(before, 401, Some(Fault::Key), &rejected);
            check(before, 400, Some(Fault::Account), &out_of_quota());
            check(before, 200, None, &valid);
        }
        check(&unverified, 429, throttled, &valid);
        check(&unverified, 403, Some(Fault::Other), &unverified);
        check(&valid, 403, Some(Fault::Other), &valid);
        check(&unverified, 400, Some(Fault::Other), &unverified);
        check(&unverified, 500, Some(Fault::Other), &unverified);
        check(&out_of_quota(), 429, throttled, &out_of_quota());
    }

    #[test]
    fn a_list_of_models_says_nothing_of_the_account() {
        let heard = Heard { status: StatusCode::OK, fault: None, said: "", is_paid: false };
        assert_eq!(out_of_quota().after(&heard, NOW), out_of_quota());
        assert_eq!(Standing::Unverified.after(&heard, NOW), Standing::Valid);
    }

    #[test]
    fn a_rejected_key_stays_rejected() {
        for (status, fault) in [
            (200, None),
            (429, Some(Fault::Throttled(Throttle::Growth))),
            (400, Some(Fault::Account)),
        ] {
            check(&Standing::Rejected, status, fault, &Standing::Rejected);
        }
    }
}
