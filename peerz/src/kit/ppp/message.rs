//! The messages of the Paranoid Pirate Protocol as bytes, read strictly. The error of a reader names what is wrong.

use crate::kit::{Frames, bytes::frames};

/// What a worker sends, or a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Message {
    /// A worker alone sends it.
    Ready,
    Heartbeat,
    /// A request, or a reply.
    Addressed(Addressed),
}

/// A request, or its reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addressed {
    /// The frames before the first empty one; `None` without such a frame.
    pub(super) address: Option<Frames>,
    pub(super) content: Frames,
}

const ADDRESS_FRAMES_MAX: usize = 100;
const CONTENT_FRAMES_MAX: usize = 1000;

impl Message {
    pub(super) fn of_worker(message: &[Vec<u8>]) -> Result<Self, String> {
        match message {
            [] => Err("it has no frame".to_owned()),
            [command] if command == &[1] => Ok(Self::Ready),
            [command] if command == &[2] => Ok(Self::Heartbeat),
            message => Addressed::parse(message).map(Self::Addressed),
        }
    }

    pub(super) fn of_queue(message: &[Vec<u8>]) -> Result<Self, String> {
        match Self::of_worker(message)? {
            Self::Ready => Err("READY is sent by workers alone".to_owned()),
            message => Ok(message),
        }
    }
}

pub(super) fn ready() -> Frames {
    frames([[1]])
}

pub(super) fn heartbeat() -> Frames {
    frames([[2]])
}

impl Addressed {
    pub(super) fn new<A: AsRef<[u8]>, C: AsRef<[u8]>>(address: &[A], content: &[C]) -> Self {
        Self { address: Some(frames(address)), content: frames(content) }
    }

    fn parse(message: &[Vec<u8>]) -> Result<Self, String> {
        let end = message.iter().position(Vec::is_empty);
        let address = end.map(|end| message[..end].to_vec());
        let content = message[end.map_or(0, |end| end + 1)..].to_vec();
        match (address.as_ref().map_or(0, Vec::len), content.len()) {
            (_, 0) => Err("it has no content".to_owned()),
            (length, _) if length > ADDRESS_FRAMES_MAX => Err(format!("its address has {length} frames")),
            (_, length) if length > CONTENT_FRAMES_MAX => Err(format!("its content has {length} frames")),
            _ => Ok(Self { address, content }),
        }
    }

    pub(super) fn frames(&self) -> Frames {
        let mut all = self.address.clone().unwrap_or_default();
        all.extend(self.address.is_some().then(Vec::new));
        all.extend_from_slice(&self.content);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::vectors::{invalid, valid};

    #[test]
    fn messages_of_the_vectors_are_read_or_refused() {
        for (message, read) in [
            ("ppp_worker", Message::of_worker as fn(&[Vec<u8>]) -> Result<Message, String>),
            ("ppp_queue", Message::of_queue),
        ] {
            for case in valid("ppp", message) {
                assert!(read(&case.frames).is_ok(), "{message}: {}", case.name);
            }
            for case in invalid("ppp", message) {
                assert!(read(&case.frames).is_err(), "{message}: {}", case.name);
            }
        }
    }

    #[test]
    fn what_is_made_can_be_read() {
        assert_eq!(Message::of_worker(&ready()), Ok(Message::Ready));
        assert_eq!(Message::of_queue(&heartbeat()), Ok(Message::Heartbeat));
        let without = Addressed { address: None, content: frames(["a", "b"]) };
        for message in [Addressed::new(&["1", "2"], &["a", ""]), Addressed::new(&[""; 0], &["a"]), without] {
            assert_eq!(Message::of_queue(&message.frames()), Ok(Message::Addressed(message)));
        }
    }
}
