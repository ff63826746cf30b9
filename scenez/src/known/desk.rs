//! What a desk reports as a member of a scene: the sockets with which it takes part in the three services.
//!
//! The desk itself uses these constants, so that a scene is checked by what the desk really has.

use wire::{
    report::{Declaration, DeclaredSocket},
    tick::TICKS,
    value::{CONTROL, ORDERS, RESULTS},
};

use crate::stage::house::DESK;

/// What it reports.
pub const REPORTS: Declaration = Declaration {
    program: DESK,
    role: "desk",
    sockets: &[CHATZ_REQ, CHATZ_SUB, TICKZ_SUB, VALUZ_PUSH, VALUZ_PULL, VALUZ_PUB],
    values: &[],
};

/// The client's requests to chatz.
pub const CHATZ_REQ: DeclaredSocket = chatz::client::REQ;

/// What chatz broadcasts.
pub const CHATZ_SUB: DeclaredSocket = chatz::client::SUB;

/// Prices of the symbols that are followed.
pub const TICKZ_SUB: DeclaredSocket =
    DeclaredSocket { name: "tickz.sub", kind: "SUB", channel: TICKS, binds: Some(false) };

/// Orders to the workers.
pub const VALUZ_PUSH: DeclaredSocket =
    DeclaredSocket { name: "valuz.push", kind: "PUSH", channel: ORDERS, binds: Some(true) };

/// Results of the workers.
pub const VALUZ_PULL: DeclaredSocket =
    DeclaredSocket { name: "valuz.pull", kind: "PULL", channel: RESULTS, binds: Some(true) };

/// Commands to the workers; libzmq's XPUB is a PUB that knows its subscribers.
pub const VALUZ_PUB: DeclaredSocket =
    DeclaredSocket { name: "valuz.pub", kind: "XPUB", channel: CONTROL, binds: Some(true) };
