//! The load: peers on plain TCP without libzmq, so that thousands of them cost less than the server.

pub(crate) mod clients;
pub(crate) mod crowd;
pub(crate) mod zmtp;
