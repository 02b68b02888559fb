//! A catalog that changes, and one that can no longer be read.

use crate::support::{FakeUpstream, within};
use crate::{CHAT, active, catalog, list, passed, provider, put, until_status, with_catalog};
use serde_json::json;
use store::{Change, Provider};

#[tokio::test]
async fn a_change_is_in_force_at_once_and_a_stream_goes_on() {
    let (mut a, mut b) = (FakeUpstream::start().await, FakeUpstream::start().await);
    let (folder, owner) = catalog(&[put(provider("a", &a)), active("a")]);
    let (router, reload) = with_catalog(folder.path()).await;
    list(&mut a, &["m"]).await;
    until_status(&router, "a", "ok").await;
    let (mut stream, chunks) = tokio::join!(router.post(CHAT, r#"{"model":"m"}"#), async {
        a.next().await.begin(200, "text/event-stream")
    });
    chunks.send("data: 1\n\n").await;
    assert_eq!(stream.chunk().await.expect("a chunk").expect("whole"), "data: 1\n\n");

    let off = Provider { enabled: false, ..provider("a", &a) };
    owner.apply(&[put(off), put(provider("b", &b)), active("b")]).expect("a change");
    reload.notify_one();
    until_status(&router, "a", "disabled").await;
    list(&mut b, &["m"]).await;
    until_status(&router, "b", "ok").await;
    passed(&router, r#"{"model":"m"}"#, &mut b, r#"{"model":"m"}"#).await;

    owner.apply(&[Change::DeleteProvider("a".to_owned())]).expect("a change");
    reload.notify_one();
    within("the provider's end", async {
        while !router.get("/health").await.json().await["providers"]["a"].is_null() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for chunk in ["data: 2\n\n", "data: [DONE]\n\n"] {
        chunks.send(chunk).await;
        assert_eq!(stream.chunk().await.expect("a chunk").expect("whole"), chunk);
    }
    drop(chunks);
    assert!(stream.chunk().await.is_none());
    assert!(a.has_got_nothing(), "a disabled provider is never asked");
}

#[tokio::test]
async fn a_change_that_nobody_tells_of_is_seen() {
    let (mut a, b) = (FakeUpstream::start().await, FakeUpstream::start().await);
    let (folder, owner) = catalog(&[put(provider("a", &a))]);
    let (router, _) = with_catalog(folder.path()).await;
    list(&mut a, &[]).await;
    owner.apply(&[put(Provider { enabled: false, ..provider("b", &b) })]).expect("a change");
    until_status(&router, "b", "disabled").await;
}

#[tokio::test]
async fn a_damaged_catalog_costs_nobody_what_was_known() {
    let mut a = FakeUpstream::start().await;
    let (folder, owner) = catalog(&[put(provider("a", &a)), active("a")]);
    drop(owner);
    let (router, reload) = with_catalog(folder.path()).await;
    list(&mut a, &["m"]).await;
    until_status(&router, "a", "ok").await;
    std::fs::write(folder.path().join(store::CATALOG_FILE), "no database").expect("written");
    reload.notify_one();
    let health = within("the fault", async {
        loop {
            let health = router.get("/health").await.json().await;
            if health.get("catalog").is_some() {
                return health;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(health["catalog"]["error"].as_str().expect("a text").contains("cannot be read"));
    assert_eq!(health["status"], json!("ok"));
    passed(&router, r#"{"model":"m"}"#, &mut a, r#"{"model":"m"}"#).await;
}
