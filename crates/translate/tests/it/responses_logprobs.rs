//! How probable the tokens of a text were, for clients of responses that ask.

use serde_json::{Value, json};
use translate::Protocol::{Messages, Responses};

use crate::support::{all, translation};

fn token(text: &str) -> Value {
    json!({"token": text, "logprob": -0.5, "bytes": text.as_bytes(), "top_logprobs": []})
}

fn request() -> Value {
    json!({"model": "m", "input": "hi", "stream": true, "top_logprobs": 1})
}

/// A chunk with a text and its tokens.
fn chunk(text: &str, tokens: &[&str]) -> String {
    let tokens: Vec<Value> = tokens.iter().map(|text| token(text)).collect();
    let choice =
        json!({"delta": {"content": text}, "logprobs": {"content": tokens, "refusal": null}});
    format!("data: {}\n\n", json!({ "choices": [choice] }))
}

#[test]
fn each_piece_of_a_stream_has_its_own_and_the_end_has_all() {
    let end =
        "data: {\"choices\":[{\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\n";
    let provider = [&chunk("Hi", &["H", "i"]), &chunk("!", &["!"]), end, "data: [DONE]\n\n"];
    let events =
        all(&mut translation(Responses, &request()).stream(), &provider.map(String::from).concat());
    let whole = json!([token("H"), token("i"), token("!")]);
    let mut told = Vec::new();
    for event in &events {
        match event["type"].as_str() {
            Some("response.output_text.delta") => told.push(event["logprobs"].clone()),
            Some("response.output_text.done") => assert_eq!(event["logprobs"], whole),
            Some("response.content_part.done") => assert_eq!(event["part"]["logprobs"], whole),
            Some("response.completed") => {
                assert_eq!(event["response"]["output"][0]["content"][0]["logprobs"], whole);
                assert_eq!(event["response"]["top_logprobs"], 1);
            }
            _ => {}
        }
    }
    assert_eq!(json!(told), json!([[token("H"), token("i")], [token("!")]]));
}

#[test]
fn a_whole_answer_has_them() {
    let chat = json!({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop",
        "logprobs": {"content": [token("Hi")]}}]});
    let answer = translation(Responses, &request()).answer(&chat).expect("an answer");
    assert_eq!(answer["output"][0]["content"][0]["logprobs"], json!([token("Hi")]));
    let message =
        json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]});
    let answer = translation(Messages, &message).answer(&chat).expect("an answer");
    assert_eq!(answer["content"], json!([{"type": "text", "text": "Hi"}]), "Anthropic has none");
}
