//! How many processes of a member run, and what they run: a hand changes both while the scene plays.

use super::{Cast, CastError, GRACE, Playing, Then};
use crate::endpoints::Endpoints;

impl Cast {
    /// Has so many processes of a member run.
    pub(in crate::stage) fn set_number(
        &mut self,
        member: &str,
        count: u32,
        endpoints: &mut Endpoints,
    ) -> Result<(), CastError> {
        let index = self.index(member)?;
        let (running, others): (Vec<_>, Vec<_>) =
            self.places_of(index).into_iter().partition(|&place| self.is_to_run(place));
        if running.len() >= count as usize {
            for &place in &running[count as usize..] {
                if self.parts[place].child.is_none() {
                    // It waits for its build.
                    self.forget_one(place);
                    continue;
                }
                self.stop(place, GRACE)?;
                self.parts[place].then = Then::Leave;
            }
            // Those that have ended by themselves were shown until now.
            for place in others {
                if self.parts[place].child.is_none() {
                    self.forget_one(place);
                }
            }
            return Ok(());
        }
        for _ in running.len()..count as usize {
            let places = self.places_of(index);
            let is_free = |&place: &usize| self.parts[place].child.is_none() && !self.is_to_run(place);
            let free = places.iter().copied().find(is_free);
            let place = match free {
                Some(place) => place,
                None => self.add(index, places.len() as u32 + 1, endpoints)?,
            };
            self.start(place, endpoints)?;
        }
        Ok(())
    }

    /// Has the processes of a member run these words.
    pub(in crate::stage) fn set_run(&mut self, member: &str, words: &[String]) -> Result<(), CastError> {
        let index = self.index(member)?;
        self.members[index].run = words.to_vec();
        for place in self.places_of(index) {
            if self.parts[place].child.is_some() && self.is_to_run(place) && self.parts[place].ran != words {
                self.kill(place)?;
                self.parts[place].then = Then::Start;
            }
        }
        Ok(())
    }

    fn index(&self, member: &str) -> Result<usize, CastError> {
        let index = self.members.iter().position(|known| known.name == member);
        index.ok_or_else(|| CastError::NoMember(member.to_owned()))
    }

    /// The places of the processes of a member, by their numbers.
    fn places_of(&self, index: usize) -> Vec<usize> {
        let plays =
            |place: &usize| matches!(self.parts[*place].play, Playing::Member { member, .. } if member == index);
        (0..self.parts.len()).filter(plays).collect()
    }

    /// Whether a process runs and is to go on, or will be started: again, or once it is built.
    fn is_to_run(&self, place: usize) -> bool {
        let part = &self.parts[place];
        part.then == Then::Start || (part.child.is_some() && !self.actors[place].is_ending)
    }
}
