//! A vault that is a map.

use std::collections::{BTreeMap, HashMap};

use crate::{
    requests::Number,
    store::{Accepted, Change, DeadLetter, Ending, Found, Record},
    vault::{Answer, Ask},
};

/// What is accepted, and how it ended.
#[derive(Default)]
pub(super) struct Model {
    pub(super) records: BTreeMap<Number, (Record, Option<Ending>)>,
    keys: HashMap<Vec<u8>, Number>,
    pub(super) fails: bool,
}

impl Model {
    pub(super) fn answer(&mut self, ask: Ask) -> Answer {
        match ask {
            _ if self.fails => Answer::Failed("no disk".to_owned()),
            Ask::Change(Change::Accept(number, record)) => Answer::Changed(Some(self.accept(number, record))),
            Ask::Change(Change::Try(number, attempts)) => {
                if let Some((record, None)) = self.records.get_mut(&number) {
                    record.attempts = attempts;
                }
                Answer::Changed(None)
            }
            Ask::Change(Change::End(number, ending)) => {
                if let Some((_, end)) = self.records.get_mut(&number) {
                    assert_eq!(*end, None, "{number:x} has ended twice");
                    *end = Some(ending);
                }
                Answer::Changed(None)
            }
            Ask::Change(Change::Close(number)) => {
                if let Some((record, _)) = self.records.remove(&number) {
                    self.keys.remove(&record.key);
                }
                Answer::Changed(None)
            }
            Ask::Change(Change::Revive(number)) => Answer::Revived(match self.records.get_mut(&number) {
                Some((record, end @ Some(Ending::Dead(_)))) => {
                    (record.deadline, record.attempts, record.parent) = (0, 0, 0);
                    *end = None;
                    Some(record.clone())
                }
                _ => None,
            }),
            Ask::Find(number) => Answer::Found(self.records.get(&number).map(|(_, end)| match end.clone() {
                None => Found::Open,
                Some(Ending::Reply(reply)) => Found::Reply(reply),
                Some(Ending::Dead(reason)) => Found::Dead(reason),
                Some(Ending::Cancelled) => Found::Cancelled,
            })),
            Ask::Dead { .. } => {
                let letter = |(number, (record, end)): (&Number, &(Record, Option<Ending>))| match end {
                    Some(Ending::Dead(reason)) => Some(DeadLetter {
                        number: *number,
                        service: record.service.clone(),
                        reason: reason.clone(),
                        at: 0,
                    }),
                    _ => None,
                };
                Answer::Dead(self.records.iter().filter_map(letter).collect())
            }
        }
    }

    fn accept(&mut self, number: Number, record: Record) -> Accepted {
        if let Some(&known) = self.keys.get(&record.key) {
            let before = &self.records[&known].0;
            let is_same = before.service == record.service && before.body == record.body;
            return if is_same { Accepted::Known(known) } else { Accepted::Conflict };
        }
        if !record.key.is_empty() {
            self.keys.insert(record.key.clone(), number);
        }
        self.records.insert(number, (record, None));
        Accepted::New
    }

    pub(super) fn open(&self) -> Vec<(Number, Record)> {
        let open = self.records.iter().filter(|(_, (_, end))| end.is_none());
        open.map(|(number, (record, _))| (*number, record.clone())).collect()
    }
}
