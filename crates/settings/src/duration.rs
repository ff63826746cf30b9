//! Lengths of time as they are typed.

use std::time::Duration;

/// The longest one: a year.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// A length of time such as `5s` or `200ms`, from a millisecond to a year.
///
/// # Errors
/// It has another form, or is shorter or longer; the reason.
pub fn positive_duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if (Duration::from_millis(1)..=YEAR).contains(&duration) {
        Ok(duration)
    } else {
        Err("not between 1ms and a year".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_from_a_millisecond_to_a_year() {
        assert_eq!(positive_duration("1ms"), Ok(Duration::from_millis(1)));
        assert_eq!(positive_duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert_eq!(positive_duration("365days"), Ok(YEAR));
        for text in ["0s", "999us", "366days"] {
            assert_eq!(positive_duration(text), Err("not between 1ms and a year".to_owned()), "{text}");
        }
        for text in ["", "5", "-5s", "5 parsecs"] {
            assert!(positive_duration(text).is_err(), "{text}");
        }
    }
}
