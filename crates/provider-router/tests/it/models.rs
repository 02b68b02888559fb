//! The models of all providers as one list.

use crate::support::{FakeUpstream, expect_error};
use crate::{catalog, error_of, list, provider, provider_at, put, with_catalog};
use serde_json::json;
use std::time::Duration;
use store::Provider;
use tokio::time::Instant;

/// More than a silent provider may cost, on a busy machine.
const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn they_are_merged_and_dead_ones_cost_little() {
    let (mut a, mut b) = (FakeUpstream::start().await, FakeUpstream::start().await);
    let silent = FakeUpstream::start().await;
    let off = Provider { enabled: false, ..provider_at("off", "http://127.0.0.1:1/v1") };
    let dead = provider_at("dead", "http://127.0.0.1:1/v1");
    let all = [provider("a", &a), provider("b", &b), provider("silent", &silent), off, dead];
    let (folder, _owner) = catalog(&all.map(put));
    let (router, _) = with_catalog(folder.path()).await;
    let begun = Instant::now();
    let (answer, ()) = tokio::join!(router.get("/v1/models"), async {
        list(&mut a, &["m", "org/x"]).await;
        list(&mut b, &["m"]).await;
    });
    assert!(begun.elapsed() < SOON);
    assert_eq!(answer.status(), 200);
    let mut body = answer.json().await;
    let errors = body["errors"].take();
    assert!(errors["dead"].as_str().expect("an error").contains("cannot be reached"), "{errors}");
    assert!(errors["silent"].as_str().expect("an error").contains("within 2 s"), "{errors}");
    let model = |id: &str, owner: &str| json!({"id": id, "object": "model", "created": 0, "owned_by": owner});
    let expected = json!({"object": "list", "errors": null, "data": [
        model("m", "a"), model("a/m", "a"), model("org/x", "a"), model("b/m", "b"),
    ]});
    assert_eq!(body, expected);
    let health = router.get("/health").await.json().await;
    let status = |id: &str| health["providers"][id]["status"].as_str().map(str::to_owned);
    let statuses = ["a", "b", "silent", "dead", "off"].map(|id| status(id).expect("a status"));
    assert_eq!(statuses, ["ok", "ok", "error", "error", "disabled"]);
    // What was asked for just now is not asked for again.
    for (id, owner) in [("org/x", "a"), ("org%2Fx", "a"), ("b/m", "b"), ("m", "a")] {
        let body = router.get(&format!("/v1/models/{id}")).await.json().await;
        assert_eq!(body["owned_by"], owner, "{id}");
    }
    let body = error_of(router.get("/v1/models/x").await, 404).await;
    let message = expect_error(&body, "invalid_request_error", "model_not_found");
    assert!(message.contains("There are: m, a/m, org/x, b/m"), "{message}");
    assert!(a.has_got_nothing() && b.has_got_nothing());
}
