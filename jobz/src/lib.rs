//! Requests to services, and the workers that do them. The wire is specified in `protocol-docs/jobz.md`.
//!
//! Clients and workers connect to one `ROUTER`. A client names a service; the broker passes its request to a worker that has
//! registered that service, and the reply back. A worker that dies or hangs loses its requests to others.
//!
//! - [`broker`]: the ROUTER around a dispatcher
//! - [`dispatcher`]: which worker gets which request, and how each ends; pure
//! - [`jobs`]: requests that were accepted, and who waits for them; pure
//! - [`majordomo`]: the two of them
//! - [`requests`]: the requests that the broker has taken, and not answered yet
//! - [`waiting`]: those of one service that wait for a worker, served alternately by client
//! - [`workers`]: who has registered, what each is doing, and whether it is alive
//! - [`metrics`]: the broker's numbers for Prometheus
//! - [`client`]: asks, and asks again
//! - [`ask`]: requests from the command line
//! - [`job_client`]: submits jobs, which the broker keeps until they are done
//! - [`job_commands`]: what is done with jobs from the command line
//! - [`parts`]: a request from the command line, and its replies
//! - [`table`]: aligned columns of text
//! - [`worker`]: does requests, and begins again when its broker is gone
//! - [`drain`]: has the workers of a service end
//! - [`exec`]: any program as a worker
//! - [`scale`]: workers that come and go with the backlog
//! - [`crew`]: how many there should be; pure
//! - [`vault`]: the thread that owns the store
//! - [`store`]: accepted requests on disk
//! - [`federation`]: brokers that pass requests to each other; pure
//! - [`links`]: the connections to them, between the federation and the dispatcher; pure
//! - [`uplinks`]: the sockets that connect to them
//! - [`limits`]: of a service, and of the broker
//! - [`trust`]: whether a worker that fails requests gets more; pure
//! - [`permits`]: which users may register for which services
//! - [`args`]: the command line

pub mod args;
pub mod ask;
pub mod broker;
pub mod client;
mod count;
pub mod crew;
pub mod dispatcher;
pub mod drain;
pub mod exec;
pub mod federation;
pub mod job_client;
pub mod job_commands;
pub mod jobs;
pub mod limits;
pub mod links;
pub mod majordomo;
pub mod metrics;
pub mod parts;
pub mod permits;
pub mod requests;
pub mod scale;
pub mod store;
pub mod table;
pub mod trust;
pub mod uplinks;
pub mod vault;
pub mod waiting;
pub mod worker;
pub mod workers;

pub use broker::{Broker, BrokerConfig};
pub use client::{AskError, Client, ClientConfig};
pub use dispatcher::Dispatcher;
pub use job_client::{JobClient, JobError, JobOptions, JobStatus};
pub use limits::{Balance, BrokerLimits, ServiceLimits};
pub use metrics::Metrics;
pub use worker::{Drain, Handler, Worker, WorkerConfig};

/// What each role reports to observers.
pub const REPORTS: &[wire::report::Declaration] = &[
    ask::REPORTS,
    broker::REPORTS,
    drain::REPORTS,
    scale::REPORTS,
    worker::REPORTS,
    job_commands::reports("submit"),
    job_commands::reports("wait"),
    job_commands::reports("status"),
    job_commands::reports("cancel"),
    job_commands::reports("close"),
    job_commands::reports("list"),
    job_commands::reports("dead"),
    job_commands::reports("resend"),
];
