//! The commands of the page in the window, and its updates.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
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
use tauri::{AppHandle, Manager as _, State, Webview, WebviewWindow, ipc::Channel, webview::DownloadEvent};
use tracing::{error, warn};

/// Time between two updates.
const UPDATE_TIME: Duration = Duration::from_millis(33);

/// How often it is checked whether a page that does not take an update is still the one in the window.
const LOOK: Duration = Duration::from_secs(1);

/// The pages in the windows: that of the desk, and that of the presenter.
pub(super) struct Pages {
    /// The number of the page that each window shows, by its label. It rises with each page that asks for updates: a
    /// reloaded page takes the place of the one before.
    current: Mutex<HashMap<String, u64>>,
    first_sign: SyncSender<()>,
}

impl Pages {
    /// The page that is being loaded, and where its first sign of life arrives.
    pub(super) fn new() -> (Self, Receiver<()>) {
        let (first_sign, came) = sync_channel(1);
        (Self { current: Mutex::default(), first_sign }, came)
    }

    /// Another page in a window; returns its number.
    fn enter(&self, window: &str) -> u64 {
        let mut current = self.lock();
        let number = current.get(window).copied().unwrap_or_default() + 1;
        current.insert(window.to_owned(), number);
        number
    }

    /// Whether a window still shows this page.
    fn shows(&self, window: &str, number: u64) -> bool {
        self.lock().get(window) == Some(&number)
    }

    /// The window is closed.
    pub(super) fn leave(&self, window: &str) {
        // The number stays: a page of a window that opens again is another one.
        self.enter(window);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Opens the presenter's page in a second window, or brings that window to the front.
///
/// # Errors
/// The system does not open it; the reason is for the page to show.
#[tauri::command(async)]
pub(super) fn open_presenter(app: AppHandle) -> Result<(), Refusal> {
    super::open_presenter(&app).map_err(|error| Refusal::NotNow { reason: format!("Cannot open the window: {error}.") })
}

/// Sends the page all updates, first a snapshot, and shows the window.
#[tauri::command]
pub(super) fn subscribe(
    window: WebviewWindow,
    desk: State<'_, Arc<Desk>>,
    pages: State<'_, Pages>,
    updates: Channel<Update>,
) {
    let number = pages.enter(window.label());
    // One sign is enough.
    let _ = pages.first_sign.try_send(());
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
    let is_current = || window.state::<Pages>().shows(window.label(), number);
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
