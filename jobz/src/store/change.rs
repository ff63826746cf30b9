//! What changes in a store, and what comes of it.

use wire::Frames;

use crate::requests::Number;

/// A request that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The service's name.
    pub service: String,
    /// What the client calls it, so that it can be sent again; empty if nothing.
    pub key: Vec<u8>,
    /// When it is too late for a reply, in milliseconds since 1970; 0 if never.
    pub deadline: u64,
    /// How many workers may get it, one after another; 0 if as many as its service says.
    pub tries: u32,
    /// How many of its tries are used up.
    pub attempts: u32,
    /// The request whose worker has submitted it; 0 if none.
    pub parent: Number,
    /// What is asked.
    pub body: Frames,
}

/// A change to be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A request is accepted, if its key is new.
    Accept(Number, Record),
    /// So many of its tries are used up, with the one that is next.
    Try(Number, u32),
    /// It is not open any more.
    End(Number, Ending),
    /// A dead letter is open again, without its deadline.
    Revive(Number),
    /// Nothing of it is needed any more.
    Close(Number),
}

/// How a request ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It is done: its reply.
    Reply(Frames),
    /// It cannot be done, for this reason.
    Dead(String),
    /// The client does not want it any more.
    Cancelled,
}

/// The effect of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is made, or had no effect since the request was not in the state for it.
    Made,
    /// Of [`Change::Accept`].
    Accepted(Accepted),
    /// Of [`Change::Accept`]: there is no room.
    Full,
    /// Of [`Change::Revive`]: the request, which is open again; `None` if it was no dead letter.
    Revived(Option<Record>),
}

/// Whether a request is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is accepted.
    New,
    /// It was accepted before, under the same key: its number.
    Known(Number),
    /// Another request has the same key.
    Conflict,
}
