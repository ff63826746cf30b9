//! The flags that all programs share, and what they result in: endpoints, security, keep-alive.
//!
//! [`SuiteArgs`] holds the flags and variables. [`Suite`] is what a program uses: it has read the file as well.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, ValueEnum as _, builder::BoolishValueParser};
use sockets::{Context, Endpoint, KeepAlive, KeyPair, Mechanism, PublicKey, Security};
use wire::Channel;

use crate::{
    file::{SecurityName, SuiteFile},
    host::{self, Host},
    observe::ObserveArgs,
    program::{self, Usage},
};

/// The flags of every role. Programs that report to a hub have [`crate::ReportingArgs`] instead, which are more.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Suite")]
pub struct SuiteArgs {
    /// A suite.toml with endpoints, security and more; read only if named here. Flags and variables override it
    #[arg(long, value_name = "FILE", env = "SUITE_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// How peers authenticate [default: null]
    #[arg(long, env = "SUITE_SECURITY", global = true)]
    pub security: Option<SecurityName>,
    /// CURVE: the secret key of this process, a file made by keyz
    #[arg(long, value_name = "FILE", env = "SUITE_KEY", global = true)]
    pub key: Option<PathBuf>,
    /// CURVE: the public key of the server, a file or its 40 characters
    #[arg(long, value_name = "KEY", env = "SUITE_SERVER_KEY", allow_hyphen_values = true, global = true)]
    pub server_key: Option<String>,
    /// CURVE, PLAIN: the allow-list, one `name key` or `name password` a line; read again when it changes
    #[arg(long, value_name = "FILE", env = "SUITE_ALLOW", global = true)]
    pub allow: Option<PathBuf>,
    /// PLAIN: the user name of this process
    #[arg(long, value_name = "NAME", env = "SUITE_USERNAME", global = true)]
    pub username: Option<String>,
    /// PLAIN: its password (better in the variable: other users can see flags)
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "SUITE_PASSWORD",
        hide_env_values = true,
        allow_hyphen_values = true,
        global = true
    )]
    pub password: Option<String>,
    /// Do not probe silent connections (TCP keep-alive)
    #[arg(long, env = "SUITE_NO_KEEP_ALIVE", value_parser = BoolishValueParser::new(), global = true)]
    pub no_keep_alive: bool,
}

/// The flag of every connecting role.
#[derive(Debug, Clone, Default, Args)]
pub struct HostArgs {
    /// The host to connect to, if a channel's endpoint names none [default: 127.0.0.1]
    #[arg(long, value_name = "HOST", env = "SUITE_HOST")]
    pub host: Option<Host>,
}

/// The settings of a program: its flags and its file.
#[derive(Debug)]
pub struct Suite {
    args: SuiteArgs,
    pub(crate) observe: ObserveArgs,
    pub(crate) file: SuiteFile,
}

impl SuiteArgs {
    /// Reads the file, if one is named.
    ///
    /// # Errors
    /// The file cannot be read or has an unknown key; credentials are given without a mechanism that uses them.
    pub fn load(self) -> anyhow::Result<Suite> {
        let file = self.config.as_deref().map(SuiteFile::read).transpose()?.unwrap_or_default();
        let suite = Suite { args: self, observe: ObserveArgs::default(), file };
        suite.check_credentials_are_used()?;
        Ok(suite)
    }

    /// The flags as the variables that stand for them, for a child's environment: credentials do not show there as they
    /// do in arguments.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, OsString)> {
        let security = self.security.and_then(|name| name.to_possible_value());
        let variables = [
            ("SUITE_CONFIG", self.config.clone().map(OsString::from)),
            ("SUITE_SECURITY", security.map(|value| value.get_name().into())),
            ("SUITE_KEY", self.key.clone().map(OsString::from)),
            ("SUITE_SERVER_KEY", self.server_key.clone().map(OsString::from)),
            ("SUITE_ALLOW", self.allow.clone().map(OsString::from)),
            ("SUITE_USERNAME", self.username.clone().map(OsString::from)),
            ("SUITE_PASSWORD", self.password.clone().map(OsString::from)),
            ("SUITE_NO_KEEP_ALIVE", self.no_keep_alive.then(|| "true".into())),
        ];
        variables.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

impl Suite {
    /// The endpoint at which a role binds `channel`; `given` is that of its flag or variable.
    #[must_use]
    pub fn to_bind(&self, channel: Channel, given: Option<Endpoint>) -> Endpoint {
        given.or_else(|| self.file.endpoint(channel).cloned()).unwrap_or_else(|| Endpoint::to_bind(channel))
    }

    /// The endpoint to which a role connects `channel`; `given` is that of its flag or variable. The host of `--host`
    /// replaces a `*` and the default.
    #[must_use]
    pub fn to_connect(&self, channel: Channel, given: Option<Endpoint>, host: &HostArgs) -> Endpoint {
        let host = host.host.as_ref().or(self.file.host.as_ref()).map_or(host::LOCAL, Host::as_str);
        given
            .or_else(|| self.file.endpoint(channel).cloned())
            .map_or_else(|| Endpoint::to_connect(channel, host), |endpoint| endpoint.with_wildcard_host(host))
    }

    /// A context with the configured security and keep-alive. Raises the limit of open files for it.
    ///
    /// # Errors
    /// A key, a password or a list is missing or cannot be used; the message names the flag that supplies it.
    pub fn context(&self) -> anyhow::Result<Context> {
        program::raise_open_files();
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
    /// A key, a password or a list is missing or cannot be used; the message names the flag that supplies it.
    pub fn security(&self) -> anyhow::Result<Security> {
        let name = self.args.security.or(self.file.security).unwrap_or(SecurityName::Null);
        let mechanism = match name {
            SecurityName::Null => Mechanism::Null,
            SecurityName::Plain => self.plain()?,
            SecurityName::Curve => self.curve()?,
        };
        Ok(Security { mechanism, allow: self.allow().map(Path::to_owned) })
    }

    /// Refuses credentials without a mechanism: the user means to be protected and would not be.
    fn check_credentials_are_used(&self) -> Result<(), Usage> {
        if self.args.security.or(self.file.security).is_some() {
            return Ok(());
        }
        let (args, file) = (&self.args, &self.file);
        let credentials = [
            ("key", "curve", args.key.is_some(), file.key.is_some()),
            ("server-key", "curve", args.server_key.is_some(), file.server_key.is_some()),
            ("username", "plain", args.username.is_some(), file.username.is_some()),
            ("password", "plain", args.password.is_some(), file.password.is_some()),
            ("allow", "curve or plain", args.allow.is_some(), file.allow.is_some()),
        ];
        for (name, mechanism, is_typed, is_in_file) in credentials {
            let source = match (is_typed, &args.config) {
                (true, _) => format!("--{name} (or SUITE_{})", name.to_uppercase().replace('-', "_")),
                (false, Some(path)) if is_in_file => format!("{}: {name}", path.display()),
                _ => continue,
            };
            return Err(Usage(format!(
                "{source} is set but --security is not, so every peer would be accepted: add --security {mechanism} \
                 (or null, to use no security)"
            )));
        }
        Ok(())
    }

    fn allow(&self) -> Option<&Path> {
        self.args.allow.as_deref().or(self.file.allow.as_deref())
    }

    fn plain(&self) -> anyhow::Result<Mechanism> {
        let username = self.args.username.clone().or_else(|| self.file.username.clone());
        let password = self.args.password.clone().or_else(|| self.file.password.clone());
        match (username, password) {
            (Some(username), Some(password)) => Ok(Mechanism::Plain { username, password }),
            // A role that only binds sends no credentials.
            (None, None) if self.allow().is_some() => {
                Ok(Mechanism::Plain { username: String::new(), password: String::new() })
            }
            _ => Err(Usage("--security plain needs --username and --password (SUITE_PASSWORD)".to_owned()).into()),
        }
    }

    fn curve(&self) -> anyhow::Result<Mechanism> {
        let path = self.args.key.as_deref().or(self.file.key.as_deref());
        let path = path.ok_or_else(|| {
            Usage("--security curve needs --key FILE (`just keys NAME` or `keyz NAME` makes one)".to_owned())
        })?;
        let own = KeyPair::read(path).context("--key")?;
        let server = self.args.server_key.as_deref().or(self.file.server_key.as_deref());
        let server = server.map(PublicKey::from_text_or_file).transpose().context("--server-key")?;
        Ok(Mechanism::Curve { own, server })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use wire::{
        tick::TICKS,
        value::{CONTROL, ORDERS},
    };

    use super::*;

    fn suite(toml: &str) -> anyhow::Result<Suite> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("suite.toml");
        fs::write(&path, toml).unwrap();
        SuiteArgs { config: Some(path), ..SuiteArgs::default() }.load()
    }

    #[test]
    fn flags_override_the_file_and_the_file_overrides_the_default() {
        let suite = suite("ticks = 'tcp://*:7003'").unwrap();
        let typed: Endpoint = "tcp://127.0.0.1:8003".parse().unwrap();
        assert_eq!(suite.to_bind(TICKS, Some(typed.clone())), typed);
        assert_eq!(suite.to_bind(TICKS, None).as_str(), "tcp://*:7003");
        assert_eq!(suite.to_bind(ORDERS, None).as_str(), "tcp://*:9004");
    }

    #[test]
    fn a_key_or_password_may_begin_with_a_hyphen() {
        #[derive(clap::Parser)]
        struct Cli {
            #[command(flatten)]
            suite: SuiteArgs,
        }
        let words = ["program", "--server-key", "-key", "--password", "--secret", "--security", "plain"];
        let suite = <Cli as clap::Parser>::try_parse_from(words).unwrap().suite;
        assert_eq!((suite.server_key.as_deref(), suite.password.as_deref()), (Some("-key"), Some("--secret")));
        assert_eq!(suite.security, Some(SecurityName::Plain));
    }

    #[test]
    fn a_host_replaces_the_default_and_a_star_only() {
        let suite = suite("ticks = 'tcp://*:7003'\norders = 'tcp://10.1.1.1:7004'").unwrap();
        let host = HostArgs { host: Some("10.0.0.7".parse().unwrap()) };
        assert_eq!(suite.to_connect(TICKS, None, &host).as_str(), "tcp://10.0.0.7:7003");
        assert_eq!(suite.to_connect(ORDERS, None, &host).as_str(), "tcp://10.1.1.1:7004");
        assert_eq!(suite.to_connect(CONTROL, None, &host).as_str(), "tcp://10.0.0.7:9006");
        assert_eq!(suite.to_connect(CONTROL, None, &HostArgs::default()).as_str(), "tcp://127.0.0.1:9006");
    }

    #[test]
    fn every_channel_is_a_key_and_every_other_key_a_setting() {
        let channels = Channel::all().map(|channel| format!("{} = 'ipc://{}'\n", channel.name, channel.port));
        let settings = "host = 'h'\nsecurity = 'curve'\nkey = 'k'\nserver-key = 'k'\nallow = 'a'\nkeep-alive = false\n";
        let suite = suite(&(channels.collect::<String>() + settings)).unwrap();
        for channel in Channel::all() {
            assert_eq!(suite.to_bind(channel, None).as_str(), format!("ipc://{}", channel.port));
        }
        let plain = "security = 'plain'\nusername = 'u'\npassword = 'p'";
        assert!(self::suite(plain).is_ok());
    }

    #[test]
    fn an_unknown_key_is_answered_with_all_that_are_known() {
        let message = format!("{:#}", suite("key = 'k'\n\nz = 1\n\ntick = 'tcp://*:1'\na = 1").unwrap_err());
        let channels = Channel::all().map(|channel| channel.name).chain(["host", "keep-alive"]);
        assert!(message.contains("suite.toml:3: unknown field `z`, expected one of `"), "{message}");
        for name in channels {
            assert!(message.contains(&format!("`{name}`")), "{name}: {message}");
        }
    }

    #[test]
    fn a_bad_file_names_the_line_and_the_reason() {
        for (toml, why) in [
            ("\ntick = 'tcp://*:1'", "unknown field `tick`"),
            ("\nticks = 'http://x'", "does not begin with tcp://"),
            ("\nticks = 9003", "invalid type: integer"),
            ("\n[ticks]", "invalid type: map"),
            ("\nhost = '10.0.0.7:1'", "leave out transport and port"),
            ("\nsecurity = 'rot13'", "unknown variant `rot13`"),
            ("\n= 1", "key"),
        ] {
            let message = format!("{:#}", suite(toml).unwrap_err());
            assert!(message.contains("suite.toml:2: ") && message.contains(why), "{message}");
        }
    }

    #[test]
    fn no_error_repeats_a_password() {
        for line in [
            "password = hunter2",
            "password = 'hunter2",
            "password = \"hunter2\\q\"",
            "password = 22012345",
            "password = ['hunter2']",
            "password = { hunter2 = 1 }",
            "password = true hunter2",
            "password 'hunter2'",
        ] {
            let message = format!("{:?}", suite(line).unwrap_err());
            assert!(!message.contains("hunter2") && !message.contains("22012345"), "{line}: {message}");
        }
    }

    #[test]
    fn credentials_without_a_mechanism_are_wrong_usage() {
        for (toml, source) in [
            ("key = 'k'", "suite.toml: key is set but --security is not"),
            ("server-key = 'k'", "server-key"),
            ("allow = 'a'", "--security curve or plain"),
            ("username = 'ada'", "--security plain"),
            ("password = 'p'", "--security plain"),
        ] {
            let error = suite(toml).unwrap_err();
            assert!(error.is::<Usage>() && error.to_string().contains(source), "{error}");
        }
        let typed = SuiteArgs { server_key: Some("k".to_owned()), ..SuiteArgs::default() };
        let error = typed.load().unwrap_err().to_string();
        assert!(error.starts_with("--server-key (or SUITE_SERVER_KEY) is set but --security is not"), "{error}");
        assert!(suite("security = 'null'\nallow = 'a'").is_ok());
    }

    #[test]
    fn a_child_is_given_every_flag_as_its_variable() {
        let args = SuiteArgs {
            security: Some(SecurityName::Plain),
            username: Some("ada".to_owned()),
            no_keep_alive: true,
            ..SuiteArgs::default()
        };
        let expected = [("SUITE_SECURITY", "plain"), ("SUITE_USERNAME", "ada"), ("SUITE_NO_KEEP_ALIVE", "true")];
        assert_eq!(args.variables(), expected.map(|(name, value)| (name, OsString::from(value))));
    }

    #[test]
    fn missing_credentials_name_the_flag_that_supplies_them() {
        let message = format!("{:#}", suite("security = 'curve'").unwrap().security().unwrap_err());
        assert!(message.contains("--key"), "{message}");
        let message = format!("{:#}", suite("security = 'plain'").unwrap().security().unwrap_err());
        assert!(message.contains("--username"), "{message}");
    }
}
