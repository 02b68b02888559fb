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
