//! How many messages have arrived at a socket and wait to be received: an estimate, pure.
//!
//! libzmq does not tell how long its queues are. But the kernel counts the bytes of a connection, and the socket what its
//! program has received, so the difference is what waits, after the bytes of the handshake. Those are not known, until the
//! socket has been quiet with no message left: then nothing waits.

/// The bytes of a frame of libzmq in addition to its content, up to 255 bytes and beyond.
const HEADER_BYTES: (u64, u64) = (2, 9);

/// What CURVE adds to that.
const CURVE_BYTES: u64 = 33;

/// About how many bytes a handshake without security has in one direction.
const GREETING_BYTES: i64 = 105;

/// The estimate of one socket, followed over time.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    /// The connections that it is of.
    connections: Vec<u32>,
    /// Whether messages may have come by connections that have ended.
    had_others: bool,
    /// How many bytes have arrived that are of no message.
    others: Option<i64>,
    last: Option<Look>,
}

/// What is known of a socket at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// The bytes that have arrived on all its connections.
    pub(super) arrived: u64,
    /// What its program has received.
    pub(super) received: Received,
    /// Whether it found no message after the last one that it received.
    pub(super) is_drained: bool,
}

/// What a program has received from a socket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Received {
    /// Messages.
    pub(super) messages: u64,
    /// Their frames.
    pub(super) frames: u64,
    /// The bytes in these.
    pub(super) bytes: u64,
}

impl Received {
    /// About how many bytes these are on the wire.
    const fn on_wire(self, is_curve: bool) -> u64 {
        let (short, long) = HEADER_BYTES;
        let is_long = self.bytes / if self.frames == 0 { 1 } else { self.frames } > u8::MAX as u64;
        let header = if is_long { long } else { short } + if is_curve { CURVE_BYTES } else { 0 };
        self.bytes + self.frames * header
    }
}

impl Backlog {
    /// Takes a look at a socket with these connections, and returns how many messages wait; `None` while that is not known.
    pub(super) fn follow(&mut self, connections: Vec<u32>, look: Look, is_curve: bool) -> Option<u64> {
        let on_wire = look.received.on_wire(is_curve);
        let surplus = look.arrived as i64 - on_wire as i64;
        if self.connections != connections {
            // All that has arrived came by first connections, if there were none before: so their handshakes are the rest.
            let is_fresh = self.connections.is_empty() && !self.had_others && !is_curve;
            self.others = is_fresh.then(|| GREETING_BYTES * connections.len() as i64);
            self.had_others |= look.received.messages > 0;
            (self.connections, self.last) = (connections, None);
        }
        if look.is_drained && self.last.replace(look) == Some(look) {
            self.others = Some(surplus);
        }
        let waiting = surplus - self.others?;
        if waiting < 0 {
            self.others = Some(surplus);
        }
        let of_one = on_wire.checked_div(look.received.messages)?;
        (waiting.max(0) as u64).checked_div(of_one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A handshake of another length than is guessed.
    const HANDSHAKE: u64 = 117;

    /// Messages of two frames, 20 bytes in all: 24 on the wire.
    fn look(arrived: u64, messages: u64, is_drained: bool) -> Look {
        let received = Received { messages, frames: 2 * messages, bytes: 20 * messages };
        Look { arrived: HANDSHAKE + 24 * arrived, received, is_drained }
    }

    #[test]
    fn after_a_quiet_moment_the_number_is_exact() {
        let mut backlog = Backlog::default();
        let mut follow = |look| backlog.follow(vec![7], look, false);
        assert_eq!(follow(look(10, 10, true)), Some(0));
        assert_eq!(follow(look(10, 10, true)), Some(0));
        assert_eq!(follow(look(5_067, 10, false)), Some(5_057));
        assert_eq!(follow(look(5_067, 5_000, false)), Some(67));
        assert_eq!(follow(look(5_067, 5_067, true)), Some(0));
    }

    #[test]
    fn of_a_new_connection_it_is_about_right_at_once() {
        let mut backlog = Backlog::default();
        assert_eq!(backlog.follow(vec![7], look(0, 0, true), false), None);
        assert_eq!(backlog.follow(vec![7], look(1_000, 1, false), false), Some(999));
        // Its first messages may come faster than the first look.
        assert_eq!(Backlog::default().follow(vec![7], look(1_000, 3, false), false), Some(997));
    }

    #[test]
    fn a_socket_that_has_not_looked_is_not_quiet() {
        let mut backlog = Backlog::default();
        backlog.follow(vec![7], look(0, 0, true), false);
        backlog.follow(vec![7], look(0, 0, true), false);
        // It handles the tenth, and others wait.
        for _ in 0..3 {
            assert_eq!(backlog.follow(vec![7], look(40, 10, false), false), Some(30));
        }
    }

    #[test]
    fn a_moment_that_was_not_quiet_is_corrected() {
        let mut backlog = Backlog::default();
        // It waits for something else, and has not noticed those that came meanwhile.
        backlog.follow(vec![7], look(30, 10, true), false);
        assert_eq!(backlog.follow(vec![7], look(30, 10, true), false), Some(0));
        assert_eq!(backlog.follow(vec![7], look(30, 30, false), false), Some(0));
        assert_eq!(backlog.follow(vec![7], look(50, 30, false), false), Some(20));
    }

    #[test]
    fn nothing_is_known_of_another_connection() {
        let mut backlog = Backlog::default();
        backlog.follow(vec![7], look(10, 10, true), false);
        backlog.follow(vec![7], look(10, 10, true), false);
        assert_eq!(backlog.follow(vec![8], look(3, 10, false), false), None);
        assert_eq!(backlog.follow(vec![8], look(3, 13, true), false), None);
        assert_eq!(backlog.follow(vec![8], look(3, 13, true), false), Some(0));
    }

    #[test]
    fn the_headers_of_frames_are_counted_as_they_are_sent() {
        let received = |frames, bytes| Received { messages: 1, frames, bytes };
        assert_eq!(received(2, 20).on_wire(false), 24);
        assert_eq!(received(1, 1_000).on_wire(false), 1_009);
        assert_eq!(received(2, 20).on_wire(true), 90);
    }
}
