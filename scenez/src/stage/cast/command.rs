//! How the processes of a scene are started: their programs, their arguments and their environment.

use std::{collections::BTreeMap, env, iter, process::Command};

use super::{Cast, Part, Playing};
use crate::{
    endpoints::{Endpoints, EndpointsError},
    known::suite,
    stage::StageHub,
};

impl Cast {
    /// The command of a process, and the places of the links that it needs.
    pub(super) fn command(
        &self,
        place: usize,
        endpoints: &mut Endpoints,
    ) -> Result<(Command, Vec<usize>), EndpointsError> {
        match &self.parts[place].play {
            Playing::Link { from, to } => {
                let mut command = self.program("linkz");
                command
                    .args(["--from", from, "--to", to, "--name", &self.actors[place].name])
                    .envs(endpoints.variables());
                Ok((command, Vec::new()))
            }
            Playing::Member { member, links } => {
                let member = &self.members[*member];
                let through: BTreeMap<_, _> =
                    links.iter().map(|(name, (_, from))| (name.clone(), from.clone())).collect();
                let mut words = member.run.iter().map(|word| endpoints.fill(word, &through));
                let program = words.next().unwrap_or_else(|| Ok(String::new()))?;
                let arguments = words.collect::<Result<Vec<_>, _>>()?;
                let mut command = self.program(&program);
                command.args(arguments).envs(endpoints.variables());
                for (variable, endpoint) in endpoints.variables_through(&through) {
                    command.env(variable, endpoint);
                }
                for (variable, value) in &member.variables {
                    command.env(variable, endpoints.fill(value, &through)?);
                }
                Ok((command, links.values().map(|(place, _)| *place).collect()))
            }
        }
    }

    /// What runs, or would be started, as it is typed in a shell; empty for a link.
    pub(super) fn words(&self, part: &Part) -> String {
        let words = match part.play {
            Playing::Member { .. } if part.child.is_some() => &part.ran,
            Playing::Member { member, .. } => &self.members[member].run,
            Playing::Link { .. } => return String::new(),
        };
        shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "))
    }

    /// A program of the suite, or any other one, with what it needs to report.
    fn program(&self, name: &str) -> Command {
        let own = self.config.programs.join(name);
        let is_own = !name.contains('/') && (own.is_file() || suite().contains(name));
        let mut command = if is_own {
            Command::new(own)
        } else {
            // It does not know how to end with its parent: what starts it does, and takes its place.
            let mut command = Command::new(self.config.programs.join("scenez"));
            command.arg("exec").arg("--").arg(name);
            command
        };
        command.current_dir(&self.config.root);
        // For scripts, and for what they run.
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = iter::once(self.config.programs.clone()).chain(env::split_paths(&path));
        // A folder with a colon in its name cannot be in it.
        if let Ok(path) = env::join_paths(folders) {
            command.env("PATH", path);
        }
        if let StageHub::Shared { variables, .. } = &self.config.hub {
            command.envs(variables.iter().map(|(name, value)| (name, value)));
        }
        command
    }
}
