//! Where a process reports to its observers, and what it lets them see.

use std::{ffi::OsString, str::FromStr};

use anyhow::Context as _;
use clap::{Args, builder::BoolishValueParser};
use serde::{Deserialize, Deserializer, de::Error as _};
use sockets::{Context, Endpoint, Mechanism, Reporting, endpoint::EndpointError};
use tracing::warn;
use wire::report::REPORTS;

use crate::{Host, HostArgs, Suite, SuiteArgs};

/// The variable that names the hub; for the environment of a child.
pub const VARIABLE: &str = "SUITE_OBSERVE";

/// The flags of every role that reports to a hub.
#[derive(Debug, Clone, Default, Args)]
pub struct ReportingArgs {
    /// Those of every role.
    #[command(flatten)]
    pub suite: SuiteArgs,
    /// Where it reports.
    #[command(flatten)]
    pub observe: ObserveArgs,
}

/// Where a process reports, and what.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Suite")]
pub struct ObserveArgs {
    /// The hub that shows this process to observers, or `off`; without a hub nothing is sent [default: tcp://127.0.0.1:9007]
    #[arg(long, value_name = "ADDRESS|off", env = VARIABLE, hide_env_values = true, global = true)]
    pub observe: Option<Observe>,
    /// What it lets observers see.
    #[command(flatten)]
    pub bytes: BytesArgs,
}

/// What a process lets observers see.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Suite")]
pub struct BytesArgs {
    /// Let observers see the bytes of messages also under PLAIN and CURVE
    #[arg(long, env = "SUITE_OBSERVE_BYTES", value_parser = BoolishValueParser::new(), global = true)]
    pub observe_bytes: bool,
}

/// A hub to report to, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observe {
    /// Report nothing, and count nothing.
    Off,
    /// Report to the hub at this address, if there is one.
    Hub(Endpoint),
}

impl FromStr for Observe {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        if text == "off" { Ok(Self::Off) } else { text.parse().map(Self::Hub) }
    }
}

impl std::fmt::Display for Observe {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Off => formatter.write_str("off"),
            Self::Hub(endpoint) => endpoint.fmt(formatter),
        }
    }
}

impl<'de> Deserialize<'de> for Observe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl ReportingArgs {
    /// As [`SuiteArgs::load`].
    ///
    /// # Errors
    /// As [`SuiteArgs::load`].
    pub fn load(self) -> anyhow::Result<Suite> {
        let mut suite = self.suite.load()?;
        suite.observe = self.observe;
        Ok(suite)
    }

    /// As [`SuiteArgs::variables`].
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, OsString)> {
        let observe = self.observe.observe.as_ref().map(|observe| (VARIABLE, observe.to_string().into()));
        self.suite.variables().into_iter().chain(observe).chain(self.observe.bytes.variable()).collect()
    }
}

impl BytesArgs {
    /// The flag as the variable that stands for it, if it is given.
    #[must_use]
    pub fn variable(self) -> Option<(&'static str, OsString)> {
        self.observe_bytes.then(|| ("SUITE_OBSERVE_BYTES", "true".into()))
    }
}

impl Suite {
    /// A context as [`Suite::context`] makes, for a process that lets itself be observed as this program in this role, unless
    /// `--observe off`. One that only binds may have no credentials to connect to a hub with; it runs unobserved.
    ///
    /// # Errors
    /// As [`Suite::context`]; the hub's address cannot be connected to.
    pub fn observable_context(&self, program: &str, role: &str) -> anyhow::Result<Context> {
        let context = self.context()?;
        let named = self.observe.observe.as_ref().or(self.file.observe.as_ref());
        if named == Some(&Observe::Off) {
            return Ok(context);
        }
        if !context.security().can_connect() {
            if named.is_some() {
                warn!("this process has no credentials to connect to the hub with: it cannot be observed");
            }
            return Ok(context);
        }
        let hub = match named {
            Some(Observe::Hub(hub)) => hub.clone(),
            Some(Observe::Off) | None => self.to_connect(REPORTS, None, &HostArgs { host: Some(Host::local()) }),
        };
        let with_bytes = self.shows_bytes(&context, self.observe.bytes);
        let reporting =
            Reporting { hub, is_own_hub: false, program: program.to_owned(), role: role.to_owned(), with_bytes };
        let (context, _) = context.reporting(&reporting).context("--observe")?;
        Ok(context)
    }

    /// Whether observers may see the bytes of messages of this context's sockets.
    #[must_use]
    pub fn shows_bytes(&self, context: &Context, given: BytesArgs) -> bool {
        let is_open = matches!(context.security().mechanism, Mechanism::Null);
        is_open || given.observe_bytes || self.file.observe_bytes == Some(true)
    }
}
