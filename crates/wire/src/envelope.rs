//! The envelope of a request at a `ROUTER` ([28/REQREP](https://rfc.zeromq.org/spec/28/)): the peer's routing id, any frames
//! that its socket added, and an empty frame. A reply travels back in the same one.

use crate::{
    DecodeError, Fault, Frames,
    describe::{Description, Observed, fields::Fields},
};

/// The number of leading frames that form the envelope: up to and including the first empty one.
///
/// # Errors
/// `delimiter` missing if no frame is empty: the peer's socket is neither a REQ nor a DEALER that acts as one.
pub fn len(frames: &Frames) -> Result<usize, DecodeError> {
    let delimiter = frames.iter().position(<[u8]>::is_empty);
    delimiter.map(|index| index + 1).ok_or(Fault::Missing.of("delimiter"))
}

/// Describes a request or a reply: its envelope here, and the frames after it by `describe`. A request without a delimiter
/// gets a reply without one, which has the name `refusal`.
pub(crate) fn describe(
    observed: &Observed<'_>,
    describe: impl FnOnce(Fields<'_>) -> Description,
    refusal: &str,
) -> Description {
    let mut fields = Fields::of(observed);
    let length = match observed.socket_type {
        "ROUTER" | "DEALER" => len(&fields.body()),
        // The others add and remove it themselves.
        _ => Ok(0),
    };
    fields.envelope(length.unwrap_or(usize::from(observed.socket_type == "ROUTER")));
    let mut description = describe(fields);
    match length {
        // The delimiter may be in the part that was not kept.
        Err(_) if !observed.message.is_whole() => description.fault = None,
        Err(error) if description.name != refusal => description.fault = Some(error),
        _ => {}
    }
    description
}
