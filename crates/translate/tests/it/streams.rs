//! Streams as providers send them, shortened.

/// OpenAI: two parallel tool calls after a text; the usage in a chunk of its own.
pub(crate) const OPENAI_TOOLS: &str = r#"data: {"id":"chatcmpl-A","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-A","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"content":"Let me "},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-A","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"content":"look."},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-A","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"weather","arguments":""}}]},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-A","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-A","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"Bern\"}"}}]},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-A","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_b","type":"function","function":{"name":"time","arguments":""}}]},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-A","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-A","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}],"usage":null}

data: {"id":"chatcmpl-A","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[],"usage":{"prompt_tokens":20,"completion_tokens":9,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":8,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}}

data: [DONE]

"#;

/// DeepSeek and Qwen: reasoning first, then the text; the usage in the last chunk with a choice.
pub(crate) const REASONING: &str = r#"data: {"id":"r","object":"chat.completion.chunk","created":1,"model":"deepseek-reasoner","choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":""},"finish_reason":null}]}

data: {"id":"r","object":"chat.completion.chunk","created":1,"model":"deepseek-reasoner","choices":[{"index":0,"delta":{"content":null,"reasoning_content":"Hm"},"finish_reason":null}]}

data: {"id":"r","object":"chat.completion.chunk","created":1,"model":"deepseek-reasoner","choices":[{"index":0,"delta":{"content":null,"reasoning_content":"."},"finish_reason":null}]}

data: {"id":"r","object":"chat.completion.chunk","created":1,"model":"deepseek-reasoner","choices":[{"index":0,"delta":{"content":"Yes","reasoning_content":null},"finish_reason":null}]}

data: {"id":"r","object":"chat.completion.chunk","created":1,"model":"deepseek-reasoner","choices":[{"index":0,"delta":{"content":"","reasoning_content":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12,"prompt_cache_hit_tokens":0,"completion_tokens_details":{"reasoning_tokens":3}}}

data: [DONE]

"#;

/// OpenRouter: comments while it waits, CRLF, and an error in the middle.
pub(crate) const OPENROUTER_ERROR: &str = ": OPENROUTER PROCESSING\r\n\r\n\
data: {\"id\":\"gen-1\",\"provider\":\"X\",\"model\":\"org/m\",\"object\":\"chat.completion.chunk\",\"created\":1,\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Par\"},\"finish_reason\":null}]}\r\n\r\n\
data: {\"id\":\"gen-1\",\"provider\":\"X\",\"model\":\"org/m\",\"object\":\"chat.completion.chunk\",\"created\":1,\"error\":{\"code\":502,\"message\":\"Provider disconnected\"},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\r\n\r\n\
data: [DONE]\r\n\r\n";

/// Gemini's OpenAI-compatible endpoint: whole calls in one chunk, all with the number 0, no ids,
/// and `stop` in place of `tool_calls`; no `[DONE]` here.
pub(crate) const GEMINI_CALLS: &str = r#"data: {"choices":[{"delta":{"role":"assistant","tool_calls":[{"function":{"arguments":"{\"city\":\"Bern\"}","name":"weather"},"id":"","index":0,"type":"function"},{"function":{"arguments":"{\"city\":\"Rome\"}","name":"weather"},"id":"","index":0,"type":"function"}]},"finish_reason":"stop","index":0}],"created":1,"id":"g","model":"gemini-2.5-flash","object":"chat.completion.chunk","usage":{"completion_tokens":11,"prompt_tokens":5,"total_tokens":16}}

"#;

/// llama.cpp and many others: cut short by the limit of tokens, in the middle of a tool call.
pub(crate) const CUT_SHORT: &str = r#"data: {"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"created":1,"id":"l","model":"m","object":"chat.completion.chunk"}

data: {"choices":[{"finish_reason":null,"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":"}}]}}],"created":1,"id":"l","model":"m","object":"chat.completion.chunk"}

data: {"choices":[{"finish_reason":"length","index":0,"delta":{}}],"created":1,"id":"l","model":"m","object":"chat.completion.chunk"}

data: [DONE]

"#;

/// All of them.
pub(crate) const ALL: [&str; 5] =
    [OPENAI_TOOLS, REASONING, OPENROUTER_ERROR, GEMINI_CALLS, CUT_SHORT];
