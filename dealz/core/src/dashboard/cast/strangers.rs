//! Peers that do not report: known by their addresses alone. Pure.

use std::collections::{BTreeMap, HashMap};

use scenez::stage::Holder;
use wire::{foreign, report::Label};

use super::services::Services;
use crate::view;

/// How many strangers are shown.
const STRANGERS_MAX: usize = 64;

/// How many addresses are followed.
const ADDRESSES_MAX: usize = 256;

/// How long an address is unknown before a stranger is shown there: a process that has just started reports a little later
/// than its peers see it.
const SHOWN_AFTER_MS: f64 = 1_000.0;

/// The strangers, in the order of first sight.
#[derive(Debug, Default)]
pub(super) struct Strangers(Vec<Stranger>);

#[derive(Debug)]
struct Stranger {
    address: Label,
    seen_ms: f64,
    is_shown: bool,
    /// Whether its process is on this machine.
    is_here: bool,
    /// Its process; `None` until the system was asked.
    holder: Option<Option<Holder>>,
}

impl Strangers {
    /// Takes the addresses at which unknown processes have answered; each with whether it is of this machine.
    pub(super) fn follow<'a>(&mut self, ends: impl Iterator<Item = (&'a Label, bool)>, now_ms: f64) {
        let mut there: BTreeMap<&Label, bool> = BTreeMap::new();
        let mut new = Vec::new();
        for (address, is_here) in ends {
            let known = there.get_mut(address);
            match known {
                Some(known) => *known |= is_here,
                None => {
                    there.insert(address, is_here);
                    new.push(address);
                }
            }
        }
        self.0.retain_mut(|stranger| {
            let Some(is_here) = there.remove(&stranger.address) else { return false };
            // Another process may have the address by now.
            if is_here != std::mem::replace(&mut stranger.is_here, is_here) {
                stranger.holder = None;
            }
            true
        });
        for address in new {
            if self.0.len() >= ADDRESSES_MAX {
                return;
            }
            if let Some(is_here) = there.remove(address) {
                let address = address.clone();
                self.0.push(Stranger { address, seen_ms: now_ms, is_shown: false, is_here, holder: None });
            }
        }
    }

    /// Whether another one is to be shown by now.
    pub(super) fn handle_time(&mut self, now_ms: f64) -> bool {
        let mut has_changed = false;
        let mut shown = self.0.iter().filter(|stranger| stranger.is_shown).count();
        for stranger in &mut self.0 {
            // A clock that was put back has it shown later.
            if !stranger.is_shown && shown < STRANGERS_MAX && now_ms - stranger.seen_ms >= SHOWN_AFTER_MS {
                (stranger.is_shown, has_changed) = (true, true);
                shown += 1;
            }
        }
        has_changed
    }

    /// Takes the process at an address.
    pub(super) fn handle_holder(&mut self, address: &str, holder: Option<Holder>) {
        if let Some(stranger) = self.0.iter_mut().find(|stranger| stranger.address.as_str() == address) {
            stranger.holder = Some(holder);
        }
    }

    /// The addresses on this machine for whose process the system was not asked yet.
    pub(super) fn wanted(&self) -> Vec<String> {
        let is_wanted = |stranger: &&Stranger| stranger.is_shown && stranger.is_here && stranger.holder.is_none();
        self.0.iter().filter(is_wanted).map(|stranger| stranger.address.as_str().to_owned()).collect()
    }

    /// The name in lines of the stranger at an address, if it is shown.
    pub(super) fn id(&self, address: &Label) -> Option<String> {
        let stranger = self.shown().find(|stranger| stranger.address == *address)?;
        Some(id(&self.process(stranger).address))
    }

    /// The addresses of all that are shown, each with the one that names it in lines.
    pub(super) fn names(&self) -> HashMap<&Label, &Label> {
        self.shown().map(|stranger| (&stranger.address, &self.process(stranger).address)).collect()
    }

    pub(super) fn view(&self, services: &Services) -> Vec<view::Stranger> {
        let processes = self.shown().filter(|stranger| self.process(stranger).address == stranger.address);
        let view = |stranger: &Stranger| {
            let holder = stranger.holder.as_ref().and_then(Option::as_ref);
            let pid = holder.and_then(|holder| holder.pid);
            view::Stranger {
                id: id(&stranger.address),
                address: foreign(stranger.address.as_str()).to_string(),
                holder: holder.map(|holder| holder.words.clone()),
                pid,
                child: pid.and_then(|pid| services.child_with(pid)),
            }
        };
        processes.map(view).collect()
    }

    fn shown(&self) -> impl Iterator<Item = &Stranger> {
        self.0.iter().filter(|stranger| stranger.is_shown)
    }

    /// The first stranger of the same process: a process has an address for each of its connections.
    fn process<'a>(&'a self, stranger: &'a Stranger) -> &'a Stranger {
        let is_same = |other: &&Stranger| other.holder == stranger.holder;
        stranger.holder.as_ref().and_then(Option::as_ref).and_then(|_| self.shown().find(is_same)).unwrap_or(stranger)
    }
}

/// The name in lines of the stranger with this address.
pub(super) fn id(address: &Label) -> String {
    format!("?{}", foreign(address.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(strangers: &mut Strangers, addresses: &[(&str, bool)], now_ms: f64) -> Vec<view::Stranger> {
        let labels: Vec<_> = addresses.iter().map(|(address, is_here)| (Label::cut(address), *is_here)).collect();
        strangers.follow(labels.iter().map(|(label, is_here)| (label, *is_here)), now_ms);
        strangers.handle_time(now_ms);
        view(strangers)
    }

    fn view(strangers: &Strangers) -> Vec<view::Stranger> {
        strangers.view(&Services::default())
    }

    fn holder(name: &str, pid: u32) -> Option<Holder> {
        Some(Holder { words: format!("{name} (pid {pid})"), pid: Some(pid) })
    }

    #[test]
    fn a_stranger_is_shown_once_it_has_not_reported_for_a_second() {
        let mut strangers = Strangers::default();
        assert!(follow(&mut strangers, &[("tcp://h:1", true)], 0.0).is_empty());
        assert!(strangers.wanted().is_empty());
        assert!(!strangers.handle_time(999.0) && strangers.handle_time(1_000.0) && !strangers.handle_time(2_000.0));
        let shown = follow(&mut strangers, &[("tcp://h:0", false), ("tcp://h:1", true)], 3_000.0);
        assert_eq!((shown.len(), shown[0].id.as_str(), &shown[0].holder), (1, "?tcp://h:1", &None));
        let shown = follow(&mut strangers, &[("tcp://h:0", false), ("tcp://h:1", true)], 4_000.0);
        assert_eq!(shown.iter().map(|it| it.address.as_str()).collect::<Vec<_>>(), ["tcp://h:1", "tcp://h:0"]);
        assert_eq!(strangers.wanted(), ["tcp://h:1"]);
        assert!(follow(&mut strangers, &[], 5_000.0).is_empty());
    }

    #[test]
    fn its_process_is_looked_for_once_and_again_if_another_one_may_be_there() {
        let mut strangers = Strangers::default();
        for now_ms in [0.0, 1_000.0] {
            follow(&mut strangers, &[("tcp://h:1", true)], now_ms);
        }
        strangers.handle_holder("tcp://h:1", holder("redis-server", 12));
        strangers.handle_holder("tcp://h:2", holder("another", 13));
        assert!(strangers.wanted().is_empty());
        let shown = &view(&strangers)[0];
        assert_eq!(
            (shown.holder.as_deref(), shown.pid, &shown.child),
            (Some("redis-server (pid 12)"), Some(12), &None)
        );
        assert_eq!(follow(&mut strangers, &[("tcp://h:1", false)], 2_000.0)[0].holder, None);
        follow(&mut strangers, &[("tcp://h:1", false), ("tcp://h:1", true)], 3_000.0);
        assert_eq!(strangers.wanted(), ["tcp://h:1"]);
        strangers.handle_holder("tcp://h:1", None);
        assert!(strangers.wanted().is_empty());
    }

    #[test]
    fn a_process_with_several_addresses_is_one_stranger() {
        let mut strangers = Strangers::default();
        let [first, second, other] = ["tcp://h:1", "tcp://h:2", "tcp://h:3"];
        for now_ms in [0.0, 1_000.0] {
            follow(&mut strangers, &[first, second, other].map(|address| (address, true)), now_ms);
        }
        assert_eq!(view(&strangers).len(), 3);
        for (address, holder) in [(first, holder("a", 1)), (second, holder("a", 1)), (other, None)] {
            strangers.handle_holder(address, holder);
        }
        assert_eq!(view(&strangers).iter().map(|it| it.address.as_str()).collect::<Vec<_>>(), [first, other]);
        let ids = [first, second, other].map(|address| strangers.id(&Label::cut(address)).unwrap());
        assert_eq!(ids, ["?tcp://h:1", "?tcp://h:1", "?tcp://h:3"]);
    }

    #[test]
    fn their_number_is_bounded_and_their_text_is_safe() {
        let mut strangers = Strangers::default();
        let addresses: Vec<_> = (0..10_000).map(|port| (format!("tcp://h\n:{port}"), true)).collect();
        let addresses: Vec<_> = addresses.iter().map(|(address, is_here)| (address.as_str(), *is_here)).collect();
        for now_ms in [0.0, 1_000.0] {
            let shown = follow(&mut strangers, &addresses, now_ms);
            assert!(shown.len() <= STRANGERS_MAX && shown.iter().all(|stranger| !stranger.id.contains('\n')));
        }
        assert_eq!((strangers.0.len(), strangers.wanted().len()), (ADDRESSES_MAX, STRANGERS_MAX));
    }
}
