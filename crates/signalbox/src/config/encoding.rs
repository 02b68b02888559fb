//! The bytes of a file as text, and what is said where they are none.

use super::fault::{Fault, Place};

/// A file that is no text.
#[derive(Debug)]
pub(super) struct Undecodable {
    /// What can be read of it, with U+FFFD in the place of what is no UTF-8.
    pub(super) readable: String,
    /// The first such place. It is the only one that is told: whoever saves the file anew mends them all.
    place: Place,
}

impl Undecodable {
    /// What is wrong, and what to do about it.
    pub(super) fn fault(&self) -> Fault {
        Fault::at(self.place.clone(), "this is not UTF-8")
            .help("save the file as UTF-8, in your editor or with `iconv -t UTF-8`")
    }
}

/// The text in `bytes`.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, Undecodable> {
    String::from_utf8(bytes).map_err(|error| {
        let start = error.utf8_error().valid_up_to();
        let place = start..start + char::REPLACEMENT_CHARACTER.len_utf8();
        Undecodable { readable: String::from_utf8_lossy(error.as_bytes()).into_owned(), place }
    })
}
