//! Reasoning that comes back from a client.
//!
//! Providers disagree about reasoning in a request: some demand that what their model thought
//! before it called a tool is sent again, others refuse the field that it comes in. So what came in
//! a field goes back in that very field, and only to whom it came from: a seal on the block says
//! which field that was. The clients of both protocols keep such a seal for the server: Anthropic's
//! calls it a signature, OpenAI's encrypted content. Reasoning with somebody else's seal is left
//! out, since nobody here could read it.

const SEAL: &str = "signalbox:";

/// What a model thought, and the field of chat completions that it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thought {
    pub(crate) field: &'static str,
    pub(crate) text: String,
}

impl Thought {
    /// The fields that reasoning may come in.
    pub(crate) const FIELDS: [&str; 2] = ["reasoning_content", "reasoning"];

    /// The seal for what came in `field`.
    pub(crate) fn seal(field: &str) -> String {
        format!("{SEAL}{field}")
    }

    /// What has such a seal.
    pub(crate) fn sealed(text: &str, seal: &str) -> Option<Self> {
        let name = seal.strip_prefix(SEAL)?;
        let field = Self::FIELDS.into_iter().find(|field| *field == name)?;
        Some(Self { field, text: text.to_owned() })
    }

    /// Seal and text in one, for clients that keep nothing else.
    pub(crate) fn pack(field: &str, text: &str) -> String {
        format!("{SEAL}{field}:{text}")
    }

    /// What was packed so.
    pub(crate) fn unpack(packed: &str) -> Option<Self> {
        let (name, text) = packed.strip_prefix(SEAL)?.split_once(':')?;
        Self::sealed(text, &Self::seal(name))
    }
}

#[cfg(test)]
mod tests {
    use super::Thought;

    #[test]
    fn only_our_own_seal_is_known() {
        for field in Thought::FIELDS {
            let thought = Thought { field, text: "a:b".to_owned() };
            assert_eq!(Thought::sealed("a:b", &Thought::seal(field)), Some(thought.clone()));
            assert_eq!(Thought::unpack(&Thought::pack(field, "a:b")), Some(thought));
        }
        for seal in ["", "EqoBCkgIARABGAI", "signalbox:", "signalbox:role"] {
            assert_eq!(Thought::sealed("a", seal), None, "{seal}");
            assert_eq!(Thought::unpack(seal), None, "{seal}");
        }
    }
}
