//! What an answer cost, in tokens, in whatever shape a provider says it.

use serde_json::Value;

/// The tokens of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of the prompt, cached ones included.
    pub prompt: u64,
    /// Of the answer, reasoning included.
    pub completion: u64,
    /// Of the prompt, those that came from a cache.
    pub cached: u64,
    /// Of the answer, those that were reasoning.
    pub reasoning: u64,
}

impl Usage {
    /// The usage in a chunk or an answer: where OpenAI, Moonshot (in the choice) and Groq have it.
    pub(crate) fn find(chunk: &Value) -> Option<Self> {
        ["/usage", "/choices/0/usage", "/x_groq/usage"]
            .into_iter()
            .filter_map(|path| chunk.pointer(path))
            .find_map(Self::read)
    }

    fn read(usage: &Value) -> Option<Self> {
        let number = |path: &str| usage.pointer(path).and_then(Value::as_u64);
        let prompt = number("/prompt_tokens").or_else(|| number("/input_tokens"));
        let completion = number("/completion_tokens").or_else(|| number("/output_tokens"));
        let cached = number("/prompt_tokens_details/cached_tokens")
            .or_else(|| number("/prompt_cache_hit_tokens"))
            .or_else(|| number("/cached_tokens"));
        let reasoning = number("/completion_tokens_details/reasoning_tokens");
        (prompt.is_some() || completion.is_some()).then(|| Self {
            prompt: prompt.unwrap_or_default(),
            completion: completion.unwrap_or_default(),
            cached: cached.unwrap_or_default().min(prompt.unwrap_or_default()),
            reasoning: reasoning.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Usage;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(chunk: &Value, expected: Option<[u64; 4]>) {
        let expected = expected.map(|[prompt, completion, cached, reasoning]| Usage {
            prompt,
            completion,
            cached,
            reasoning,
        });
        assert_eq!(Usage::find(chunk), expected, "{chunk}");
    }

    #[test]
    fn usage_in_every_shape() {
        check(&json!({"usage": null}), None);
        check(&json!({"usage": {}}), None);
        check(&json!({"usage": {"prompt_tokens": 3}}), Some([3, 0, 0, 0]));
        check(
            &json!({"usage": {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14,
                "prompt_tokens_details": {"cached_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 2}}}),
            Some([9, 5, 4, 2]),
        );
        check(
            &json!({"usage": {"prompt_tokens": 9, "completion_tokens": 5,
                "prompt_tokens_details": null, "prompt_cache_hit_tokens": 8}}),
            Some([9, 5, 8, 0]),
        );
        check(
            &json!({"choices": [{"usage": {"prompt_tokens": 1, "completion_tokens": 2}}]}),
            Some([1, 2, 0, 0]),
        );
        check(
            &json!({"x_groq": {"usage": {"prompt_tokens": 1, "completion_tokens": 2}}}),
            Some([1, 2, 0, 0]),
        );
    }
}
