//! The secret that a caller must know.

use std::fmt;

use subtle::ConstantTimeEq;

/// The token in force. It is compared in constant time and never printed.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether this is the token.
    pub(crate) fn is(&self, candidate: &str) -> bool {
        self.0.as_bytes().ct_eq(candidate.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_counts() {
        let token = Token::new("correct-horse");
        assert!(token.is("correct-horse"));
        for wrong in ["", "correct", "correct-horsex", "orrect-horse", "CORRECT-HORSE"] {
            assert!(!token.is(wrong), "{wrong}");
        }
        assert!(!format!("{token:?}").contains("horse"));
    }
}
