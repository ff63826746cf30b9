//! Signs of life of the page: WebKit runs it in a separate process, which may not start, or end.

use std::{
    sync::{
        Arc, OnceLock,
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use tauri::{AppHandle, WebviewWindow};

use super::NoWindow;

/// How long a page may take to ask for updates: many times what the slowest machine needs.
const FIRST_SIGN: Duration = Duration::from_secs(20);

/// How many times a page whose process ended is loaded again.
#[cfg(target_os = "linux")]
const RELOADS_MAX: u32 = 3;

/// Closes the window if the page does not live.
#[derive(Clone)]
pub(super) struct Signs {
    app: AppHandle,
    failure: Arc<OnceLock<NoWindow>>,
}

impl Signs {
    /// Signs that close `app` if there is no page, and leave the reason in `failure`.
    pub(super) const fn new(app: AppHandle, failure: Arc<OnceLock<NoWindow>>) -> Self {
        Self { app, failure }
    }

    /// Watches for the first sign of life, and from then on for the end of the page's process.
    ///
    /// # Errors
    /// The system has no more threads, or the window is gone.
    pub(super) fn watch(self, window: &WebviewWindow, first_sign: Receiver<()>) -> anyhow::Result<()> {
        #[cfg(target_os = "linux")]
        self.clone().watch_process(window)?;
        #[cfg(not(target_os = "linux"))]
        let _ = window;
        thread::Builder::new().name("signs".to_owned()).spawn(move || {
            if first_sign.recv_timeout(FIRST_SIGN) == Err(RecvTimeoutError::Timeout) {
                self.give_up(NoWindow::PageSilent);
            }
        })?;
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn watch_process(self, window: &WebviewWindow) -> tauri::Result<()> {
        use std::cell::Cell;

        use webkit2gtk::WebViewExt as _;

        window.with_webview(move |webview| {
            let ends = Cell::new(0);
            webview.inner().connect_web_process_terminated(move |view, _| {
                ends.set(ends.get() + 1);
                if ends.get() > RELOADS_MAX {
                    self.give_up(NoWindow::PageEnded);
                } else {
                    tracing::warn!("the page's process has ended: loading the page again");
                    view.reload();
                }
            });
        })
    }

    fn give_up(&self, reason: NoWindow) {
        // The first reason counts.
        let _ = self.failure.set(reason);
        self.app.exit(0);
    }
}
