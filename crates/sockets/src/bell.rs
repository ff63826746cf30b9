//! Wakes a thread out of [`crate::wait()`] when another one has something for it.

use std::{
    io::{self, Read as _, Write as _},
    os::{fd::AsFd as _, unix::net::UnixStream},
    sync::Arc,
};

use crate::Interest;

/// The side that sleeps.
#[derive(Debug)]
pub struct Bell {
    near: UnixStream,
    far: Rope,
}

/// The side that rings; clones ring the same bell.
#[derive(Debug, Clone)]
pub struct Rope(Arc<UnixStream>);

impl Bell {
    /// A bell that does not ring.
    ///
    /// # Errors
    /// The process has no file descriptors left.
    pub fn new() -> io::Result<Self> {
        let (near, far) = UnixStream::pair()?;
        near.set_nonblocking(true)?;
        far.set_nonblocking(true)?;
        Ok(Self { near, far: Rope(Arc::new(far)) })
    }

    /// What rings it.
    #[must_use]
    pub fn rope(&self) -> Rope {
        self.far.clone()
    }

    /// Ready when the bell rings.
    #[must_use]
    pub fn interest(&self) -> Interest<'_> {
        Interest::to_read(self.near.as_fd())
    }

    /// Silences the bell; do so before looking, so that no later ring is missed.
    pub fn silence(&self) {
        let mut rings = [0; 256];
        while matches!((&self.near).read(&mut rings), Ok(length) if length == rings.len()) {}
    }
}

impl Rope {
    /// Rings the bell, which rings until it is silenced.
    pub fn ring(&self) {
        // A full bell is ringing already.
        let _ = (&*self.0).write(&[1]);
    }
}
