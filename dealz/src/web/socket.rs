//! One page's WebSocket: hello, then updates about thirty times a second, and a reply to each command.
//!
//! Nothing queues. An update is made after the previous one has been sent, so a slow page gets a conflated one later; a
//! command is read after the previous one has its reply.

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::{
        State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code},
    },
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use dealz_core::{AUDIENCE_MAX, Desk, Seat, Updates};
use dealz_core::{
    command::{Command, Refusal, Reply},
    view::{Hello, PageKind, PageLink, Update},
};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task,
    time::{self, Instant, Interval, MissedTickBehavior},
};
use tracing::debug;

use super::Frontend;

/// The most pages at a time; further ones are refused.
const PAGES_MAX: u32 = 64;

/// The largest command in bytes: a file of orders as JSON.
const COMMAND_BYTES_MAX: usize = 17 * 1024 * 1024;

/// The largest command in bytes of a page that may not control.
const VIEW_ONLY_BYTES_MAX: usize = 4 * 1024;

/// The most characters of the reason why a command is invalid.
const REASON_MAX: usize = 200;

/// The time between two checks for an update.
const UPDATE_TIME: Duration = Duration::from_millis(33);

/// How long a page may not read before it is disconnected.
const READ_TIME: Duration = Duration::from_secs(10);

/// How often a page is pinged.
const PING_TIME: Duration = Duration::from_secs(10);

/// How long a page may send nothing, not even a pong.
const SILENCE_TIME: Duration = Duration::from_secs(30);

/// The pages of one frontend.
pub(super) struct Pages {
    desk: Arc<Desk>,
    links: Arc<[PageLink]>,
    permits: Arc<Semaphore>,
    /// For those of the audience, which take no place of the others.
    seats: Arc<Semaphore>,
    ending: watch::Receiver<bool>,
}

/// A message from the page.
#[derive(Deserialize)]
struct Incoming {
    id: u64,
    command: Command,
}

/// The readable part of a command that this build does not know.
#[derive(Deserialize)]
struct UnknownCommand {
    id: u64,
    #[serde(rename = "command")]
    _command: IgnoredAny,
}

/// A message to the page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Outgoing {
    Hello(Hello),
    Update(Box<Update>),
    #[serde(untagged)]
    Reply {
        id: u64,
        reply: Reply,
    },
    #[serde(untagged)]
    Refusal {
        id: u64,
        refusal: Refusal,
    },
}

/// One page.
struct Page {
    socket: WebSocket,
    desk: Arc<Desk>,
    updates: Updates,
    kind: PageKind,
    /// Of a page of the audience.
    seat: Option<Seat>,
    links: Arc<[PageLink]>,
    ending: watch::Receiver<bool>,
}

/// Why a page's socket ends.
enum End {
    /// The page has gone, or does not read.
    Gone,
    /// dealz closes it, for a reason.
    Closed(u16, &'static str),
}

type Answer = Pin<Box<dyn Future<Output = Outgoing> + Send>>;

impl Pages {
    pub(super) fn new(desk: Arc<Desk>, links: Arc<[PageLink]>, ending: watch::Receiver<bool>) -> Self {
        let [permits, seats] = [PAGES_MAX, AUDIENCE_MAX].map(|most| Arc::new(Semaphore::new(most as usize)));
        Self { desk, links, permits, seats, ending }
    }

    /// Waits until all pages are disconnected.
    pub(super) async fn all_left(&self) {
        // The semaphores are never closed.
        let _ = self.permits.acquire_many(PAGES_MAX).await;
        let _ = self.seats.acquire_many(AUDIENCE_MAX).await;
    }

    fn permit(&self, kind: PageKind) -> Option<OwnedSemaphorePermit> {
        let permits = if kind == PageKind::Audience { &self.seats } else { &self.permits };
        Arc::clone(permits).try_acquire_owned().ok()
    }

    pub(super) const fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    fn page(&self, socket: WebSocket, kind: PageKind) -> Page {
        let (desk, updates, links) = (Arc::clone(&self.desk), self.desk.updates(kind), Arc::clone(&self.links));
        let seat = (kind == PageKind::Audience).then(|| self.desk.seat());
        Page { socket, desk, updates, kind, seat, links, ending: self.ending.clone() }
    }
}

/// Upgrades an admitted request to a page's socket.
pub(super) async fn upgrade(
    upgrade: WebSocketUpgrade,
    State(frontend): State<Arc<Frontend>>,
    Extension(kind): Extension<PageKind>,
) -> Response {
    let Some(permit) = frontend.pages.permit(kind) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many pages are open: close one and try again\n").into_response();
    };
    let largest = if kind == PageKind::Control { COMMAND_BYTES_MAX } else { VIEW_ONLY_BYTES_MAX };
    upgrade
        .max_message_size(largest)
        .max_frame_size(largest)
        // Messages are sent at once.
        .write_buffer_size(0)
        .on_upgrade(async move |socket| {
            frontend.pages.page(socket, kind).run().await;
            drop(permit);
        })
}

impl Page {
    async fn run(mut self) {
        if let Err(End::Closed(code, reason)) = self.talk().await {
            debug!(code, reason, "closing a page's socket");
            let close = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
            // A page that is gone does not need it.
            let _ = time::timeout(Duration::from_millis(100), self.socket.send(close)).await;
        }
    }

    /// Runs until one side ends it; never returns `Ok`.
    async fn talk(&mut self) -> Result<(), End> {
        self.send_json(&Outgoing::Hello(self.desk.hello(self.kind, &self.links))).await?;
        let mut updates = every(UPDATE_TIME);
        let mut pings = every(PING_TIME);
        let mut last_received = Instant::now();
        let mut answer: Option<Answer> = None;
        loop {
            let is_free = answer.is_none();
            tokio::select! {
                () = ended(&mut self.ending) => {
                    return Err(End::Closed(close_code::AWAY, "dealz is shutting down"));
                }
                message = answered(&mut answer) => {
                    answer = None;
                    last_received = Instant::now();
                    self.send_json(&message).await?;
                }
                message = self.socket.recv(), if is_free => {
                    last_received = Instant::now();
                    answer = self.handle(message)?;
                }
                _ = updates.tick() => {
                    if let Some(update) = self.updates.next() {
                        self.send_json(&Outgoing::Update(Box::new(update))).await?;
                    }
                }
                _ = pings.tick() => {
                    // While a command runs, nothing is received from the page.
                    if is_free && last_received.elapsed() > SILENCE_TIME {
                        return Err(End::Gone);
                    }
                    self.send(Message::Ping(Default::default())).await?;
                }
            }
        }
    }

    fn handle(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<Option<Answer>, End> {
        match message {
            Some(Ok(Message::Text(text))) => self.handle_text(text.as_str()).map(Some),
            Some(Ok(Message::Binary(_))) => Err(End::Closed(close_code::UNSUPPORTED, "commands are text")),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
            Some(Err(error)) => {
                debug!(%error, "a page's socket failed");
                Err(End::Closed(close_code::SIZE, "a message is too large or not a WebSocket message"))
            }
        }
    }

    fn handle_text(&mut self, text: &str) -> Result<Answer, End> {
        let Incoming { id, command } = match serde_json::from_str(text) {
            Ok(incoming) => incoming,
            Err(error) => {
                let Ok(UnknownCommand { id, .. }) = serde_json::from_str(text) else {
                    return Err(End::Closed(close_code::INVALID, "not a command"));
                };
                // The error may quote the command.
                let reason = error.to_string().chars().take(REASON_MAX).collect();
                let refusal = Refusal::Invalid { field: "command".to_owned(), reason };
                return Ok(Box::pin(async move { Outgoing::Refusal { id, refusal } }));
            }
        };
        let command = match self.admit(command) {
            Ok(command) => command,
            Err(refusal) => return Ok(Box::pin(async move { Outgoing::Refusal { id, refusal } })),
        };
        let desk = Arc::clone(&self.desk);
        let acting = task::spawn_blocking(move || desk.act(command));
        Ok(Box::pin(async move {
            match acting.await {
                Ok(Ok(reply)) => Outgoing::Reply { id, reply },
                Ok(Err(refusal)) => Outgoing::Refusal { id, refusal },
                // The runtime is shutting down, and with it this page.
                Err(_) => {
                    Outgoing::Refusal { id, refusal: Refusal::NotNow { reason: "dealz is shutting down".to_owned() } }
                }
            }
        }))
    }

    /// The command of the desk that a command of this page is, if the page may give it.
    fn admit(&mut self, command: Command) -> Result<Command, Refusal> {
        match (command, &mut self.seat) {
            // It would delay the updates.
            (Command::Recording { .. }, _) => {
                Err(Refusal::NotNow { reason: "recordings are at /recording".to_owned() })
            }
            (Command::SayAs { name, text }, Some(seat)) => seat.say(&name, &text, std::time::Instant::now()),
            (command @ Command::Wire { .. }, _) => Ok(command),
            (command, _) if self.kind == PageKind::Control => Ok(command),
            _ => Err(Refusal::ViewOnly),
        }
    }

    async fn send_json(&mut self, message: &Outgoing) -> Result<(), End> {
        // Plain values can always be serialised; if not, the page could not continue.
        let text =
            serde_json::to_string(message).map_err(|_| End::Closed(close_code::ERROR, "cannot serialise a message"))?;
        self.send(Message::Text(text.into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match time::timeout(READ_TIME, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => {
                debug!("a page does not read");
                Err(End::Gone)
            }
        }
    }
}

/// Waits for the result of the running command; forever if there is none.
async fn answered(answer: &mut Option<Answer>) -> Outgoing {
    match answer {
        Some(answer) => answer.await,
        None => std::future::pending().await,
    }
}

/// Waits until dealz shuts down.
async fn ended(ending: &mut watch::Receiver<bool>) {
    // Its sender is dropped when dealz has ended.
    let _ = ending.wait_for(|ends| *ends).await;
}

/// An interval that skips missed ticks.
fn every(period: Duration) -> Interval {
    let mut interval = time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_to_a_page_have_the_specified_form() {
        let json = |message: Outgoing| serde_json::to_string(&message).unwrap();
        assert!(json(Outgoing::Update(Box::default())).starts_with(r#"{"update":{"timeMs":0.0,"#));
        assert_eq!(json(Outgoing::Reply { id: 7, reply: Reply::Done }), r#"{"id":7,"reply":{"got":"done"}}"#);
        assert_eq!(
            json(Outgoing::Refusal { id: 8, refusal: Refusal::ViewOnly }),
            r#"{"id":8,"refusal":{"refused":"viewOnly"}}"#
        );
    }
}
