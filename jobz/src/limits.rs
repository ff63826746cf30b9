//! The limits of a service, and of the broker.

use std::{collections::HashMap, str::FromStr, time::Duration};

use clap::ValueEnum;
use settings::positive_duration;
use wire::job::Service;

/// The limits of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceLimits {
    /// The most requests that wait for a worker.
    pub waiting_max: usize,
    /// How long a request waits for a worker before it expires.
    pub age_max: Duration,
    /// How long a worker may be busy with a request without a reply, partial or final, before another one gets it.
    pub busy_max: Duration,
    /// How many workers may get a request, one after another, before it is a dead letter.
    pub tries_max: u32,
}

impl Default for ServiceLimits {
    fn default() -> Self {
        Self { waiting_max: 10_000, age_max: Duration::from_secs(60), busy_max: Duration::from_secs(300), tries_max: 3 }
    }
}

/// Which free worker gets the next request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Balance {
    /// The least recently used
    #[default]
    Lru,
    /// The one with the smallest share of its credit in use; the least recently used among equals
    Weighted,
}

/// The limits of a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerLimits {
    /// The interval of heartbeats, in both directions.
    pub heartbeat: Duration,
    /// How many of its heartbeats a worker may miss.
    pub liveness: u32,
    /// The most services that are known at once: those that have workers, and those that clients have asked for.
    pub services_max: usize,
    /// The most workers at once.
    pub workers_max: usize,
    /// The most bytes of all requests that the broker has taken and not answered.
    pub bytes_max: usize,
    /// The limits of each service that has no others.
    pub service: ServiceLimits,
    /// The limits of some services.
    pub services: HashMap<String, ServiceLimits>,
    /// Which free worker gets the next request.
    pub balance: Balance,
}

impl BrokerLimits {
    /// The limits of the service with this name.
    #[must_use]
    pub fn of(&self, service: &str) -> ServiceLimits {
        self.services.get(service).copied().unwrap_or(self.service)
    }
}

impl Default for BrokerLimits {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_millis(2_500),
            liveness: 3,
            services_max: 10_000,
            workers_max: 10_000,
            bytes_max: 256 << 20,
            service: ServiceLimits::default(),
            services: HashMap::new(),
            balance: Balance::default(),
        }
    }
}

/// Limits of one service that differ from those of the others, as they are typed: `NAME:waiting=100,age=5s,busy=1m,tries=2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceChange {
    /// The service.
    pub service: Service,
    waiting_max: Option<usize>,
    age_max: Option<Duration>,
    busy_max: Option<Duration>,
    tries_max: Option<u32>,
}

impl ServiceChange {
    /// Changes these limits.
    pub fn apply(&self, limits: &mut ServiceLimits) {
        limits.waiting_max = self.waiting_max.unwrap_or(limits.waiting_max);
        limits.age_max = self.age_max.unwrap_or(limits.age_max);
        limits.busy_max = self.busy_max.unwrap_or(limits.busy_max);
        limits.tries_max = self.tries_max.unwrap_or(limits.tries_max);
    }
}

impl FromStr for ServiceChange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The name may have any character but control characters; the limits have no colon.
        let (name, limits) = text.rsplit_once(':').ok_or("not NAME:LIMIT=VALUE[,LIMIT=VALUE]")?;
        let service = name.parse().map_err(|error: wire::DecodeError| error.to_string())?;
        let mut change = Self { service, waiting_max: None, age_max: None, busy_max: None, tries_max: None };
        for limit in limits.split(',') {
            let (name, value) = limit.split_once('=').ok_or_else(|| format!("{limit:?} is not LIMIT=VALUE"))?;
            let is_new = match name {
                "waiting" => change.waiting_max.replace(count(name, value)? as usize).is_none(),
                "age" => change.age_max.replace(time(name, value)?).is_none(),
                "busy" => change.busy_max.replace(time(name, value)?).is_none(),
                "tries" => change.tries_max.replace(count(name, value)?).is_none(),
                _ => return Err(format!("no limit is named {name:?}: waiting, age, busy or tries")),
            };
            if !is_new {
                return Err(format!("{name} is given twice"));
            }
        }
        Ok(change)
    }
}

fn count(name: &str, value: &str) -> Result<u32, String> {
    value.parse().ok().filter(|count| *count > 0).ok_or_else(|| format!("{name}: {value:?} is not a number from 1"))
}

fn time(name: &str, value: &str) -> Result<Duration, String> {
    positive_duration(value).map_err(|error| format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_the_limits_that_are_typed_and_the_others_of_all() {
        let change: ServiceChange = "a:b,c:age=5s,tries=2".parse().unwrap();
        let mut limits = ServiceLimits::default();
        change.apply(&mut limits);
        let expected = ServiceLimits { age_max: Duration::from_secs(5), tries_max: 2, ..ServiceLimits::default() };
        assert_eq!((change.service.as_str(), limits), ("a:b,c", expected));
        let change: ServiceChange = "echo:waiting=100,busy=1m".parse().unwrap();
        change.apply(&mut limits);
        assert_eq!((limits.waiting_max, limits.busy_max, limits.tries_max), (100, Duration::from_secs(60), 2));
    }

    #[test]
    fn what_is_wrong_with_a_limit_is_said() {
        for (text, expected) in [
            ("echo", "not NAME:LIMIT=VALUE[,LIMIT=VALUE]"),
            (":tries=2", "service: empty"),
            ("echo:", "\"\" is not LIMIT=VALUE"),
            ("echo:tries", "\"tries\" is not LIMIT=VALUE"),
            ("echo:trys=2", "no limit is named \"trys\": waiting, age, busy or tries"),
            ("echo:tries=0", "tries: \"0\" is not a number from 1"),
            ("echo:age=0s", "age: not between 1ms and a year"),
            ("echo:tries=2,tries=3", "tries is given twice"),
        ] {
            let error = text.parse::<ServiceChange>().unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
