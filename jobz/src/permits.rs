//! Which authenticated users may register for which services.

use std::{
    str::FromStr,
    time::{Duration, Instant},
};

use tracing::warn;
use wire::{User, foreign, job::Service};

/// How long further refusals are only counted.
const QUIET: Duration = Duration::from_secs(1);

/// The services that one user may register, as they are typed: `USER=SERVICE[,SERVICE]`, with `*` for any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    user: Pattern,
    services: Vec<Pattern>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Any,
    Name(String),
}

impl Pattern {
    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Name(own) => own == name,
        }
    }
}

impl FromStr for Permit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (user, services) = text.split_once('=').ok_or("not USER=SERVICE[,SERVICE]")?;
        let pattern = |name: &str, is_name: Result<(), wire::DecodeError>| match (name, is_name) {
            ("*", _) => Ok(Pattern::Any),
            (name, Ok(())) => Ok(Pattern::Name(name.to_owned())),
            (name, Err(error)) => Err(format!("{name:?}: {error}")),
        };
        let services = services.split(',').map(|name| pattern(name, name.parse::<Service>().map(drop)));
        Ok(Self { user: pattern(user, user.parse::<User>().map(drop))?, services: services.collect::<Result<_, _>>()? })
    }
}

/// The list of all permits. Without one, every peer may register.
#[derive(Debug, Default)]
pub struct Permits {
    list: Vec<Permit>,
    refused: u64,
    last_logged: Option<Instant>,
}

impl Permits {
    /// A list.
    #[must_use]
    pub const fn of(list: Vec<Permit>) -> Self {
        Self { list, refused: 0, last_logged: None }
    }

    /// Whether every peer may register, so that its name does not matter.
    #[must_use]
    pub const fn allow_all(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether this user may register this service.
    #[must_use]
    pub fn allow(&self, user: Option<&str>, service: &str) -> bool {
        let user = user.unwrap_or_default();
        self.allow_all()
            || self.list.iter().any(|permit| {
                permit.user.matches(user) && permit.services.iter().any(|pattern| pattern.matches(service))
            })
    }

    /// Whether this user may register any service.
    #[must_use]
    pub fn allow_any(&self, user: Option<&str>) -> bool {
        let user = user.unwrap_or_default();
        let is_any = |permit: &Permit| permit.user.matches(user) && permit.services.contains(&Pattern::Any);
        self.allow_all() || self.list.iter().any(is_any)
    }

    /// Counts a worker that may not register, and logs it unless another one was logged less than a second ago.
    pub fn record_refused(&mut self, now: Instant, user: Option<&str>, service: &str) {
        self.refused += 1;
        if self.last_logged.is_some_and(|last| now.saturating_duration_since(last) < QUIET) {
            return;
        }
        self.last_logged = Some(now);
        let (user, service) = (foreign(user.unwrap_or_default()), foreign(service));
        warn!(%user, %service, count = self.refused, "a worker may not register for this service");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(list: &[&str]) -> Permits {
        Permits::of(list.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn a_user_may_register_what_the_list_says() {
        let permits = permits(&["ada=echo,tea", "bob=*", "ada=cake", "*=open"]);
        for (user, service, expected) in [
            ("ada", "echo", true),
            ("ada", "tea", true),
            ("ada", "cake", true),
            ("ada", "coffee", false),
            ("bob", "coffee", true),
            ("eve", "echo", false),
            ("eve", "open", true),
        ] {
            assert_eq!(permits.allow(Some(user), service), expected, "{user} {service}");
        }
        assert!(!permits.allow(None, "echo") && permits.allow(None, "open"));
    }

    #[test]
    fn without_a_list_every_peer_may_register() {
        assert!(Permits::default().allow(None, "echo"));
    }

    #[test]
    fn what_is_wrong_with_a_permit_is_said() {
        for (text, expected) in
            [("ada", "not USER=SERVICE"), ("ada=", "empty"), ("=echo", "empty"), ("ada=a,,b", "empty")]
        {
            let error = text.parse::<Permit>().unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
