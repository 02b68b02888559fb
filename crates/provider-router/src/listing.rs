//! What one provider says of its models, kept for a while.
//!
//! A list is asked for when somebody needs it and the last one is too old, by one request at a time
//! while others wait for it. Nobody waits for a provider that did not answer in time when it was
//! last asked, nor for one whose list is not that old: those are asked in the background, and what
//! was last known is shown until then. Models of a provider that fails are known all the same, so
//! that its requests go there and fail there, rather than to somebody else's server.

use gateway::Refusal;
use http::StatusCode;
use serde_json::Value;
use std::{
    collections::HashSet,
    future::Future,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use crate::kinds::Description;

/// How long a provider may take for its list. All are asked at once, so a dead one costs this much,
/// once.
const PATIENCE: Duration = Duration::from_secs(2);

/// How old a list may be until it is asked for in the background.
const FRESH: Duration = Duration::from_secs(30);

/// How old it may be for showing it without having asked again.
const FOR_SHOWING: Duration = Duration::from_secs(300);

/// How old it may be where a model is not in it: the model may be new.
const FOR_MISSING: Duration = Duration::from_secs(5);

/// After which a provider that failed is asked again.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// After which one is that did not answer in time.
const AFTER_SILENCE: Duration = Duration::from_secs(30);

/// What a list is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The table is new: who was never asked is, and who failed may not fail any more.
    NewTable,
    /// To show it to somebody who waits.
    Showing,
    /// A model is in none of the lists, and somebody waits.
    Missing,
    /// To have it fresh, while nobody waits.
    Background,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Listed,
    /// It does not take the key, or wants one.
    Rejected,
    Failed,
    /// It took too long, which a server that works may do.
    Silent,
    /// It has no list, which says nothing else.
    Unlisted,
}

/// What is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listed {
    /// The models, each as the provider describes it, as of the last answer.
    pub(crate) models: Vec<Description>,
    ids: HashSet<String>,
    /// Why the provider fails.
    pub(crate) error: Option<String>,
    is_silent: bool,
    asked: Option<Instant>,
}

impl Listed {
    pub(crate) fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// Whether the provider was ever asked.
    pub(crate) fn is_known(&self) -> bool {
        self.asked.is_some()
    }

    fn is_good_for(&self, need: Need) -> bool {
        let Some(asked) = self.asked else { return false };
        let limit = match (need, self.is_silent, &self.error) {
            (Need::NewTable, _, error) => return error.is_none(),
            (Need::Showing | Need::Missing, true, _) => return true,
            (Need::Background, true, _) => AFTER_SILENCE,
            (_, false, Some(_)) => AFTER_FAILURE,
            (Need::Showing, false, None) => FOR_SHOWING,
            (Need::Missing, false, None) => FOR_MISSING,
            (Need::Background, false, None) => FRESH,
        };
        asked.elapsed() < limit
    }

    fn answered(models: Vec<Description>, other_name: impl Fn(&str) -> Option<&str>) -> Self {
        let own = models.iter().filter_map(id);
        let ids = own.flat_map(|id| std::iter::once(id).chain(other_name(id)));
        let ids = ids.map(str::to_owned).collect();
        let asked = Some(Instant::now());
        Self { models, ids, error: None, is_silent: false, asked }
    }

    fn failed(&self, error: String, is_silent: bool) -> Self {
        let (error, asked) = (Some(error), Some(Instant::now()));
        Self { error, is_silent, asked, ..self.clone() }
    }
}

/// The id of a model as a list describes it.
pub(crate) fn id(model: &Description) -> Option<&str> {
    model.get("id").and_then(Value::as_str)
}

#[derive(Default)]
pub(crate) struct Listing {
    listed: RwLock<Arc<Listed>>,
    /// Held by who asks.
    asking: Mutex<()>,
}

impl Listing {
    pub(crate) fn get(&self) -> Arc<Listed> {
        Arc::clone(&self.listed.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, listed: Listed) {
        *self.listed.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(listed);
    }

    /// Asks by `ask`, unless what is known is good enough, and says how that went. `other_name`: by
    /// what else the provider takes a model.
    pub(crate) async fn refresh(
        &self,
        need: Need,
        other_name: impl Fn(&str) -> Option<&str>,
        ask: impl Future<Output = Result<Vec<Description>, Refusal>>,
    ) -> Option<Asked> {
        if self.get().is_good_for(need) {
            return None;
        }
        let _alone = self.asking.lock().await;
        let before = self.get();
        if before.is_good_for(need) {
            return None;
        }
        let (listed, asked) = match timeout(PATIENCE, ask).await {
            Ok(Ok(models)) => (Listed::answered(models, other_name), Asked::Listed),
            Ok(Err(refusal)) => {
                (before.failed(refusal.message().to_owned(), false), asked(refusal.status()))
            }
            Err(_) => {
                let error = format!("did not list its models within {} s", PATIENCE.as_secs());
                (before.failed(error, true), Asked::Silent)
            }
        };
        self.set(listed);
        Some(asked)
    }

    /// Takes from a request whether the provider fails.
    pub(crate) fn heard(&self, answer: Result<StatusCode, &Refusal>) {
        match answer {
            Ok(status) if status.is_success() => {
                let before = self.get();
                if before.error.is_some() {
                    self.set(Listed { error: None, is_silent: false, ..(*before).clone() });
                }
            }
            Err(refusal) if refusal.status().is_server_error() => {
                let error = Some(refusal.message().to_owned());
                self.set(Listed { error, ..(*self.get()).clone() });
            }
            Ok(_) | Err(_) => {}
        }
    }
}

fn asked(status: StatusCode) -> Asked {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Asked::Rejected,
        status if status.is_server_error() => Asked::Failed,
        _ => Asked::Unlisted,
    }
}

/// It answered, but not with a list of models.
pub(crate) fn no_list(provider: &str) -> Refusal {
    let message = format!("{provider} answered, but not with a list of models");
    Refusal::upstream(StatusCode::BAD_GATEWAY, "upstream_invalid_response", provider, message)
}

/// The models in `{"data":[{"id"},…]}`. Ollama without a model says null.
pub(crate) fn models(document: Value) -> Option<Vec<Description>> {
    let Value::Object(mut fields) = document else { return None };
    let models = match fields.remove("data")? {
        Value::Null => Vec::new(),
        Value::Array(models) => models,
        _ => return None,
    };
    let model = |model| match model {
        Value::Object(model) if id(&model).is_some() => Some(model),
        _ => None,
    };
    models.into_iter().map(model).collect()
}

#[cfg(test)]
mod tests {
    use super::{
        AFTER_SILENCE, Asked, FOR_MISSING, FOR_SHOWING, FRESH, Listing, Need, PATIENCE, models,
    };
    use crate::kinds::Description;
    use gateway::Refusal;
    use http::StatusCode;
    use serde_json::json;
    use std::future::{Ready, poll_fn, ready};
    use tokio::time::{Instant, advance};

    #[test]
    fn a_list_is_what_openai_says_it_is() {
        let list = models(json!({"data": [{"id": "a", "x": 1}, {"id": "b/c"}]})).expect("a list");
        assert_eq!(list[0]["x"], 1);
        assert_eq!(models(json!({"data": null})), Some(Vec::new()));
        for other in [json!([]), json!({}), json!({"data": [1]}), json!({"data": [{"id": 7}]})] {
            assert_eq!(models(other.clone()), None, "{other}");
        }
    }

    type Answer = Result<Vec<Description>, Refusal>;

    fn one_model() -> Ready<Answer> {
        ready(Ok(models(json!({"data": [{"id": "m"}]})).expect("a list")))
    }

    async fn refresh(
        listing: &Listing,
        need: Need,
        ask: impl Future<Output = Answer>,
    ) -> Option<Asked> {
        listing.refresh(need, |_| None, ask).await
    }

    fn refusal() -> Refusal {
        let status = StatusCode::BAD_GATEWAY;
        Refusal::upstream(status, "upstream_unreachable", "p", "p cannot be reached")
    }

    fn failure() -> Ready<Answer> {
        ready(Err(refusal()))
    }

    fn never() -> impl Future<Output = Answer> {
        poll_fn(|_| panic!("it is asked"))
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_is_kept_for_a_while() {
        let listing = Listing::default();
        assert_eq!(refresh(&listing, Need::NewTable, one_model()).await, Some(Asked::Listed));
        assert_eq!(refresh(&listing, Need::Missing, never()).await, None);
        advance(FOR_MISSING).await;
        refresh(&listing, Need::Showing, never()).await;
        refresh(&listing, Need::Background, never()).await;
        refresh(&listing, Need::NewTable, never()).await;
        assert_eq!(refresh(&listing, Need::Missing, failure()).await, Some(Asked::Failed));
        assert_eq!(listing.get().error.as_deref(), Some("p cannot be reached"));
        assert!(listing.get().has("m"), "what it has is known all the same");
        advance(FRESH).await;
        refresh(&listing, Need::Background, one_model()).await;
        assert_eq!(listing.get().error, None);
        advance(FRESH).await;
        refresh(&listing, Need::Showing, never()).await;
        advance(FOR_SHOWING).await;
        assert_eq!(refresh(&listing, Need::Showing, one_model()).await, Some(Asked::Listed));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_costs_so_much_and_that_once() {
        let listing = Listing::default();
        let begun = Instant::now();
        tokio::join!(
            refresh(&listing, Need::Showing, std::future::pending()),
            refresh(&listing, Need::Missing, never()),
        );
        assert_eq!(begun.elapsed(), PATIENCE);
        assert!(listing.get().error.as_deref().expect("an error").contains("within 2 s"));
        advance(AFTER_SILENCE).await;
        refresh(&listing, Need::Showing, never()).await;
        refresh(&listing, Need::Missing, never()).await;
        refresh(&listing, Need::Background, one_model()).await;
        assert!(listing.get().has("m"));
    }

    #[tokio::test]
    async fn a_model_is_known_by_its_other_name_too() {
        let listing = Listing::default();
        listing.refresh(Need::Showing, |id| id.strip_suffix('m').and(Some("n")), one_model()).await;
        assert!(listing.get().has("m") && listing.get().has("n") && !listing.get().has("x"));
    }

    #[tokio::test]
    async fn requests_tell_as_well_whether_it_fails() {
        let listing = Listing::default();
        listing.heard(Err(&refusal()));
        assert_eq!(listing.get().error.as_deref(), Some("p cannot be reached"));
        listing.heard(Ok(StatusCode::TOO_MANY_REQUESTS));
        assert!(listing.get().error.is_some(), "that says nothing");
        listing.heard(Ok(StatusCode::OK));
        assert_eq!(listing.get().error, None);
    }
}
