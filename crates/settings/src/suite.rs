//! The flags that all programs share, and what comes of them: endpoints, security, keep-alive.
//!
//! [`SuiteArgs`] is what was typed. [`Suite`] is what a program uses: it has read the file and the keys.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use sockets::{Context, Endpoint, KeepAlive, KeyPair, Mechanism, PublicKey, Security};
use wire::Channel;

use crate::file::{SecurityName, SuiteFile};

/// Where a connecting role looks unless somebody says otherwise.
const HOST: &str = "127.0.0.1";

/// The flags of every role.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Suite")]
pub struct SuiteArgs {
    /// A file with endpoints, security and more; flags and variables beat it
    #[arg(long, value_name = "FILE", env = "SUITE_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// How peers prove who they are [default: null]
    #[arg(long, env = "SUITE_SECURITY", global = true)]
    pub security: Option<SecurityName>,
    /// CURVE: this process's own secret key, a file made by keyz
    #[arg(long, value_name = "FILE", env = "SUITE_KEY", global = true)]
    pub key: Option<PathBuf>,
    /// CURVE: the public key of the bound side, a file or its 40 characters
    #[arg(long, value_name = "KEY", env = "SUITE_SERVER_KEY", global = true)]
    pub server_key: Option<String>,
    /// CURVE, PLAIN: who may come in, one `name key` or `name password` a line; read again when it changes
    #[arg(long, value_name = "FILE", env = "SUITE_ALLOW", global = true)]
    pub allow: Option<PathBuf>,
    /// PLAIN: the name to show
    #[arg(long, value_name = "NAME", env = "SUITE_USERNAME", global = true)]
    pub username: Option<String>,
    /// PLAIN: the password to show (better in the variable: flags can be seen by others)
    #[arg(long, value_name = "PASSWORD", env = "SUITE_PASSWORD", hide_env_values = true, global = true)]
    pub password: Option<String>,
    /// Do not probe silent connections (by TCP keep-alive)
    #[arg(long, env = "SUITE_NO_KEEP_ALIVE", global = true)]
    pub no_keep_alive: bool,
}

/// The flag of every connecting role.
#[derive(Debug, Clone, Default, Args)]
pub struct HostArgs {
    /// The host to connect to, where a channel names none [default: 127.0.0.1]
    #[arg(long, value_name = "HOST", env = "SUITE_HOST")]
    pub host: Option<String>,
}

/// What a program uses.
#[derive(Debug)]
pub struct Suite {
    args: SuiteArgs,
    file: SuiteFile,
}

impl SuiteArgs {
    /// Reads the file, if one is named.
    ///
    /// # Errors
    /// The file cannot be read or says something unknown.
    pub fn load(self) -> anyhow::Result<Suite> {
        let file = self.config.as_deref().map(SuiteFile::read).transpose()?.unwrap_or_default();
        Ok(Suite { args: self, file })
    }
}

impl Suite {
    /// Where a role binds `channel`, given what its flag or variable says.
    #[must_use]
    pub fn to_bind(&self, channel: Channel, given: Option<Endpoint>) -> Endpoint {
        given.or_else(|| self.file.endpoint(channel).cloned()).unwrap_or_else(|| Endpoint::to_bind(channel))
    }

    /// Where a role finds `channel`, given what its flag or variable says. The host of `--host` stands in for a
    /// `*` and for the default.
    #[must_use]
    pub fn to_connect(&self, channel: Channel, given: Option<Endpoint>, host: &HostArgs) -> Endpoint {
        let host = host.host.as_deref().or(self.file.host.as_deref()).unwrap_or(HOST);
        given
            .or_else(|| self.file.endpoint(channel).cloned())
            .map_or_else(|| Endpoint::to_connect(channel, host), |endpoint| endpoint.with_wildcard_host(host))
    }

    /// A context with the security and keep-alive that were asked for.
    ///
    /// # Errors
    /// A key, a password or a list is missing or cannot be used; the message says which flag would bring it.
    pub fn context(&self) -> anyhow::Result<Context> {
        let keep_alive = if self.args.no_keep_alive || self.file.keep_alive == Some(false) {
            KeepAlive::Off
        } else {
            KeepAlive::default()
        };
        Ok(Context::new(self.security()?, keep_alive)?)
    }

    /// How this process authenticates, and which peers it accepts.
    ///
    /// # Errors
    /// As [`Suite::context`].
    pub fn security(&self) -> anyhow::Result<Security> {
        let name = self.args.security.or(self.file.security).unwrap_or(SecurityName::Null);
        let mechanism = match name {
            SecurityName::Null => Mechanism::Null,
            SecurityName::Plain => self.plain()?,
            SecurityName::Curve => self.curve()?,
        };
        Ok(Security { mechanism, allow: self.allow().map(Path::to_owned) })
    }

    fn allow(&self) -> Option<&Path> {
        self.args.allow.as_deref().or(self.file.allow.as_deref())
    }

    fn plain(&self) -> anyhow::Result<Mechanism> {
        let username = self.args.username.clone().or_else(|| self.file.username.clone());
        let password = self.args.password.clone().or_else(|| self.file.password.clone());
        match (username, password) {
            (Some(username), Some(password)) => Ok(Mechanism::Plain { username, password }),
            // A role that only binds shows nothing.
            (None, None) if self.allow().is_some() => {
                Ok(Mechanism::Plain { username: String::new(), password: String::new() })
            }
            _ => anyhow::bail!("security plain needs --username and --password (SUITE_PASSWORD)"),
        }
    }

    fn curve(&self) -> anyhow::Result<Mechanism> {
        let path = self.args.key.as_deref().or(self.file.key.as_deref());
        let own = KeyPair::read(path.context("security curve needs --key FILE (just keys NAME makes one)")?)?;
        let server = self.args.server_key.as_deref().or(self.file.server_key.as_deref());
        let server = server.map(PublicKey::from_text_or_file).transpose().context("--server-key")?;
        Ok(Mechanism::Curve { own, server })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn suite(toml: &str) -> anyhow::Result<Suite> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("suite.toml");
        fs::write(&path, toml).unwrap();
        SuiteArgs { config: Some(path), ..SuiteArgs::default() }.load()
    }

    #[test]
    fn what_was_typed_beats_the_file_and_the_file_beats_the_default() {
        let suite = suite("ticks = 'tcp://*:7003'").unwrap();
        let typed: Endpoint = "tcp://127.0.0.1:8003".parse().unwrap();
        assert_eq!(suite.to_bind(Channel::Ticks, Some(typed.clone())), typed);
        assert_eq!(suite.to_bind(Channel::Ticks, None).as_str(), "tcp://*:7003");
        assert_eq!(suite.to_bind(Channel::Orders, None).as_str(), "tcp://*:9004");
    }

    #[test]
    fn a_host_stands_in_for_the_default_and_for_a_star_only() {
        let suite = suite("ticks = 'tcp://*:7003'\norders = 'tcp://10.1.1.1:7004'").unwrap();
        let host = HostArgs { host: Some("10.0.0.7".to_owned()) };
        assert_eq!(suite.to_connect(Channel::Ticks, None, &host).as_str(), "tcp://10.0.0.7:7003");
        assert_eq!(suite.to_connect(Channel::Orders, None, &host).as_str(), "tcp://10.1.1.1:7004");
        assert_eq!(suite.to_connect(Channel::Control, None, &host).as_str(), "tcp://10.0.0.7:9006");
        assert_eq!(suite.to_connect(Channel::Control, None, &HostArgs::default()).as_str(), "tcp://127.0.0.1:9006");
    }

    #[test]
    fn a_bad_file_says_where_and_why() {
        for (toml, why) in [
            ("tick = 'tcp://*:1'", "unknown field `tick`"),
            ("ticks = 'http://x'", "does not begin with tcp://"),
            ("security = 'rot13'", "unknown variant `rot13`"),
            ("= 1", "line 1"),
        ] {
            let message = format!("{:#}", suite(toml).unwrap_err());
            assert!(message.contains("suite.toml") && message.contains(why), "{message}");
        }
    }

    #[test]
    fn missing_credentials_name_the_flag_that_brings_them() {
        let message = format!("{:#}", suite("security = 'curve'").unwrap().security().unwrap_err());
        assert!(message.contains("--key"), "{message}");
        let message = format!("{:#}", suite("security = 'plain'").unwrap().security().unwrap_err());
        assert!(message.contains("--username"), "{message}");
    }
}
