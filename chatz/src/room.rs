//! The present users, and what each request changes: a pure state machine without sockets and clock.
//!
//! `handle_*` take the current time; [`Room::next_deadline`] is when [`Room::handle_timeout`] is due. The roster's
//! version changes with every user who joins or leaves, and with nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use thiserror::Error;
use wire::{
    User,
    chat::{Broadcast, ROSTER_VERSION_MAX, Request},
    plural,
};

/// The limits of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomConfig {
    /// The time that a user stays present without a request.
    pub expiry: Duration,
    /// The most users present at once.
    pub users_max: usize,
}

impl Default for RoomConfig {
    fn default() -> Self {
        Self { expiry: Duration::from_secs(5), users_max: 10_000 }
    }
}

/// The present users and when each one expires.
#[derive(Debug)]
pub struct Room {
    config: RoomConfig,
    /// The roster's current version, 1 to [`ROSTER_VERSION_MAX`].
    version: u64,
    /// The deadline of each present user, by name; the order of names is the order of the reply.
    present: BTreeMap<User, Instant>,
    /// The same pairs by deadline: the next to expire is first.
    deadlines: BTreeSet<(Instant, User)>,
}

/// The reply to an accepted request, and its effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The roster in the reply.
    pub roster: RosterReply,
    /// The text to broadcast.
    pub said: Option<Broadcast>,
    /// Whether the user joined or left by it.
    pub change: Option<Change>,
}

/// The effect of a request on the presence of its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Not present before, present now.
    Joined,
    /// Present before, not present now.
    Left,
}

/// The roster in a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RosterReply {
    /// All names: the peer uses the base protocol.
    Names,
    /// The version and all names: the peer holds another version.
    VersionAndNames,
    /// The version alone: the peer holds it, or leaves.
    Version,
}

/// The reason of a refusal; its `Display` is the sentence on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// One more user than allowed.
    #[error("the room is full: at most {} may be present", plural(*users_max, "user"))]
    Full {
        /// The most users present at once.
        users_max: usize,
    },
}

impl Room {
    /// An empty room whose roster's first version is `first_version`. A restarted server must begin above all versions
    /// that it has used before, or a peer that holds an old one would learn of no change.
    #[must_use]
    pub fn new(config: RoomConfig, first_version: u64) -> Self {
        let version = first_version.clamp(1, ROSTER_VERSION_MAX);
        Self { config, version, present: BTreeMap::new(), deadlines: BTreeSet::new() }
    }

    /// The roster's version.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The present users, sorted by code point.
    pub fn users(&self) -> impl ExactSizeIterator<Item = &User> {
        self.present.keys()
    }

    /// Takes a request at `now`: its user is present from then on, unless it leaves.
    ///
    /// # Errors
    /// The user is not present and the room is full.
    pub fn handle_request(&mut self, now: Instant, request: Request) -> Result<Accepted, Refusal> {
        let Request { user, text, roster_version, leaves } = request;
        let change = if leaves { self.remove(&user) } else { self.keep(now, &user)? };
        let roster = match roster_version {
            None => RosterReply::Names,
            Some(version) if leaves || version == self.version => RosterReply::Version,
            Some(_) => RosterReply::VersionAndNames,
        };
        Ok(Accepted { roster, said: text.map(|text| Broadcast { user, text }), change })
    }

    /// Removes the users whose deadline has passed, and returns them.
    pub fn handle_timeout(&mut self, now: Instant) -> Vec<User> {
        let mut left = Vec::new();
        while self.deadlines.first().is_some_and(|(deadline, _)| *deadline <= now)
            && let Some((_, user)) = self.deadlines.pop_first()
        {
            self.present.remove(&user);
            self.change_version();
            left.push(user);
        }
        left
    }

    /// The time at which the next user expires; `None` while the room is empty.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Keeps a user present until the expiry has passed from `now` on.
    fn keep(&mut self, now: Instant, user: &User) -> Result<Option<Change>, Refusal> {
        let deadline = now + self.config.expiry;
        let known = self.present.get_mut(user).map(|known| std::mem::replace(known, deadline));
        if let Some(known) = known {
            self.deadlines.remove(&(known, user.clone()));
        } else if self.present.len() >= self.config.users_max {
            return Err(Refusal::Full { users_max: self.config.users_max });
        } else {
            self.present.insert(user.clone(), deadline);
            self.change_version();
        }
        self.deadlines.insert((deadline, user.clone()));
        Ok(known.is_none().then_some(Change::Joined))
    }

    fn remove(&mut self, user: &User) -> Option<Change> {
        let deadline = self.present.remove(user)?;
        self.deadlines.remove(&(deadline, user.clone()));
        self.change_version();
        Some(Change::Left)
    }

    fn change_version(&mut self) {
        self.version = if self.version >= ROSTER_VERSION_MAX { 1 } else { self.version + 1 };
    }
}

#[cfg(test)]
mod tests;
