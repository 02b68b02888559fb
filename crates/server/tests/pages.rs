//! The pages load nothing from elsewhere and run nothing that a strict policy would forbid.

use crate::world::{World, sleeper};

#[tokio::test]
async fn pages_keep_to_their_policy_and_all_their_files_are_there() {
    let world = World::new(vec![sleeper("a")]).await;
    let reference = regex::Regex::new(r#"(?:src|href)="([^"]+)""#).unwrap();
    let inline =
        regex::Regex::new(r#"<style|\sstyle=|<script(?:\s+type="module")?>|\son\w+="#).unwrap();
    for path in ["/", "/api/docs"] {
        let page = world.get(path).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(inline.find(&page.text).map(|found| found.as_str()), None, "{path}");
        for found in reference.captures_iter(&page.text) {
            let answer = world.get(&found[1]).await;
            assert_eq!(answer.status, 200, "{}", &found[1]);
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert!(!answer.text.is_empty());
        }
    }
    world.end().await;
}

#[tokio::test]
async fn the_dashboard_answers_for_whatever_could_be_one_of_its_pages() {
    let world = World::new(vec![sleeper("a")]).await;
    let given = regex::Regex::new("<meta name=\"signalbox-status\" content=\"[^\"]*\">").unwrap();
    let page = given.replace(&world.get("/settings").await.text, "").into_owned();
    for path in ["/processes/a", "/logs?p=a", "/no/such/page", "/apis"] {
        let answer = world.get(path).await;
        assert_eq!((answer.status, &*given.replace(&answer.text, "")), (200, &*page), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    for (method, path, status) in [
        ("POST", "/", 405),
        ("POST", "/logs", 405),
        ("GET", "/favicon.ico", 404),
        ("GET", "/api/x", 404),
        ("GET", "/socket.io.js", 404),
    ] {
        assert_eq!(world.call(method, path, &[], "").await.status, status, "{method} {path}");
    }
    world.end().await;
}

#[tokio::test]
async fn the_page_carries_the_state_unless_a_token_guards_it() {
    let world = World::new(vec![sleeper("a")]).await;
    let given = regex::Regex::new("name=\"signalbox-status\" content=\"([^\"]*)\"").unwrap();
    let page = world.get("/").await.text;
    let text = given.captures(&page).unwrap()[1].replace("&quot;", "\"");
    let update: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(update["status"]["a"]["message"], "Stopped");
    assert!(update["status"]["seq"].is_u64() && update["timestamp"].is_string(), "{update}");
    let row = "<h2>The a</h2><p data-state=\"stopped\"><span data-badge>Stopped</span></p>";
    assert!(page.contains(row), "{page}");
    world.end().await;

    let token = |options: &mut server::Options| options.token = Some(server::Token::new("secret"));
    let world = World::with(vec![sleeper("a")], token).await;
    let page = world.get("/").await;
    assert_eq!((page.status, given.is_match(&page.text)), (200, false));
    assert!(page.text.contains("<div id=\"root\"></div>"), "{}", page.text);
    assert_eq!(page.header("cache-control"), "no-cache");
    world.end().await;
}

#[tokio::test]
async fn what_the_page_names_is_kept_for_ever_and_sent_compressed() {
    let world = World::new(vec![sleeper("a")]).await;
    let page = world.get("/").await;
    let script = regex::Regex::new(r#"src="(/assets/index-[^"]+\.js)""#).unwrap();
    let path = &script.captures(&page.text).unwrap()[1];
    let plain = world.get(path).await;
    assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(plain.header("vary"), "accept-encoding");
    assert_eq!(plain.header("content-encoding"), "");
    for encoding in ["br", "gzip"] {
        let answer = world.open("GET", path, &[("accept-encoding", encoding)], "").await;
        assert_eq!(answer.headers()["content-encoding"], encoding);
        let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
        assert!(length < plain.text.len() / 2, "{length} of {}", plain.text.len());
    }
    world.end().await;
}
