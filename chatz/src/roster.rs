//! The names of the present users as frames, encoded once per version: the replies of a quiet room cost no encoding.

use wire::Frames;

use crate::room::Room;

/// The encoded names of one version of the roster.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// The version of `names`; 0, which no roster has, before the first.
    version: u64,
    names: Frames,
}

impl Roster {
    /// One frame per present user, sorted by code point.
    pub(crate) fn names(&mut self, room: &Room) -> &Frames {
        if self.version != room.version() {
            self.version = room.version();
            self.names.clear();
            room.users().for_each(|user| self.names.push(user.as_bytes()));
        }
        &self.names
    }
}
