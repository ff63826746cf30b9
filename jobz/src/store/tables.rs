//! The tables in a transaction, and what each change does to them.

use redb::{ReadableTable as _, TableDefinition, TableError, WriteTransaction};

use super::{Accepted, Change, Ending, Outcome, Record, entry};
use crate::requests::Number;

type Table<'a> = TableDefinition<'a, Number, &'static [u8]>;

/// Accepted requests that are not done.
pub(super) const OPEN: Table<'_> = TableDefinition::new("open");

/// Replies, and cancelled requests.
pub(super) const DONE: Table<'_> = TableDefinition::new("done");

/// Dead letters.
pub(super) const DEAD: Table<'_> = TableDefinition::new("dead");

/// The keys that clients have given: their requests, and what these ask ([`entry::fingerprint`]).
pub(super) const KEYS: TableDefinition<'_, &[u8], (Number, u128)> = TableDefinition::new("keys");

/// All that is not open, by the time of its end.
pub(super) const ENDED: TableDefinition<'_, (u64, Number), ()> = TableDefinition::new("ended");

/// How much of what is too old a transaction removes.
const REMOVED_AT_A_TIME: usize = 200;

/// What an entry takes besides its value: its place in the table, its key, its time.
const ENTRY_BYTES: u64 = 128;

/// All tables.
pub(super) struct Tables<'t> {
    open: redb::Table<'t, Number, &'static [u8]>,
    done: redb::Table<'t, Number, &'static [u8]>,
    dead: redb::Table<'t, Number, &'static [u8]>,
    keys: redb::Table<'t, &'static [u8], (Number, u128)>,
    ended: redb::Table<'t, (u64, Number), ()>,
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, TableError> {
        Ok(Self {
            open: transaction.open_table(OPEN)?,
            done: transaction.open_table(DONE)?,
            dead: transaction.open_table(DEAD)?,
            keys: transaction.open_table(KEYS)?,
            ended: transaction.open_table(ENDED)?,
        })
    }

    /// The bytes of all entries.
    pub(super) fn bytes(&self) -> Result<u64, redb::Error> {
        let mut bytes = 0;
        for table in [&self.open, &self.done, &self.dead] {
            for entry in table.iter()? {
                bytes += cost(entry?.1.value());
            }
        }
        Ok(bytes)
    }

    pub(super) fn change(
        &mut self,
        now: u64,
        change: &Change,
        bytes: &mut u64,
        bytes_max: u64,
    ) -> Result<Outcome, redb::Error> {
        match change {
            Change::Accept(number, record) => return self.accept(*number, record, bytes, bytes_max),
            Change::Try(number, attempts) => self.count_try(*number, *attempts)?,
            Change::End(number, ending) => self.end(now, *number, ending, bytes, bytes_max)?,
            Change::Revive(number) => return Ok(Outcome::Revived(self.revive(*number, bytes)?)),
            Change::Close(number) => self.close(*number, bytes)?,
        }
        Ok(Outcome::Made)
    }

    fn accept(
        &mut self,
        number: Number,
        record: &Record,
        bytes: &mut u64,
        bytes_max: u64,
    ) -> Result<Outcome, redb::Error> {
        let fingerprint = entry::fingerprint(record);
        if !record.key.is_empty()
            && let Some(known) = self.keys.get(&*record.key)?
        {
            let (number, of_known) = known.value();
            let is_same = of_known == fingerprint;
            return Ok(Outcome::Accepted(if is_same { Accepted::Known(number) } else { Accepted::Conflict }));
        }
        let value = entry::of_record(record);
        if *bytes + cost(&value) > bytes_max {
            return Ok(Outcome::Full);
        }
        *bytes += cost(&value);
        self.open.insert(number, &*value)?;
        if !record.key.is_empty() {
            self.keys.insert(&*record.key, (number, fingerprint))?;
        }
        Ok(Outcome::Accepted(Accepted::New))
    }

    fn count_try(&mut self, number: Number, attempts: u32) -> Result<(), redb::Error> {
        let record = self.open.get(number)?.and_then(|value| entry::record(value.value()));
        if let Some(record) = record {
            self.open.insert(number, &*entry::of_record(&Record { attempts, ..record }))?;
        }
        Ok(())
    }

    fn end(
        &mut self,
        now: u64,
        number: Number,
        ending: &Ending,
        bytes: &mut u64,
        bytes_max: u64,
    ) -> Result<(), redb::Error> {
        let Some(value) = self.open.remove(number)?.map(|value| value.value().to_vec()) else { return Ok(()) };
        *bytes -= cost(&value);
        // The whole file was checked when it was opened, so every entry can be read.
        let Some(record) = entry::record(&value) else { return Ok(()) };
        let dead = |reason: &str| (true, entry::of_dead(&record, now, reason));
        let (is_dead, value) = match ending {
            Ending::Cancelled => (false, entry::of_cancelled(&record.key, now)),
            Ending::Dead(reason) => dead(reason),
            Ending::Reply(reply) => {
                let value = entry::of_reply(&record.key, now, reply);
                let has_room = *bytes + cost(&value) <= bytes_max.saturating_mul(2);
                if has_room { (false, value) } else { dead("it is done, and the store has no room for the reply") }
            }
        };
        *bytes += cost(&value);
        let table = if is_dead { &mut self.dead } else { &mut self.done };
        table.insert(number, &*value)?;
        self.ended.insert((now, number), ())?;
        Ok(())
    }

    fn revive(&mut self, number: Number, bytes: &mut u64) -> Result<Option<Record>, redb::Error> {
        let Some(value) = self.dead.remove(number)?.map(|value| value.value().to_vec()) else { return Ok(None) };
        *bytes -= cost(&value);
        if let Some((_, at)) = entry::key_and_end(&value) {
            self.ended.remove((at, number))?;
        }
        let Some(record) = entry::dead_record(&value) else { return Ok(None) };
        let value = entry::of_record(&record);
        *bytes += cost(&value);
        self.open.insert(number, &*value)?;
        Ok(Some(record))
    }

    fn close(&mut self, number: Number, bytes: &mut u64) -> Result<(), redb::Error> {
        for table in [&mut self.open, &mut self.done, &mut self.dead] {
            if let Some(value) = table.remove(number)? {
                *bytes -= cost(value.value());
                if let Some((key, at)) = entry::key_and_end(value.value()) {
                    self.keys.remove(&*key)?;
                    self.ended.remove((at, number))?;
                }
            }
        }
        Ok(())
    }

    /// Removes some of what has ended before this time.
    pub(super) fn remove_ended_before(&mut self, time: u64, bytes: &mut u64) -> Result<(), redb::Error> {
        let mut old = Vec::new();
        for entry in self.ended.range(..(time, 0))?.take(REMOVED_AT_A_TIME) {
            old.push(entry?.0.value().1);
        }
        for number in old {
            self.close(number, bytes)?;
        }
        Ok(())
    }
}

fn cost(value: &[u8]) -> u64 {
    value.len() as u64 + ENTRY_BYTES
}
