//! What is shown to Model Studio, and whether it may be.
//!
//! Credentials are made anew with every change of the catalog. Those that did not change keep what
//! was learnt about their [`Key`]: one that Model Studio rejected is not sent again until it is
//! written again. What a request that is still in flight hears of an older key is about that key
//! alone.

use gateway::{Destination, Error, Refusal, Secret, Timeouts, Upstream};
use http::StatusCode;
use live_catalog::Snapshot;
use request_log::{KeyNote, KeyState};
use std::{net::SocketAddr, sync::Arc};
use store::{Contents, ProviderKind, QwenCredentials, Region, coding_plan_warning};

use crate::{
    key::Key,
    standing::{Heard, Standing},
};

/// What the provider is called in errors.
pub(crate) const QWEN: &str = "qwen";

const ENTER: &str = "enter an API key of Alibaba Cloud Model Studio in the dashboard under Settings \
    (or POST it to /api/qwen/credentials of the control server), with the region (intl, cn or us) \
    that it was made in";

/// What the command line and the environment say.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    /// In place of every other base URL.
    pub(crate) base_url: Option<String>,
    /// Used where the catalog has none.
    pub(crate) api_key: Option<Secret>,
    /// Where this server listens.
    pub(crate) address: SocketAddr,
}

impl Given {
    /// What is used where the catalog has no credentials.
    pub(crate) fn upstream(&self) -> Result<Upstream, Error> {
        self.upstream_at(Region::default().base_url(), self.api_key.as_ref())
    }

    fn upstream_at(&self, endpoint: &str, key: Option<&Secret>) -> Result<Upstream, Error> {
        let url = self.base_url.as_deref().unwrap_or(endpoint);
        Upstream::try_new(QWEN, url, key)?.elsewhere_than(self.address)
    }
}

/// The credentials in force.
pub(crate) struct Credentials {
    /// As the catalog has them; none where they come from the environment, or nowhere.
    stored: Option<QwenCredentials>,
    upstream: Result<Arc<Upstream>, String>,
    key: Arc<Key>,
    warning: Option<&'static str>,
    timeouts: Timeouts,
    fault: Option<String>,
}

impl Credentials {
    /// Those that follow from the catalog, after `before`.
    pub(crate) fn new(given: &Given, catalog: &Snapshot, before: Option<&Self>) -> Self {
        let stored = catalog.contents.qwen.clone();
        let timeouts = timeouts(&catalog.contents);
        let fault = catalog.fault.clone();
        if let Some(before) = before.filter(|before| before.stored == stored) {
            let (upstream, key) = (before.upstream.clone(), Arc::clone(&before.key));
            return Self { stored, upstream, key, warning: before.warning, timeouts, fault };
        }
        let stored_key = stored.as_ref().map(|stored| Secret::new(stored.api_key.expose()));
        let upstream = match (&stored, &stored_key) {
            (Some(stored), Some(key)) => given.upstream_at(stored.endpoint(), Some(key)),
            _ => given.upstream(),
        };
        let upstream = upstream.map(Arc::new).map_err(|error| error.to_string());
        let key = stored_key.as_ref().or(given.api_key.as_ref());
        let warning = key.and_then(|key| coding_plan_warning(key.expose()));
        if let Some(warning) = warning {
            tracing::warn!("{warning}");
        }
        Self { stored, upstream, key: Arc::default(), warning, timeouts, fault }
    }

    /// What was learnt about their key.
    pub(crate) fn key(&self) -> &Arc<Key> {
        &self.key
    }

    /// What people should know about the key.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        self.warning
    }

    /// What the control server should know of the key, if it is one of the catalog's.
    pub(crate) fn note(&self) -> Option<KeyNote> {
        let state = match self.key.standing() {
            Standing::Unverified => return None,
            Standing::Valid => KeyState::Valid,
            Standing::Rejected => KeyState::Rejected,
            Standing::OutOfQuota { .. } => KeyState::OutOfQuota,
        };
        let written_at = self.stored.as_ref()?.updated_at_ms;
        Some(KeyNote { written_at, state })
    }

    /// What they are called in the health.
    pub(crate) fn state(&self, now_ms: u64) -> &'static str {
        if self.upstream.as_ref().is_ok_and(|upstream| !upstream.has_key()) {
            return "missing";
        }
        if self.is_expired(now_ms) {
            return "expired";
        }
        self.key.standing().word()
    }

    fn is_expired(&self, now_ms: u64) -> bool {
        self.stored.as_ref().is_some_and(|stored| stored.is_expired(now_ms))
    }

    /// Whether they can be sent, as far as is known.
    pub(crate) fn are_valid(&self, now_ms: u64) -> bool {
        self.destination(now_ms).is_ok()
    }

    /// When they expire, in ms since the epoch, if that is known.
    pub(crate) fn expires_at_ms(&self) -> Option<u64> {
        self.stored.as_ref().and_then(|stored| stored.expires_at_ms)
    }

    /// Why the catalog cannot be read at present.
    pub(crate) fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Where requests go with them, or what to do first.
    pub(crate) fn destination(&self, now_ms: u64) -> Result<Destination, Refusal> {
        let upstream = self.upstream.as_ref().map_err(|error| unusable(error))?;
        if !upstream.has_key() {
            return Err(missing(self.fault()));
        }
        if self.is_expired(now_ms) {
            return Err(expired());
        }
        if self.key.standing() == Standing::Rejected {
            return Err(rejected(upstream, self.stored.is_some()));
        }
        Ok(Destination::new(Arc::clone(upstream), self.timeouts))
    }

    /// Takes note of what Model Studio said to a request with this key.
    pub(crate) fn hear(&self, heard: &Heard<'_>, now_ms: u64) {
        let host = self.upstream.as_ref().map_or("", |upstream| upstream.host());
        match self.key.hear(heard, now_ms) {
            Some(Standing::Rejected) => tracing::warn!(
                provider.host = host,
                "the key was rejected, and is not sent again until it is replaced"
            ),
            Some(Standing::OutOfQuota { .. }) => tracing::warn!(
                provider.host = host,
                "the key's account does not pay; one request a minute is sent to see whether it does"
            ),
            Some(Standing::Valid) => {
                tracing::info!(provider.host = host, "the key was accepted");
            }
            Some(Standing::Unverified) | None => {}
        }
    }
}

/// Those of the provider whose server this proxy is to the router: who waits longer there must not be
/// cut off here.
fn timeouts(contents: &Contents) -> Timeouts {
    let own = contents.providers.iter().find(|provider| provider.kind == ProviderKind::Qwen);
    let own = own.map(|provider| provider.timeouts).unwrap_or_default();
    let [connect, first_byte, idle] = contents.settings.timeouts(own);
    Timeouts { connect, first_byte, idle }
}

fn unauthorized(code: &'static str, message: String) -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, "authentication_error", code, message)
}

fn missing(fault: Option<&str>) -> Refusal {
    let fault = fault.map_or_else(String::new, |fault| format!(" (the catalog: {fault})"));
    let message = format!(
        "no Qwen credentials{fault}: {ENTER}. Or set DASHSCOPE_API_KEY and start the proxy again; a \
         key of another region than Singapore needs its base URL too (--base-url or QWEN_BASE_URL)"
    );
    unauthorized("missing_credentials", message)
}

fn expired() -> Refusal {
    let message = format!("the Qwen credentials have expired and are not sent any more: {ENTER}");
    unauthorized("expired_credentials", message)
}

fn rejected(upstream: &Upstream, is_stored: bool) -> Refusal {
    let (host, otherwise) =
        (upstream.host(), ", or set DASHSCOPE_API_KEY anew and start the proxy again");
    let otherwise = if is_stored { "" } else { otherwise };
    let message = format!(
        "{host} rejected the Qwen API key, so it is not sent any more: {ENTER}{otherwise}. A key is \
         valid in its own region alone"
    );
    unauthorized("invalid_api_key", message)
}

fn unusable(error: &str) -> Refusal {
    let message = format!("the Qwen credentials cannot be used: {error}");
    Refusal::upstream(StatusCode::BAD_GATEWAY, "invalid_base_url", QWEN, message)
}

#[cfg(test)]
mod tests {
    use super::{Credentials, Given};
    use crate::{fault::Fault, pace::Throttle, standing::Heard};
    use gateway::Secret;
    use http::StatusCode;
    use live_catalog::Snapshot;
    use std::sync::Arc;
    use store::{ApiKey, Contents, QwenCredentials, Region};

    const NOW: u64 = 1_000;

    fn given(base_url: Option<&str>, key: Option<&str>) -> Given {
        Given {
            base_url: base_url.map(str::to_owned),
            api_key: key.map(Secret::new),
            address: "127.0.0.1:3000".parse().expect("an address"),
        }
    }

    fn stored(region: Region, base_url: Option<&str>) -> QwenCredentials {
        QwenCredentials {
            api_key: ApiKey::try_new("sk-stored").expect("a key"),
            expires_at_ms: None,
            region,
            base_url: base_url.map(str::to_owned),
            created_at_ms: 1,
            updated_at_ms: 1,
        }
    }

    fn catalog(qwen: Option<QwenCredentials>) -> Snapshot {
        let contents = Arc::new(Contents { qwen, ..Contents::default() });
        Snapshot { contents, fault: None }
    }

    #[track_caller]
    fn host(given: &Given, qwen: Option<QwenCredentials>, expected: &str) {
        let credentials = Credentials::new(given, &catalog(qwen), None);
        let destination = credentials.destination(NOW).expect("credentials");
        assert_eq!(destination.upstream.host(), expected);
    }

    #[test]
    fn a_key_goes_to_its_region_unless_somebody_says_otherwise() {
        let plain = given(None, None);
        host(&plain, Some(stored(Region::International, None)), "dashscope-intl.aliyuncs.com");
        host(&plain, Some(stored(Region::China, None)), "dashscope.aliyuncs.com");
        host(&plain, Some(stored(Region::UnitedStates, None)), "dashscope-us.aliyuncs.com");
        let own = Some("https://mine.example/v1");
        host(&plain, Some(stored(Region::China, own)), "mine.example");
        let elsewhere = given(Some("http://h:1/v1"), Some("sk-env"));
        host(&elsewhere, Some(stored(Region::China, own)), "h:1");
        host(&elsewhere, None, "h:1");
        host(&given(None, Some("sk-env")), None, "dashscope-intl.aliyuncs.com");
    }

    #[track_caller]
    fn refused(credentials: &Credentials, now_ms: u64, expected: &str) {
        let refusal = credentials.destination(now_ms).err().expect("a refusal");
        assert!(refusal.message().contains(expected), "{refusal:?}");
        assert!(!credentials.are_valid(now_ms));
    }

    #[test]
    fn what_is_missing_expired_or_itself_is_not_sent() {
        refused(
            &Credentials::new(&given(None, None), &catalog(None), None),
            NOW,
            "DASHSCOPE_API_KEY",
        );
        let expiring = QwenCredentials { expires_at_ms: Some(NOW), ..stored(Region::China, None) };
        let environment = given(None, Some("sk-env"));
        let expiring = Credentials::new(&environment, &catalog(Some(expiring)), None);
        assert!(expiring.are_valid(NOW - 1));
        refused(&expiring, NOW, "have expired");
        let itself = stored(Region::China, Some("http://localhost:3000/v1"));
        refused(&Credentials::new(&environment, &catalog(Some(itself)), None), NOW, "itself");
    }

    fn heard(status: u16, fault: Option<Fault>) -> Heard<'static> {
        let status = StatusCode::from_u16(status).expect("a status");
        Heard { status, fault, said: "", is_paid: true }
    }

    #[test]
    fn a_rejected_key_is_not_sent_until_it_is_written_again() {
        let given = given(None, None);
        let first = stored(Region::China, None);
        let old = Credentials::new(&given, &catalog(Some(first.clone())), None);
        assert_eq!(old.state(NOW), "unverified");
        old.hear(&heard(429, Some(Fault::Throttled(Throttle::Requests))), NOW);
        assert!(old.are_valid(NOW));
        old.hear(&heard(401, Some(Fault::Key)), NOW);
        refused(&old, NOW, "dashscope.aliyuncs.com rejected");
        let same = Credentials::new(&given, &catalog(Some(first.clone())), Some(&old));
        refused(&same, NOW, "rejected");
        assert_eq!(same.state(NOW), "rejected");
        let again = QwenCredentials { updated_at_ms: 2, ..first };
        let again = Credentials::new(&given, &catalog(Some(again)), Some(&same));
        assert!(again.are_valid(NOW));
        old.hear(&heard(401, Some(Fault::Key)), NOW);
        assert!(again.are_valid(NOW), "that was about the old one");
    }

    #[test]
    fn states_have_names() {
        let environment = given(None, Some("sk-env"));
        assert_eq!(
            Credentials::new(&given(None, None), &catalog(None), None).state(NOW),
            "missing"
        );
        let expired = QwenCredentials { expires_at_ms: Some(NOW), ..stored(Region::China, None) };
        let expired = Credentials::new(&environment, &catalog(Some(expired)), None);
        assert_eq!(expired.state(NOW), "expired");
        let unpaid = Credentials::new(&environment, &catalog(None), None);
        unpaid.hear(&heard(400, Some(Fault::Account)), NOW);
        assert_eq!(unpaid.state(NOW), "out_of_quota");
        unpaid.hear(&heard(200, None), NOW);
        assert_eq!(unpaid.state(NOW), "valid");
    }

    #[test]
    fn a_coding_plans_key_comes_with_a_warning() {
        let warning =
            |key| Credentials::new(&given(None, Some(key)), &catalog(None), None).warning();
        assert_eq!(warning("sk-1"), None);
        assert!(warning("sk-sp-1").is_some_and(|text| text.contains("coding tools")));
    }
}
