//! Extension `burst`: what the watcher is subscribed to, and which ticks it has seen in which form.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::node::{Node, Watched};

/// How long single ticks come before the publisher is taken for one that knows no bursts.
const PATIENCE: Duration = Duration::from_secs(1);

/// Timestamp and price.
pub(super) type Tick = (f64, f64);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Both,
    Ticks,
    Bursts,
}

pub(super) struct Bursts {
    form: Form,
    /// By symbol: its last single tick; `None` after its first burst.
    last: HashMap<String, Option<Tick>>,
    /// When the first single tick came.
    since: Option<Instant>,
}

impl Bursts {
    /// Subscribes to all symbols in both forms.
    pub(super) fn ask(node: &Node, ticks: &Watched, symbols: &[String]) -> Self {
        let asked = if node.is("bursts-of-one-symbol") { &symbols[..1] } else { symbols };
        for symbol in asked {
            ticks.socket.set_subscribe(format!("+{symbol}").as_bytes()).expect("a SUB subscribes");
        }
        for symbol in symbols {
            let end = if node.is("subscribes-with-terminator") { "\0" } else { "" };
            ticks.socket.set_subscribe(format!("{symbol}{end}").as_bytes()).expect("a SUB subscribes");
        }
        Self { form: Form::Both, last: HashMap::new(), since: None }
    }

    /// The connection has ended: the next one is asked again.
    pub(super) fn ask_again(&mut self, ticks: &Watched, symbols: &[String]) {
        for symbol in symbols {
            match self.form {
                Form::Both => {}
                Form::Ticks => ticks.socket.set_subscribe(format!("+{symbol}").as_bytes()).expect("a SUB subscribes"),
                Form::Bursts => ticks.socket.set_subscribe(symbol.as_bytes()).expect("a SUB subscribes"),
            }
        }
        *self = Self { form: Form::Both, last: HashMap::new(), since: None };
    }

    /// A single tick; `false` if a burst has it.
    pub(super) fn takes(&mut self, symbol: &str, tick: Tick) -> bool {
        self.since.get_or_insert_with(Instant::now);
        let last = self.last.entry(symbol.to_owned()).or_insert(Some(tick));
        if let Some(last) = last {
            *last = tick;
        }
        last.is_some()
    }

    /// A burst; returns how many of its ticks have come by themselves.
    pub(super) fn known(
        &mut self,
        node: &Node,
        ticks: &Watched,
        symbols: &[String],
        symbol: &str,
        burst: &[Tick],
    ) -> usize {
        if self.form != Form::Bursts {
            self.form = Form::Bursts;
            for symbol in symbols {
                ticks.socket.set_unsubscribe(symbol.as_bytes()).expect("a SUB unsubscribes");
            }
        }
        let last = self.last.insert(symbol.to_owned(), None).flatten().filter(|_| !node.is("counts-ticks-twice"));
        last.and_then(|last| burst.iter().rposition(|tick| *tick == last)).map_or(0, |position| position + 1)
    }

    /// Without a burst, ticks are the answer.
    pub(super) fn look(&mut self, node: &Node, ticks: &Watched, symbols: &[String]) {
        if self.form == Form::Both
            && self.since.is_some_and(|since| since.elapsed() >= PATIENCE)
            && !node.is("waits-for-bursts")
        {
            self.form = Form::Ticks;
            for symbol in symbols {
                ticks.socket.set_unsubscribe(format!("+{symbol}").as_bytes()).expect("a SUB unsubscribes");
            }
        }
    }
}

/// The ticks of a burst; `None` if it is malformed.
pub(super) fn decode(node: &Node, burst: &[Vec<u8>]) -> Option<Vec<Tick>> {
    let [_, ticks, more @ ..] = burst else { return None };
    let (ticks, rest) = ticks.as_chunks::<16>();
    let float = |bytes: &[u8]| Some(f64::from_le_bytes(bytes.try_into().ok()?));
    let tick = |record: &[u8; 16]| Some((float(&record[..8])?, float(&record[8..])?));
    let ticks: Vec<Tick> = ticks.iter().filter_map(tick).collect();
    let is_valid = |(time, price): &Tick| time.is_finite() && price.is_finite() && *price > 0.0;
    let first = more.first().map(|sequence| sequence.as_slice().try_into().map(u64::from_le_bytes));
    let is_numbered = match first {
        None => true,
        Some(first) => first.is_ok_and(|first| first.checked_add((ticks.len() as u64).wrapping_sub(1)).is_some()),
    };
    if node.is("good-part-of-a-burst") {
        return Some(ticks.into_iter().filter(is_valid).collect());
    }
    let is_good = rest.is_empty() && (1..=256).contains(&ticks.len()) && ticks.iter().all(is_valid) && is_numbered;
    is_good.then_some(ticks)
}
