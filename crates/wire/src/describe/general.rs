//! What is known of a message without its protocol: envelopes, subscriptions, and frames as text or hex.

use super::{Description, Observed, Place, Purpose, fields::Fields, words};

/// Describes a message that no protocol knows.
pub(crate) fn message(observed: &Observed<'_>) -> Description {
    if observed.purpose() == Purpose::Subscription {
        return subscription(observed, None, words::bytes);
    }
    let mut fields = Fields::of(observed);
    fields.envelope(envelope_len(observed));
    fields.unknown(0);
    fields.name("message", None)
}

/// Describes a subscription: a byte, and the topic, of which `read` makes words.
pub(crate) fn subscription(
    observed: &Observed<'_>,
    place: Option<Place>,
    read: impl FnOnce(&[u8]) -> String,
) -> Description {
    let mut fields = Fields::of(observed);
    let (name, byte) = match fields.get(0).and_then(<[u8]>::first) {
        Some(1) => ("subscribe", "subscribe (1)"),
        Some(0) => ("unsubscribe", "unsubscribe (0)"),
        // An XSUB can send anything.
        _ => {
            fields.unknown(0);
            return fields.name("message", place);
        }
    };
    fields.part("subscription", 0, 0..1, byte.to_owned());
    fields.rest("topic", 0, 1, |topic| Ok(if topic.is_empty() { "everything".to_owned() } else { read(topic) }));
    fields.unknown(1);
    fields.name(name, place)
}

/// The number of leading frames that are an envelope, judged by the socket's type and the form of the frames.
fn envelope_len(observed: &Observed<'_>) -> usize {
    let frames = observed.message.frames;
    let is_made_by_socket = |index| matches!(frames.get(index), Some(&[0, _, _, _, _] | &[_, _, _, _]));
    let delimiter = frames.iter().position(<[u8]>::is_empty);
    match (observed.socket_type, delimiter) {
        ("DEALER", Some(0)) | ("STREAM", _) => frames.len().min(1),
        ("ROUTER", Some(index)) if (1..index).all(is_made_by_socket) => index + 1,
        ("ROUTER", _) => frames.len().min(1),
        _ => 0,
    }
}
