//! The name of a service.

use std::{fmt, str::FromStr};

use crate::{
    DecodeError, Fault,
    fields::utf8,
    names::{validated_text, within},
};

/// The most bytes in a service's name.
pub const SERVICE_BYTES_MAX: usize = 255;

validated_text!(
    /// A service's name: 1 to [`SERVICE_BYTES_MAX`] bytes without control characters. Names that begin with `mmi.`, `titanic.` and
    /// `job.` belong to the broker ([`Service::is_reserved`]).
    Service,
    "service",
    check
);

impl Service {
    /// Whether the broker itself answers requests to a service of this name, so that no worker can register it.
    #[must_use]
    pub fn is_reserved(name: &str) -> bool {
        name.starts_with("mmi.") || name.starts_with("titanic.") || name.starts_with("job.")
    }
}

/// A frame as a service's name.
///
/// # Errors
/// As those of [`Service::decode`].
pub(super) fn read(bytes: &[u8]) -> Result<&str, DecodeError> {
    let name = utf8(bytes, "service")?;
    if name.is_empty() {
        return Err(Fault::Empty.of("service"));
    }
    check(name).map_err(|fault| fault.of("service"))?;
    Ok(name)
}

fn check(name: &str) -> Result<(), Fault> {
    if name.chars().any(char::is_control) {
        return Err(Fault::BadCharacter);
    }
    within(name.len(), SERVICE_BYTES_MAX, "bytes")
}
