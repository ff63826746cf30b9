//! The load: peers made by hand on plain TCP, so that thousands cost less than the server they load.

pub(crate) mod crowd;
pub(crate) mod zmtp;
