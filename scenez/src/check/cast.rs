//! Who is in a scene, what each reports, and which endpoints it uses.

use std::collections::{BTreeSet, HashMap};

use wire::{Channel, report::DeclaredSocket};

use crate::{
    Scene,
    endpoints::{Transport, placeholder},
    known::{Known, Programs, suite},
    problem::Problems,
    script::Member,
    suggest::suggestion,
};

/// The most processes in a scene.
const PROCESSES_MAX: u32 = 128;

/// The members of a scene.
pub(super) struct Cast<'a>(Vec<Player<'a>>);

/// A member and what is known of it.
pub(super) struct Player<'a> {
    pub(super) member: &'a Member,
    pub(super) known: Known,
}

/// The processes that a name means.
pub(super) struct Named<'a> {
    pub(super) player: &'a Player<'a>,
    /// Their names: of several equal ones, `worker-1` and so on.
    pub(super) processes: Vec<String>,
}

impl<'a> Cast<'a> {
    /// The cast of a scene, whose mistakes are added to `problems`.
    pub(super) fn of(scene: &'a Scene, programs: &Programs, problems: &mut Problems) -> Self {
        let players = scene.cast.iter().map(|member| Player::of(member, programs, problems)).collect();
        let cast = Self(players);
        let mut names = HashMap::new();
        for Player { member, .. } in &cast.0 {
            let own: BTreeSet<String> = processes(member).into_iter().chain([member.name.clone()]).collect();
            for name in own {
                if names.insert(name.clone(), member.line).is_some() {
                    problems.add(member.line, format!("two processes are named `{name}`"));
                }
            }
        }
        if let Some(Player { member, .. }) = cast.0.first()
            && cast.0.iter().map(|player| player.member.count).sum::<u32>() > PROCESSES_MAX
        {
            problems.add(member.line, format!("a scene has at most {PROCESSES_MAX} processes"));
        }
        cast
    }

    /// All members.
    pub(super) fn players(&self) -> impl Iterator<Item = &Player<'a>> {
        self.0.iter()
    }

    /// The processes that a name means.
    ///
    /// # Errors
    /// None has it.
    pub(super) fn named(&'a self, name: &str) -> Result<Named<'a>, String> {
        for player in &self.0 {
            let processes = processes(player.member);
            if player.member.name == name {
                return Ok(Named { player, processes });
            }
            if processes.iter().any(|process| process == name) {
                return Ok(Named { player, processes: vec![name.to_owned()] });
            }
        }
        let known = self.0.iter().map(|player| player.member.name.as_str());
        Err(format!("no process `{name}`{}", suggestion(name, known)))
    }
}

impl<'a> Player<'a> {
    fn of(member: &'a Member, programs: &Programs, problems: &mut Problems) -> Self {
        let line = member.line;
        let known = Known::of(&member.run).unwrap_or_else(|reason| {
            problems.add(line, reason);
            Known::Other
        });
        if let (Known::Other, Some(program)) = (&known, member.run.first())
            && !suite().contains(program.as_str())
            && !programs.has(program)
        {
            problems.add(line, format!("no program `{program}`{}", suggestion(program, suite())));
        }
        if let Err(reason) = programs.check_peer(&member.run) {
            problems.add(line, reason);
        }
        let player = Self { member, known };
        let mut named = BTreeSet::new();
        for word in member.run.iter().chain(member.variables.values()) {
            for (name, transport) in placeholders(word) {
                match Transport::named(transport) {
                    Some(Transport::Tcp) => _ = named.insert(name),
                    Some(Transport::Ipc | Transport::Inproc) => {}
                    None => {
                        let meant = suggestion(transport, Transport::ALL.map(|(known, _)| known));
                        problems.add(line, format!("unknown transport in `{{{name}:{transport}}}`{meant}"));
                    }
                }
            }
        }
        for link in &member.links {
            if let Err(reason) = player.check_link(link, &named) {
                problems.add(line, reason);
            }
        }
        player
    }

    /// Whether this member can reach the endpoint `link` through a link, which is a TCP proxy.
    fn check_link(&self, link: &str, named: &BTreeSet<&str>) -> Result<(), String> {
        if named.contains(link) {
            return Ok(());
        }
        let name = &self.member.name;
        let on = |side| self.sockets().filter(move |socket| socket.binds == Some(side)).map(|it| it.channel.name);
        if on(true).any(|channel| channel == link) {
            return Err(format!("`{name}` binds `{link}`: a link belongs to a process that connects"));
        }
        let connected: Vec<&str> = match self.known {
            Known::Other => Channel::all().map(|channel| channel.name).collect(),
            _ => on(false).collect(),
        };
        if connected.contains(&link) {
            return Ok(());
        }
        let known = connected.into_iter().chain(named.iter().copied());
        Err(format!("`{name}` connects to no endpoint `{link}`{}", suggestion(link, known)))
    }

    /// The sockets that it may report under this name, which may be that of a channel.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn check_socket(&self, name: &str) -> Result<(), String> {
        let is_named = |socket: &DeclaredSocket| socket.name == name || socket.channel.name == name;
        if matches!(self.known, Known::Other) || self.sockets().any(is_named) {
            return Ok(());
        }
        let known = self.sockets().map(|socket| socket.channel.name);
        Err(format!("`{}` reports no socket `{name}`{}", self.program(), suggestion(name, known)))
    }

    /// Whether it reports a value of this name.
    ///
    /// # Errors
    /// It does not.
    pub(super) fn check_value(&self, name: &str) -> Result<(), String> {
        let names = || self.known.declarations().iter().flat_map(|declared| declared.values).map(|value| value.name);
        if matches!(self.known, Known::Other) || names().any(|known| known == name) {
            return Ok(());
        }
        Err(format!("`{}` reports no value `{name}`{}", self.program(), suggestion(name, names())))
    }

    fn sockets(&self) -> impl Iterator<Item = &'static DeclaredSocket> {
        self.known.declarations().iter().flat_map(|declared| declared.sockets)
    }

    /// The program and its role, for a message.
    fn program(&self) -> String {
        match self.known.declarations() {
            [declared, ..] => format!("{} {}", declared.program, declared.role),
            [] => self.member.run.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(" "),
        }
    }
}

/// The names of a member's processes.
fn processes(member: &Member) -> Vec<String> {
    (1..=member.count).map(|number| member.process(number)).collect()
}

/// The name and the transport of each `{name}` and `{name:transport}` in a word.
fn placeholders(word: &str) -> impl Iterator<Item = (&str, &str)> {
    word.split('{').skip(1).filter_map(|rest| placeholder(rest.split_once('}')?.0))
}
