//! The name of a user, and its change: the new name is asked for first, and the old one leaves once the server has accepted
//! it. So a refused name changes nothing. Pure.

use wire::User;

/// The name, and what is still to be done about it.
#[derive(Debug)]
pub(super) struct Naming {
    user: User,
    /// The name that is asked for.
    wanted: Option<User>,
    /// A name that the server knows and that is to leave.
    leaving: Option<User>,
}

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To keep the user present, and perhaps to say something.
    Presence,
    /// To have this name.
    Name(User),
    /// To take this name off the roster.
    Leave(User),
}

impl Naming {
    pub(super) const fn new(user: User) -> Self {
        Self { user, wanted: None, leaving: None }
    }

    /// The name that is not in question.
    pub(super) const fn user(&self) -> &User {
        &self.user
    }

    /// Whether nothing is to be done: only then texts are said, under a name that lasts.
    pub(super) const fn is_settled(&self) -> bool {
        self.wanted.is_none() && self.leaving.is_none()
    }

    /// What the next request is for.
    pub(super) fn purpose(&self) -> Purpose {
        match (&self.leaving, &self.wanted) {
            (Some(user), _) => Purpose::Leave(user.clone()),
            (None, Some(user)) => Purpose::Name(user.clone()),
            (None, None) => Purpose::Presence,
        }
    }

    /// Asks for a name, in place of another that is asked for.
    pub(super) fn want(&mut self, user: User) {
        self.wanted = Some(user).filter(|user| *user != self.user);
    }

    /// The server has accepted a name. Returns whether it is the user's now; one that is no longer wanted leaves.
    pub(super) fn accept(&mut self, name: User) -> bool {
        let is_wanted = self.wanted.take_if(|wanted| *wanted == name).is_some();
        self.leaving = Some(if is_wanted { std::mem::replace(&mut self.user, name) } else { name });
        is_wanted
    }

    /// The server has refused a name.
    pub(super) fn refuse(&mut self, name: &User) {
        self.wanted.take_if(|wanted| wanted == name);
    }

    /// The name that was to leave has left, or could not.
    pub(super) fn left(&mut self) {
        self.leaving = None;
    }
}
