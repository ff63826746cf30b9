//! Wakes a thread out of its sleep when another one has something for it: a child for the stage, the stage for a view.

use std::{
    io::{self, Read as _, Write as _},
    os::{fd::AsFd as _, unix::net::UnixStream},
    sync::Arc,
};

use sockets::Interest;

/// The side that sleeps.
#[derive(Debug)]
pub(crate) struct Bell {
    near: UnixStream,
    far: Rope,
}

/// The side that rings; clones ring the same bell.
#[derive(Debug, Clone)]
pub(crate) struct Rope(Arc<UnixStream>);

impl Bell {
    pub(crate) fn new() -> io::Result<Self> {
        let (near, far) = UnixStream::pair()?;
        near.set_nonblocking(true)?;
        far.set_nonblocking(true)?;
        Ok(Self { near, far: Rope(Arc::new(far)) })
    }

    pub(crate) fn rope(&self) -> Rope {
        self.far.clone()
    }

    /// Ready when the bell rings.
    pub(crate) fn interest(&self) -> Interest<'_> {
        Interest::to_read(self.near.as_fd())
    }

    /// Silences the bell; do so before looking, so that no later ring is missed.
    pub(crate) fn silence(&self) {
        let mut rings = [0; 256];
        while matches!((&self.near).read(&mut rings), Ok(length) if length == rings.len()) {}
    }
}

impl Rope {
    pub(crate) fn ring(&self) {
        // A full bell is ringing already.
        let _ = (&*self.0).write(&[1]);
    }
}
