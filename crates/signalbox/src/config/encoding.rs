//! The bytes of a file as text, and what is said where they are none.

use super::fault::Fault;

/// A file that is no text: what can be read of it, and where the rest begins.
#[derive(Debug)]
pub(super) struct Undecodable {
    /// With U+FFFD in the place of what is no UTF-8.
    pub(super) readable: String,
    pub(super) fault: Box<Fault>,
}

/// The text in `bytes`. Only the first fault is told: whoever saves the file anew mends them all.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, Undecodable> {
    String::from_utf8(bytes).map_err(|error| {
        let start = error.utf8_error().valid_up_to();
        let place = start..start + char::REPLACEMENT_CHARACTER.len_utf8();
        let fault = Fault::at(place, "this is not UTF-8")
            .help("save the file as UTF-8, in your editor or with `iconv -t UTF-8`");
        let readable = String::from_utf8_lossy(error.as_bytes()).into_owned();
        Undecodable { readable, fault: fault.into() }
    })
}
