//! The limits of a service, and of the broker.

use std::time::Duration;

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

/// The limits of a broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// The limits of each service.
    pub service: ServiceLimits,
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
        }
    }
}
