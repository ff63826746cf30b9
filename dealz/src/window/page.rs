//! The commands of the page in the window, and its updates.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use dealz_core::{Desk, Updates};
use dealz_core::{
    command::{Command, Refusal, Reply},
    view::{Hello, PageKind, PageLink, Update},
};
use serde_json::json;
use tauri::{Manager as _, State, Webview, WebviewWindow, ipc::Channel, webview::DownloadEvent};
use tracing::{error, warn};

/// Time between two updates.
const UPDATE_TIME: Duration = Duration::from_millis(33);

/// How often it is checked whether a page that does not take an update is still the one in the window.
const LOOK: Duration = Duration::from_secs(1);

/// The page that is in the window.
pub(super) struct Page {
    /// Rises with each page that asks for updates: a reloaded page takes the place of the one before.
    current: AtomicU64,
    first_sign: SyncSender<()>,
}

impl Page {
    /// The page that is being loaded, and where its first sign of life arrives.
    pub(super) fn new() -> (Self, Receiver<()>) {
        let (first_sign, came) = sync_channel(1);
        (Self { current: AtomicU64::new(0), first_sign }, came)
    }
}

/// Links to the pages that are served next to the window.
pub(super) struct Links(pub(super) Arc<[PageLink]>);

/// The first message of the page's stream.
#[tauri::command]
pub(super) fn hello(desk: State<'_, Arc<Desk>>, links: State<'_, Links>) -> Hello {
    desk.hello(PageKind::Control, &links.0)
}

/// Carries out a command of the page, off the main thread, which draws.
#[tauri::command(async)]
pub(super) fn act(desk: State<'_, Arc<Desk>>, command: Command) -> Result<Reply, Refusal> {
    desk.act(command)
}

/// Fills the screen with the window, or ends that; returns whether it fills the screen now.
#[tauri::command]
pub(super) fn toggle_fullscreen(window: WebviewWindow) -> bool {
    let is_full = window.is_fullscreen().unwrap_or(false);
    match window.set_fullscreen(!is_full) {
        Ok(()) => !is_full,
        Err(error) => {
            warn!(%error, "cannot change to or from full screen");
            is_full
        }
    }
}

/// Sends the page all updates, first a snapshot, and shows the window.
#[tauri::command]
pub(super) fn subscribe(
    window: WebviewWindow,
    desk: State<'_, Arc<Desk>>,
    page: State<'_, Page>,
    updates: Channel<Update>,
) {
    let number = page.current.fetch_add(1, Ordering::Relaxed) + 1;
    // One sign is enough.
    let _ = page.first_sign.try_send(());
    if let Err(error) = window.show() {
        warn!(%error, "cannot show the window");
    }
    let source = desk.updates(PageKind::Control);
    let spawned =
        thread::Builder::new().name("updates".to_owned()).spawn(move || forward(source, &updates, &window, number));
    if let Err(error) = spawned {
        error!(%error, "cannot start the thread that sends updates");
    }
}

/// Lets the page save what it has made, in the user's folder for downloads, or else in the folder in which dealz was
/// started. Then the page gets the event `saved` with the file's path, or `null` if it could not be written.
#[expect(clippy::needless_pass_by_value, reason = "as Tauri calls it")]
pub(super) fn save(page: Webview, event: DownloadEvent<'_>) -> bool {
    match event {
        DownloadEvent::Requested { url, .. } => url.scheme() == "blob",
        DownloadEvent::Finished { path, success, .. } => {
            let saved = json!(path.filter(|_| success));
            if let Err(error) = page.eval(format!("dispatchEvent(new CustomEvent('saved', {{ detail: {saved} }}))")) {
                error!(%error, "cannot report to the page what was saved");
            }
            true
        }
        _ => true,
    }
}

/// Sends one update after the other while the page stays the same. The next one is made when the page has processed the
/// one before: Tauri would queue what a slow page does not take.
fn forward(mut source: Updates, to: &Channel<Update>, window: &WebviewWindow, number: u64) {
    let is_current = || window.state::<Page>().current.load(Ordering::Relaxed) == number;
    while is_current() {
        if let Some(update) = source.next() {
            let (ran, taken) = sync_channel(1);
            let sent = to.send(update).and_then(|()| {
                window.eval_with_callback("0", move |_| {
                    let _ = ran.try_send(());
                })
            });
            if sent.is_err() {
                return;
            }
            while taken.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                if !is_current() {
                    return;
                }
            }
        }
        thread::sleep(UPDATE_TIME);
    }
}
