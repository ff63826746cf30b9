//! One page's WebSocket: hello, then updates about thirty times a second, and an answer to each command.
//!
//! Nothing queues. An update is made when the one before has been sent, so a slow page gets a conflated one later; a
//! command is taken when the one before is answered.

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::{
    extract::{
        State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code},
    },
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use dealz_core::{Desk, Updates};
use dealz_core::{
    command::{Command, Refusal, Reply},
    view::{Hello, PageLink, Update},
};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task,
    time::{self, Instant, Interval, MissedTickBehavior},
};
use tracing::debug;

use super::Frontend;

/// Pages at a time; further ones are told to come back later.
const PAGES_MAX: u32 = 64;

/// The largest command: a file of orders in JSON's spelling.
const COMMAND_BYTES_MAX: usize = 17 * 1024 * 1024;

/// The largest command of a page that may only look.
const LOOK_BYTES_MAX: usize = 4 * 1024;

/// Characters of the reason for which a command is not understood.
const REASON_MAX: usize = 200;

/// Between two looks for something new.
const UPDATE_TIME: Duration = Duration::from_millis(33);

/// How long a page may leave what it is sent unread.
const READ_TIME: Duration = Duration::from_secs(10);

/// How often a page that says nothing is asked whether it is there, and how long it may say nothing.
const PING_TIME: Duration = Duration::from_secs(10);
const SILENCE_TIME: Duration = Duration::from_secs(30);

/// The pages of one frontend.
pub(super) struct Pages {
    desk: Arc<Desk>,
    may_control: bool,
    links: Arc<[PageLink]>,
    places: Arc<Semaphore>,
    ending: watch::Receiver<bool>,
}

/// What a page sends.
#[derive(Deserialize)]
struct Asked {
    id: u64,
    command: Command,
}

/// What can be read of a command that this build does not know.
#[derive(Deserialize)]
struct Misunderstood {
    id: u64,
    #[serde(rename = "command")]
    _command: IgnoredAny,
}

/// What a page is sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Told {
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
    may_control: bool,
    links: Arc<[PageLink]>,
    ending: watch::Receiver<bool>,
}

/// Why a page's socket ends.
enum End {
    /// The page has gone, or does not read.
    Gone,
    /// We close it, and say why.
    Closed(u16, &'static str),
}

type Answer = Pin<Box<dyn Future<Output = Told> + Send>>;

impl Pages {
    pub(super) fn new(
        desk: Arc<Desk>,
        may_control: bool,
        links: Arc<[PageLink]>,
        ending: watch::Receiver<bool>,
    ) -> Self {
        Self { desk, may_control, links, places: Arc::new(Semaphore::new(PAGES_MAX as usize)), ending }
    }

    /// Waits until no page is left.
    pub(super) async fn all_left(&self) {
        // The semaphore is never closed.
        let _ = self.places.acquire_many(PAGES_MAX).await;
    }

    fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    fn page(&self, socket: WebSocket) -> Page {
        let (desk, updates, links) = (Arc::clone(&self.desk), self.desk.updates(), Arc::clone(&self.links));
        Page { socket, desk, updates, may_control: self.may_control, links, ending: self.ending.clone() }
    }
}

/// Makes an admitted request a page's socket.
pub(super) async fn upgrade(upgrade: WebSocketUpgrade, State(frontend): State<Arc<Frontend>>) -> Response {
    let Some(place) = frontend.pages.place() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "as many pages as there may be look at this desk\n").into_response();
    };
    let largest = if frontend.pages.may_control { COMMAND_BYTES_MAX } else { LOOK_BYTES_MAX };
    upgrade
        .max_message_size(largest)
        .max_frame_size(largest)
        // What is sent goes out at once.
        .write_buffer_size(0)
        .on_upgrade(async move |socket| {
            frontend.pages.page(socket).run().await;
            drop(place);
        })
}

impl Page {
    async fn run(mut self) {
        if let Err(End::Closed(code, reason)) = self.talk().await {
            debug!(code, reason, "closing a page's socket");
            let close = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
            // One that is gone need not be told.
            let _ = time::timeout(Duration::from_millis(100), self.socket.send(close)).await;
        }
    }

    /// Goes on until one side ends it; `Ok` is never returned.
    async fn talk(&mut self) -> Result<(), End> {
        self.tell(&Told::Hello(self.desk.hello(self.may_control, &self.links))).await?;
        let mut looks = every(UPDATE_TIME);
        let mut pings = every(PING_TIME);
        let mut heard = Instant::now();
        let mut answer: Option<Answer> = None;
        loop {
            let is_free = answer.is_none();
            tokio::select! {
                () = told_to_end(&mut self.ending) => {
                    return Err(End::Closed(close_code::AWAY, "dealz has ended"));
                }
                told = answered(&mut answer) => {
                    answer = None;
                    heard = Instant::now();
                    self.tell(&told).await?;
                }
                message = self.socket.recv(), if is_free => {
                    heard = Instant::now();
                    answer = self.handle(message)?;
                }
                _ = looks.tick() => {
                    if let Some(update) = self.updates.next() {
                        self.tell(&Told::Update(Box::new(update))).await?;
                    }
                }
                _ = pings.tick() => {
                    // A page that waits for an answer is not listened to.
                    if is_free && heard.elapsed() > SILENCE_TIME {
                        return Err(End::Gone);
                    }
                    self.send(Message::Ping(Default::default())).await?;
                }
            }
        }
    }

    fn handle(&self, message: Option<Result<Message, axum::Error>>) -> Result<Option<Answer>, End> {
        match message {
            Some(Ok(Message::Text(text))) => self.handle_text(text.as_str()).map(Some),
            Some(Ok(Message::Binary(_))) => Err(End::Closed(close_code::UNSUPPORTED, "commands are text")),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
            Some(Err(error)) => {
                debug!(%error, "a page's socket failed");
                Err(End::Closed(close_code::SIZE, "a message is too large or no WebSocket message"))
            }
        }
    }

    fn handle_text(&self, text: &str) -> Result<Answer, End> {
        let Asked { id, command } = match serde_json::from_str(text) {
            Ok(asked) => asked,
            Err(error) => {
                let Ok(Misunderstood { id, .. }) = serde_json::from_str(text) else {
                    return Err(End::Closed(close_code::INVALID, "not a command"));
                };
                // It may repeat what was sent.
                let reason = error.to_string().chars().take(REASON_MAX).collect();
                let refusal = Refusal::Invalid { field: "command".to_owned(), reason };
                return Ok(Box::pin(async move { Told::Refusal { id, refusal } }));
            }
        };
        let refusal = match command {
            // It would hold up the updates.
            Command::Recording => Some(Refusal::NotNow { reason: "the recording is at /recording".to_owned() }),
            Command::Wire { .. } => None,
            _ => (!self.may_control).then_some(Refusal::ViewOnly),
        };
        if let Some(refusal) = refusal {
            return Ok(Box::pin(async move { Told::Refusal { id, refusal } }));
        }
        let desk = Arc::clone(&self.desk);
        let acting = task::spawn_blocking(move || desk.act(command));
        Ok(Box::pin(async move {
            match acting.await {
                Ok(Ok(reply)) => Told::Reply { id, reply },
                Ok(Err(refusal)) => Told::Refusal { id, refusal },
                // The runtime ends, and with it this page.
                Err(_) => Told::Refusal { id, refusal: Refusal::NotNow { reason: "dealz ends".to_owned() } },
            }
        }))
    }

    async fn tell(&mut self, told: &Told) -> Result<(), End> {
        // Plain values always have a spelling; if one had none, the page could not go on.
        let text = serde_json::to_string(told).map_err(|_| End::Closed(close_code::ERROR, "cannot spell an update"))?;
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

/// What the running command comes to; for ever, where none runs.
async fn answered(answer: &mut Option<Answer>) -> Told {
    match answer {
        Some(answer) => answer.await,
        None => std::future::pending().await,
    }
}

/// Waits until dealz ends.
async fn told_to_end(ending: &mut watch::Receiver<bool>) {
    // Its other end goes when dealz has ended.
    let _ = ending.wait_for(|ends| *ends).await;
}

/// Ticks that do not catch up: what was missed is missed.
fn every(period: Duration) -> Interval {
    let mut interval = time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_is_sent_is_spelled_as_agreed() {
        let spell = |told: Told| serde_json::to_string(&told).unwrap();
        assert!(spell(Told::Update(Box::default())).starts_with(r#"{"update":{"timeMs":0.0,"#));
        assert_eq!(spell(Told::Reply { id: 7, reply: Reply::Done }), r#"{"id":7,"reply":{"got":"done"}}"#);
        assert_eq!(
            spell(Told::Refusal { id: 8, refusal: Refusal::ViewOnly }),
            r#"{"id":8,"refusal":{"refused":"viewOnly"}}"#
        );
    }
}
