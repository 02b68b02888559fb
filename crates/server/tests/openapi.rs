//! The OpenAPI document is the reviewed one, and names every call.

use std::path::Path;

use crate::world::{World, sleeper};

/// Renew the reviewed copy with `SIGNALBOX_RENEW=1 cargo test -p server --test behaviour openapi`.
#[tokio::test]
async fn the_document_is_the_reviewed_one() {
    let world = World::new(vec![sleeper("a")]).await;
    let served = world.get("/api/openapi.json").await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    #[expect(clippy::disallowed_methods, reason = "a test is told by its environment")]
    if std::env::var_os("SIGNALBOX_RENEW").is_some() {
        std::fs::write(&file, format!("{}\n", served.text)).unwrap();
    }
    let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        reviewed.trim_end() == served.text.trim_end(),
        "crates/server/openapi.json is not what the server serves: see the comment of this test, then review the diff"
    );
    world.end().await;
}

#[tokio::test]
async fn it_is_whole() {
    let world = World::new(vec![sleeper("a")]).await;
    let document = world.get("/api/openapi.json").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let json = [("content-type", "application/json")];
    let model = r#"{"id":"m","providerId":"ollama"}"#;
    assert_eq!(world.call("POST", "/api/models", &json, model).await.status, 201);
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for (path, methods) in document["paths"].as_object().unwrap() {
        let real = match path.split('/').nth(2) {
            Some("providers") => path.replace("{id}", "ollama"),
            Some("models") => path.replace("{id}", "m"),
            _ => path.replace("{id}", "a").replace("{key}", "idle_timeout_s"),
        };
        for method in methods.as_object().unwrap().keys().filter(|method| *method == "get") {
            let answer = world.open(&method.to_uppercase(), &real, &[], "").await;
            assert_eq!(answer.status(), 200, "{path}");
        }
    }
    world.end().await;
}

#[tokio::test]
async fn it_names_what_every_call_may_be_refused_with() {
    let world = World::new(vec![sleeper("a")]).await;
    let document = world.get("/api/openapi.json").await.json();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let answers = operation["responses"].as_object().unwrap();
            let free = matches!(path.as_str(), "/api/health" | "/api/docs");
            for status in ["401", "429"] {
                assert_eq!(answers.contains_key(status), !free, "{method} {path} {status}");
            }
            let of_bodies: &[&str] = if method == "post" || method == "put" {
                &["408", "413", "415", "422"]
            } else {
                &[]
            };
            for status in ["400", "403"].iter().chain(of_bodies) {
                let schema = &answers[*status]["content"]["application/json"]["schema"];
                assert_eq!(schema["$ref"], "#/components/schemas/ErrorBody", "{path} {status}");
            }
        }
    }
    world.end().await;
}

/// The numbers at the bounds of a parameter, and those just beyond them.
fn bounds(schema: &serde_json::Value) -> [(i128, i128); 2] {
    let bound = |word: &str| schema[word].as_f64().map(|bound| bound as i128);
    let least = bound("minimum").expect("a least number");
    let most = match schema["format"].as_str() {
        Some("int64") => bound("maximum").unwrap_or(i128::from(i64::MAX)),
        _ => bound("maximum").expect("a largest number"),
    };
    [(least, least - 1), (most, most + 1)]
}

#[tokio::test]
async fn parameters_take_what_it_says_and_nothing_else() {
    let world = World::new(vec![sleeper("a")]).await;
    let document = world.get("/api/openapi.json").await.json();
    let mut checked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
                let name = parameter["name"].as_str().unwrap();
                let status = async |value: String| {
                    let real = path.replace("{id}", "a");
                    let call = format!("{real}?{name}={value}");
                    world.open(&method.to_uppercase(), &call, &[], "").await.status().as_u16()
                };
                let schema = &parameter["schema"];
                let kind = &schema["type"];
                let is = |word: &str| kind == word || kind[0] == word;
                if is("integer") || is("number") {
                    for (good, bad) in bounds(schema) {
                        assert_ne!(status(good.to_string()).await, 422, "{path} {name}={good}");
                        assert_eq!(status(bad.to_string()).await, 422, "{path} {name}={bad}");
                        checked += 1;
                    }
                } else if let Some(pattern) = schema["pattern"].as_str() {
                    let words = pattern.trim_start_matches("^(").trim_end_matches(")$");
                    for word in words.split('|') {
                        assert_eq!(status(word.to_owned()).await, 200, "{path} {name}={word}");
                    }
                    assert_eq!(status("other".to_owned()).await, 422, "{path} {name}");
                    checked += 1;
                }
            }
        }
    }
    assert!(checked >= 15, "only {checked} bounds are there");
    world.end().await;
}

fn collect_references(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(|reference| reference.as_str());
            found.extend(reference.map(str::to_owned));
            fields.values().for_each(|value| collect_references(value, found));
        }
        serde_json::Value::Array(items) => {
            items.iter().for_each(|item| collect_references(item, found));
        }
        _ => {}
    }
}
