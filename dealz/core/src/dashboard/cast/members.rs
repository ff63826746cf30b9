//! What is known of all processes besides their last states. Pure.

use std::collections::BTreeMap;

use observatory::Observatory;
use wire::report::{ProcessId, SocketName};

use super::{
    graph::Graph,
    link::Shift,
    member::{Known, Member},
    phases::Phases,
    services::Services,
};
use crate::{
    event::Silence,
    own::{OWN, Own},
};

/// All processes that are kept, and the desk, which knows its own sockets before it reports them.
#[derive(Debug)]
pub(super) struct Members {
    desk: ProcessId,
    all: BTreeMap<ProcessId, Member>,
}

impl Members {
    pub(super) fn new(desk: ProcessId, now_ms: f64) -> Self {
        let mut member = Member::new(now_ms);
        for name in OWN.iter().filter_map(|own| own.socket.name.parse().ok()) {
            let _ = member.socket(&name, now_ms);
        }
        Self { desk, all: [(desk, member)].into() }
    }

    /// The process with this id.
    pub(super) fn get(&self, process: ProcessId) -> Option<&Member> {
        self.all.get(&process)
    }

    /// The same; a new one if nothing is known of it.
    pub(super) fn of(&mut self, process: ProcessId, now_ms: f64) -> &mut Member {
        self.all.entry(process).or_insert_with(|| Member::new(now_ms))
    }

    /// A socket.
    pub(super) fn socket(&self, process: ProcessId, name: &SocketName) -> Option<&Known> {
        self.get(process)?.sockets.get(name)
    }

    /// One of the desk's own sockets.
    pub(super) fn own(&mut self, name: &str, now_ms: f64) -> Option<&mut Known> {
        self.all.get_mut(&self.desk)?.socket(&name.parse().ok()?, now_ms)
    }

    /// Forgets processes and sockets that are no longer there.
    pub(super) fn forget(&mut self, observatory: &Observatory, now_ms: f64) {
        let desk = self.desk;
        self.all.retain(|id, _| *id == desk || observatory.process(*id).is_some());
        for (id, member) in &mut self.all {
            member.forget(now_ms, |name| *id == desk && Own::named(name.as_str()).is_some());
        }
    }

    /// Forgets all events.
    pub(super) fn clear(&mut self) {
        self.all.values_mut().for_each(Member::clear);
    }

    /// Concludes the state of each socket from the time and from what is known of the other ends. Returns how much has
    /// changed.
    pub(super) fn conclude(&mut self, graph: &Graph, services: &Services, phases: &mut Phases, now_ms: f64) -> Shift {
        let desk = self.desk;
        let requests = self.unheard(&OWN[0]);
        let mut all = Shift::None;
        for (id, member) in &mut self.all {
            for (name, known) in &mut member.sockets {
                let place = (*id, name.clone());
                let own = Own::named(name.as_str()).filter(|own| *id == desk && own.connects());
                let service = own.and_then(|own| services.silence(own.socket.channel.program));
                // Broadcasts cannot be trusted while requests get no reply.
                let server = requests.as_ref().filter(|_| own.is_some_and(|own| own.socket.name == OWN[1].socket.name));
                let silence = service.or_else(|| graph.silence(&place)).or(known.unheard.as_ref()).or(server);
                known.link.set_inside(graph.inside(&place), now_ms);
                all = all.max(known.link.conclude(silence, now_ms));
                if known.story.handle_time(now_ms) {
                    all = Shift::State;
                }
                let phase = known.link.phase();
                if known.phase != Some(phase) {
                    let time_ms = if known.phase.is_none() { known.link.since_ms() } else { now_ms };
                    known.phase = Some(phase);
                    phases.note(*id, name, phase, time_ms);
                }
            }
        }
        all
    }

    /// What is not heard on one of the desk's own sockets.
    fn unheard(&self, own: &Own) -> Option<Silence> {
        self.socket(self.desk, &own.socket.name.parse().ok()?)?.unheard.clone()
    }
}
