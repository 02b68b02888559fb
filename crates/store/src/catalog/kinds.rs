//! What kinds of provider there are, and Qwen's regions.

/// What kind of server a provider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the servers' own")]
pub enum ProviderKind {
    OpenAiCompatible,
    OpenAi,
    OpenRouter,
    LmStudio,
    Ollama,
    Vllm,
    LlamaCpp,
    Qwen,
}

impl ProviderKind {
    /// All there are.
    pub const ALL: [Self; 8] = [
        Self::OpenAiCompatible,
        Self::OpenAi,
        Self::OpenRouter,
        Self::LmStudio,
        Self::Ollama,
        Self::Vllm,
        Self::LlamaCpp,
        Self::Qwen,
    ];

    /// Its name in the database and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAiCompatible => "openai-compatible",
            Self::OpenAi => "openai",
            Self::OpenRouter => "openrouter",
            Self::LmStudio => "lm-studio",
            Self::Ollama => "ollama",
            Self::Vllm => "vllm",
            Self::LlamaCpp => "llama-cpp",
            Self::Qwen => "qwen",
        }
    }

    /// The kind with this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Where such a server usually is; `qwen` is our own proxy.
    pub fn usual_base_url(self) -> Option<&'static str> {
        match self {
            Self::OpenAiCompatible => None,
            Self::OpenAi => Some("https://api.openai.com/v1"),
            Self::OpenRouter => Some("https://openrouter.ai/api/v1"),
            Self::LmStudio => Some("http://127.0.0.1:1234/v1"),
            Self::Ollama => Some("http://127.0.0.1:11434/v1"),
            Self::Vllm => Some("http://127.0.0.1:8000/v1"),
            Self::LlamaCpp => Some("http://127.0.0.1:8080/v1"),
            Self::Qwen => Some("http://127.0.0.1:3000/v1"),
        }
    }
}

/// Where a key of Model Studio is valid: in its own region alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Region {
    /// Singapore, for all but China and the USA.
    #[default]
    International,
    /// Beijing.
    China,
    /// Virginia.
    UnitedStates,
}

impl Region {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::International, Self::China, Self::UnitedStates];

    /// Its name in the database and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::International => "intl",
            Self::China => "cn",
            Self::UnitedStates => "us",
        }
    }

    /// The region with this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|region| region.name() == name)
    }

    /// Its OpenAI-compatible endpoint.
    pub fn base_url(self) -> &'static str {
        match self {
            Self::International => "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
            Self::China => "https://dashscope.aliyuncs.com/compatible-mode/v1",
            Self::UnitedStates => "https://dashscope-us.aliyuncs.com/compatible-mode/v1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for kind in ProviderKind::ALL {
            assert_eq!(ProviderKind::of(kind.name()), Some(kind));
        }
        for region in Region::ALL {
            assert_eq!(Region::of(region.name()), Some(region));
        }
        assert_eq!(ProviderKind::of("OpenAI"), None);
    }
}
