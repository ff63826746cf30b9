//! The socket: receives a command, has the desk execute it, and answers. Every request gets exactly one answer, a malformed
//! one too: a `REQ` without one would hang.

use std::time::Instant;

use dealz_core::{
    Desk,
    command::{Command, Refusal},
};
use sockets::{BindError, Context, Endpoint, Listener, MalformedMessages, Role, Socket, SocketError, Stop, wait};
use tracing::info;
use wire::{
    DecodeError, Frames,
    desk::{self, Answer, COMMANDS},
    envelope,
    report::Label,
};

/// A bound server, not yet running.
pub(super) struct Server {
    socket: Socket,
    listener: Listener,
    may_control: bool,
    malformed: MalformedMessages,
    /// The current request, with its envelope; reused.
    incoming: Frames,
    /// What follows the envelope of the request, and then of the answer; reused.
    body: Frames,
}

impl Server {
    /// Binds the socket.
    ///
    /// # Errors
    /// The address is in use or cannot be used; the security lacks an allow-list.
    pub(super) fn bind(context: &Context, endpoint: &Endpoint, may_control: bool) -> Result<Self, BindError> {
        let mut socket = context.socket(Role::Router, COMMANDS)?;
        socket.watch("dealz.commands")?;
        let endpoint = socket.bind(endpoint)?;
        info!(channel = COMMANDS.name, %endpoint, "listening");
        Ok(Self {
            socket,
            listener: Listener::of(COMMANDS),
            may_control,
            malformed: MalformedMessages::default(),
            incoming: Frames::new(),
            body: Frames::new(),
        })
    }

    /// Answers commands to `desk` until `stop`.
    ///
    /// # Errors
    /// The socket fails: its context is gone.
    pub(super) fn run(mut self, desk: &Desk, stop: &Stop) -> Result<(), SocketError> {
        loop {
            let interests = [self.socket.readable(), self.socket.events()];
            if wait(stop, interests, self.listener.next_deadline())?.stopped {
                return Ok(());
            }
            self.listener.follow(Instant::now(), &mut self.socket, |_| {})?;
            if self.socket.receive(&mut self.incoming)? {
                self.answer(desk)?;
            }
        }
    }

    /// Answers the request in `incoming`.
    fn answer(&mut self, desk: &Desk) -> Result<(), SocketError> {
        let answer = match self.take_command() {
            Ok(command) => match self.execute(desk, &command) {
                Ok(()) => Answer::Done,
                Err(refusal) => refused(&refusal),
            },
            Err(error) => Answer::Refused(desk::Refusal {
                kind: Label::cut("invalid"),
                field: Some(Label::cut(error.field)),
                reason: format!("the command is malformed: {error}"),
            }),
        };
        answer.encode(&mut self.body);
        self.incoming.append(&self.body);
        // `false` if the peer reads nothing and its queue is full, or if it is gone: the answer is dropped.
        self.socket.send(&self.incoming)?;
        Ok(())
    }

    /// The command in `incoming`, of which the envelope is left there for the answer.
    fn take_command(&mut self) -> Result<desk::Command, DecodeError> {
        let length = envelope::len(&self.incoming);
        self.body.clear();
        self.body.append_from(&self.incoming, length.unwrap_or(1));
        let command = length.and_then(|_| desk::Command::decode(&self.body));
        if let Err(error) = &command {
            self.malformed.record(Instant::now(), &mut self.socket, error, &self.incoming);
        }
        // Without a delimiter only the routing id is known to belong to the envelope.
        self.incoming.truncate(length.unwrap_or(1));
        command
    }

    fn execute(&self, desk: &Desk, command: &desk::Command) -> Result<(), Refusal> {
        if !self.may_control {
            return Err(Refusal::ViewOnly);
        }
        match Command::of_another_process(command)? {
            Command::Wire { .. } | Command::Recording { .. } => {
                Err(Refusal::NotNow { reason: "only a page of the desk can ask for that".to_owned() })
            }
            command => desk.act(command).map(drop),
        }
    }
}

/// A refusal as an answer.
fn refused(refusal: &Refusal) -> Answer {
    let (kind, field, reason) = match refusal {
        Refusal::Invalid { field, reason } => ("invalid", Some(Label::cut(field)), reason.as_str()),
        Refusal::NotNow { reason } => ("notNow", None, reason.as_str()),
        Refusal::ViewOnly => ("viewOnly", None, "this desk can be viewed, not controlled (--web-view-only)"),
    };
    Answer::Refused(desk::Refusal { kind: Label::cut(kind), field, reason: reason.to_owned() })
}
