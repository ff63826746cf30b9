//! Values of flags.

use std::time::Duration;

use humantime::parse_duration;

/// The longest time, so that no sum of times is out of range.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);

/// A time, such as `200ms`; `0s` is none.
pub fn time(text: &str) -> Result<Duration, String> {
    let time = parse_duration(text).map_err(|error| error.to_string())?;
    if time <= YEAR { Ok(time) } else { Err("longer than a year".to_owned()) }
}

/// A time between two repetitions: one of nothing would leave no time for anything else.
pub fn interval(text: &str) -> Result<Duration, String> {
    let time = time(text)?;
    if time >= Duration::from_millis(1) { Ok(time) } else { Err("shorter than 1ms".to_owned()) }
}

/// A routing id: libzmq takes 1 to 255 bytes.
pub fn routing_id(text: &str) -> Result<String, &'static str> {
    if (1..=255).contains(&text.len()) { Ok(text.to_owned()) } else { Err("a routing id has 1 to 255 bytes") }
}
