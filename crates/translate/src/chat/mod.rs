//! Chat completions, as providers write them: requests to them, and what they say in answer.

pub(crate) mod call;
pub(crate) mod chunk;
pub(crate) mod folded;
pub(crate) mod part;
pub(crate) mod reading;
pub(crate) mod request;
pub(crate) mod sequence;
pub(crate) mod usage;
pub(crate) mod whole;
