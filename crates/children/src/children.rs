//! Several children by name, with one channel of events.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, btree_map::Entry},
    io,
    process::Command,
    sync::mpsc::SyncSender,
    time::Duration,
};

use crate::{Child, Event};

/// Children by name. Dropped, all are killed and reaped.
///
/// What they do arrives in the channel of their owner, as `(name, event)` or what the owner makes of it. A child that
/// prints faster than the owner receives waits. A child stays until its owner removes it, usually when its exit arrives:
/// so nothing of a former child of that name can follow.
///
/// ```
/// use std::{process::{Command, Stdio}, sync::mpsc::sync_channel, time::Duration};
/// use children::{Children, Event, Exit};
///
/// let (sender, events) = sync_channel(100);
/// let mut children = Children::new(sender, 1_000);
/// children.start("greeter", Command::new("echo").arg("hello").stdout(Stdio::piped()))?;
/// while !children.is_empty() {
///     match events.recv().unwrap() {
///         (name, Event::Printed(line)) => assert_eq!((name, line.as_str()), ("greeter", "hello")),
///         (_, Event::Logged(_)) => {}
///         (name, Event::Exited(exit)) => {
///             assert_eq!(exit, Exit::Code(0));
///             children.remove(name);
///         }
///     }
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Children<N, E = (N, Event)> {
    children: BTreeMap<N, Child>,
    events: SyncSender<E>,
    line_bytes_max: usize,
}

impl<N: Ord + Clone + Send + 'static, E: From<(N, Event)> + Send + 'static> Children<N, E> {
    /// None yet. Their lines are cut after `line_bytes_max`.
    #[must_use]
    pub const fn new(events: SyncSender<E>, line_bytes_max: usize) -> Self {
        Self { children: BTreeMap::new(), events, line_bytes_max }
    }

    /// Starts a command as [`Child::start`] does.
    ///
    /// # Errors
    /// It cannot be started, or a child has this name ([`io::ErrorKind::AlreadyExists`]).
    pub fn start(&mut self, name: N, command: &mut Command) -> io::Result<&mut Child> {
        let Entry::Vacant(place) = self.children.entry(name.clone()) else {
            return Err(io::ErrorKind::AlreadyExists.into());
        };
        let events = self.events.clone();
        let child = Child::start(command, self.line_bytes_max, move |event| {
            // An owner without a channel has ended, and its children with it.
            let _ = events.send((name.clone(), event).into());
        })?;
        Ok(place.insert(child))
    }
}

impl<N: Ord, E> Children<N, E> {
    /// The child of this name.
    pub fn get<Q: Ord + ?Sized>(&self, name: &Q) -> Option<&Child>
    where
        N: Borrow<Q>,
    {
        self.children.get(name)
    }

    /// The child of this name, to write to it.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, name: &Q) -> Option<&mut Child>
    where
        N: Borrow<Q>,
    {
        self.children.get_mut(name)
    }

    /// Removes a child. If it still runs, dropping it kills it.
    pub fn remove<Q: Ord + ?Sized>(&mut self, name: &Q) -> Option<Child>
    where
        N: Borrow<Q>,
    {
        self.children.remove(name)
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&N, &Child)> {
        self.children.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    /// Stops all at the same time, as [`Child::stop`] does: `grace` later none runs.
    pub fn stop(&self, grace: Duration) {
        self.children.values().for_each(|child| child.stop(grace));
    }
}

impl<N, E> Drop for Children<N, E> {
    fn drop(&mut self) {
        // All end at the same time; dropping each waits for it.
        self.children.values().for_each(Child::kill);
    }
}
