//! The frontend in a window: Tauri on the main thread, with the page, the commands and the updates of the frontend in a
//! browser. The presenter's page has a second window.
//!
//! On Linux the window is a child process of dealz: if the display or WebKit is broken, their libraries end the process.
//! Then its parent serves the page to a browser.
//!
//! - [`parent`]: starts the window's process and judges its end
//! - [`page`]: the commands of the page, and its updates
//! - [`signs`]: whether the page lives

mod page;
#[cfg(target_os = "linux")]
mod parent;
mod signs;

use std::{
    process::ExitCode,
    sync::{Arc, OnceLock},
    thread,
};

use sockets::Stop;
use tauri::{
    AppHandle, Builder, Manager as _, RunEvent, Url, WebviewUrl, WebviewWindowBuilder, WindowEvent,
    webview::{Color, NewWindowResponse, WebviewWindow},
};
use thiserror::Error;

use self::{
    page::{Links, Pages},
    signs::Signs,
};
use crate::{
    Page,
    args::Cli,
    web::{self, Server},
};

/// The page's background in its dark theme (`--bg` in `ui/src/style.css`).
const BACKGROUND: Color = Color(0x0d, 0x11, 0x16, 0xff);

/// The labels of the windows; that of the presenter is the path of its page.
const DESK: &str = "main";
const PRESENTER: &str = "presenter";

/// The menu of a browser, with "Reload" and "Back", has no place in a window.
const NO_CONTEXT_MENU: &str = "addEventListener('contextmenu', (event) => event.preventDefault())";

/// The outcome of showing the window.
pub(crate) enum Shown {
    /// It was shown, and is closed.
    Ended(ExitCode),
    /// It could not be shown.
    Not(NoWindow),
}

/// Why there is no window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum NoWindow {
    #[error("there is no display")]
    NoDisplay,
    #[error("the page's process of WebKit has ended")]
    PageEnded,
    #[error("the page in the window does not start")]
    PageSilent,
    #[error("the window's process has ended with code {0}, as when the display goes")]
    Failed(i32),
    #[error("the window's process was ended by signal {0}")]
    Killed(i32),
}

/// Shows the desk by `page` in a window until it is closed, or until `stop`.
///
/// # Errors
/// The configuration cannot be used.
#[cfg(target_os = "linux")]
pub(crate) fn show(cli: &Cli, page: &'static Page, stop: &Stop) -> anyhow::Result<Shown> {
    if parent::has_started_this() {
        return Ok(Shown::Ended(parent::exit_code(open(cli, page, stop))));
    }
    if parent::names_a_display() { parent::show(stop) } else { Ok(Shown::Not(NoWindow::NoDisplay)) }
}

/// Shows the desk by `page` in a window until it is closed, or until `stop`.
///
/// # Errors
/// The configuration cannot be used.
#[cfg(not(target_os = "linux"))]
pub(crate) fn show(cli: &Cli, page: &'static Page, stop: &Stop) -> anyhow::Result<Shown> {
    Ok(open(cli, page, stop)?.map_or(Shown::Ended(ExitCode::SUCCESS), Shown::Not))
}

fn open(cli: &Cli, page: &'static Page, stop: &Stop) -> anyhow::Result<Option<NoWindow>> {
    // Tauri would panic.
    #[cfg(target_os = "linux")]
    if gtk::init().is_err() {
        return Ok(Some(NoWindow::NoDisplay));
    }
    let server = cli.web().map(Server::bind).transpose()?;
    let running = match cli.session()?.start(stop) {
        Err(_) if stop.is_stopped() => return Ok(None),
        running => running?,
    };
    let desk = &running.desk;
    let failure = Arc::new(OnceLock::new());
    let (pages, first_sign) = Pages::new();
    let app = Builder::default()
        .manage(Arc::clone(desk))
        .manage(pages)
        .manage(Links(web::links(&server)))
        .invoke_handler(tauri::generate_handler![
            page::hello,
            page::act,
            page::subscribe,
            page::toggle_fullscreen,
            page::open_presenter
        ])
        .build((page.window)())?;
    let window = build(app.handle(), DESK, WebviewUrl::default(), "Beyond the Box", (1280.0, 800.0))?;
    Signs::new(app.handle().clone(), Arc::clone(&failure)).watch(&window, first_sign)?;
    let (handle, ending, signal) = (app.handle().clone(), Arc::clone(desk), stop.clone());
    let closing = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        signal.wait();
        handle.exit(0);
        // WebKit may take its time: the desk ends meanwhile.
        ending.stop();
    })?;
    if let Some(server) = server {
        let (desk, stop) = (Arc::clone(desk), stop.clone());
        let links = web::links([&server]);
        web::print_links(&server)?;
        // It ends with the process, which ends with the window.
        thread::Builder::new()
            .name("frontend".to_owned())
            .spawn(move || server.run(desk, links, &page.files, &stop))?;
    }
    app.run_return(|app, event| {
        if let RunEvent::WindowEvent { label, event: WindowEvent::Destroyed, .. } = event {
            closed(app, &label);
        }
    });
    running.stop();
    if stop.is_stopped() {
        // Its panic, if there was one, has been reported.
        let _ = closing.join();
    }
    Ok(failure.get().copied())
}

/// Closes everything with the window of the desk.
fn closed(app: &AppHandle, label: &str) {
    app.state::<Pages>().leave(label);
    if label == DESK {
        app.exit(0);
    }
}

/// Opens the presenter's page in a second window, or brings it to the front.
fn open_presenter(app: &AppHandle) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(PRESENTER) {
        return window.set_focus();
    }
    let address = WebviewUrl::App(PRESENTER.into());
    build(app, PRESENTER, address, "Presenter – Beyond the Box", (1000.0, 760.0)).map(drop)
}

fn build(
    app: &AppHandle,
    label: &str,
    address: WebviewUrl,
    title: &str,
    (width, height): (f64, f64),
) -> tauri::Result<WebviewWindow> {
    WebviewWindowBuilder::new(app, label, address)
        .title(title)
        .inner_size(width, height)
        .min_inner_size(width * 0.75, height * 0.75)
        // Shown when the page is there, so that nothing white is seen before.
        .visible(false)
        .background_color(BACKGROUND)
        .initialization_script(NO_CONTEXT_MENU)
        // The page handles dropped files.
        .disable_drag_drop_handler()
        .on_navigation(is_own)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(page::save)
        .build()
}

/// Whether an address is that of the page, or of something that the page has made to be saved: nothing else opens in the
/// window.
fn is_own(url: &Url) -> bool {
    match url.scheme() {
        "blob" => Url::parse(url.path()).is_ok_and(|made_by| is_own(&made_by)),
        "tauri" => url.host_str() == Some("localhost"),
        _ => false,
    }
}
