//! Who plays a member without having been started by the cast: the desk that takes part, and a process of another terminal that
//! holds an endpoint which the member would bind.

use std::process;

use super::{Cast, CastError};
use crate::{
    endpoints::{Endpoints, EndpointsError, Transport},
    known::Known,
    stage::house::{DESK, Holder, THIS_DESK},
};

impl Cast {
    /// Looks for processes that play a member, or have ended; returns whether something has changed.
    pub(in crate::stage) fn look_for_guests(&mut self, endpoints: &mut Endpoints) -> bool {
        let mut has_changed = false;
        for place in 0..self.parts.len() {
            if self.parts[place].child.is_none() {
                // If the system has no endpoint for it, its start will fail.
                has_changed |= self.look_for_guest(place, endpoints).unwrap_or(false);
            }
        }
        has_changed
    }

    /// The same for one member that the cast has not started.
    pub(super) fn look_for_guest(&mut self, place: usize, endpoints: &mut Endpoints) -> Result<bool, CastError> {
        let guest = self.guest(place, endpoints)?;
        let words = guest.as_ref().map(|guest| guest.words.clone());
        if words == self.actors[place].elsewhere {
            return Ok(false);
        }
        self.forget_one(place);
        let actor = &mut self.actors[place];
        (actor.pid, actor.elsewhere) = (guest.and_then(|guest| guest.pid), words);
        Ok(true)
    }

    fn guest(&self, place: usize, endpoints: &mut Endpoints) -> Result<Option<Holder>, EndpointsError> {
        let (Some(house), Some(member)) = (&self.config.house, self.member(place)) else { return Ok(None) };
        if member.runs(DESK) {
            return Ok(Some(Holder { words: THIS_DESK.to_owned(), pid: Some(process::id()) }));
        }
        // A scene that was checked has no program without its role.
        let known = Known::of(&member.run).unwrap_or(Known::Other);
        let sockets = known.declarations().iter().flat_map(|declared| declared.sockets);
        for socket in sockets.filter(|socket| socket.binds == Some(true)) {
            let endpoint = endpoints.get(socket.channel.name, Transport::Tcp)?;
            if let Some(holder) = (house.holder)(&endpoint) {
                return Ok(Some(holder));
            }
        }
        Ok(None)
    }
}
