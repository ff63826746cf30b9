//! Who a peer is for the broker's `ROUTER`.

use std::{borrow::Borrow, ops::Deref};

use smallvec::SmallVec;

/// Up to 255 bytes, chosen by the peer; if it has chosen none, 5 bytes of libzmq. Up to 16 need no memory apart.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoutingId(SmallVec<[u8; 16]>);

impl From<&[u8]> for RoutingId {
    fn from(bytes: &[u8]) -> Self {
        Self(SmallVec::from_slice(bytes))
    }
}

/// As one piece: the library would copy byte by byte.
impl Clone for RoutingId {
    fn clone(&self) -> Self {
        Self::from(&**self)
    }
}

impl Deref for RoutingId {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Borrow<[u8]> for RoutingId {
    fn borrow(&self) -> &[u8] {
        self
    }
}
