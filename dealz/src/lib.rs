//! The desk, as people see it: a window, or a page in a browser. Both show what `dealz-core` does, by the same page,
//! the same commands and the same updates.
//!
//! - [`args`]: what was typed, and what comes of it
//! - [`session`]: what is shown: live sockets, or a recording
//! - `auto`: a scene that plays by itself
//! - [`commands`]: commands of other processes, and [`remote`]: sends one
//! - [`web`]: the frontend in a browser
//! - `window`: the frontend in a window

pub mod args;
mod auto;
pub mod commands;
pub mod remote;
pub mod session;
mod symbols;
pub mod web;
mod window;

use std::{process::ExitCode, sync::Arc, thread};

use sockets::Stop;
use tracing::warn;

use dealz_core::Desk;
use include_dir::Dir;
use tauri::{Context, Wry};

use crate::{
    args::{Cli, Task},
    web::{Server, WebConfig},
    window::Shown,
};

/// The page that the program contains.
#[derive(Debug)]
pub struct Page {
    /// Its files, for a browser.
    pub files: Dir<'static>,
    /// Makes the page for a window.
    pub window: fn() -> Context<Wry>,
}

/// Shows the desk by `page` until it is closed or stopped; or does the task that was given in place of that.
///
/// # Errors
/// The task fails, or the scene that plays by itself. The configuration cannot be used, or the address to serve at cannot be had.
pub fn run(cli: &Cli, page: &'static Page) -> anyhow::Result<ExitCode> {
    let stop = Stop::on_signals()?;
    if let Some(Task::Do(args)) = &cli.task {
        return remote::run(args, &cli.suite, &stop);
    }
    if cli.opens_window() {
        match window::show(cli, page, &stop)? {
            Shown::Ended(code) => return Ok(code),
            Shown::Not(reason) => warn!("{reason}: serving the page to a browser instead"),
        }
    }
    let servers = bind(cli.web(), cli.opens_window().then(|| cli.fallback()))?;
    if let Some(pause) = cli.auto() {
        return auto::run(cli.session()?, pause, servers, page, &stop).map(|()| ExitCode::SUCCESS);
    }
    let running = match cli.session()?.start(&stop) {
        Err(_) if stop.is_stopped() => return Ok(ExitCode::SUCCESS),
        running => running?,
    };
    let result = serve(servers, &running.desk, page, &stop);
    running.stop();
    result.map(|()| ExitCode::SUCCESS)
}

/// Binds the addresses: the requested one first, since the fallback of the window takes any that is left. The link to the
/// fallback comes first: it replaces the user's window.
fn bind(requested: Option<WebConfig>, fallback: Option<WebConfig>) -> anyhow::Result<Vec<Server>> {
    let requested = requested.map(Server::bind).transpose()?;
    let fallback = fallback.map(Server::bind).transpose()?;
    Ok(fallback.into_iter().chain(requested).collect())
}

/// Serves the desk and its `page` by all of `servers` until `stop`.
fn serve(servers: Vec<Server>, desk: &Arc<Desk>, page: &'static Page, stop: &Stop) -> anyhow::Result<()> {
    servers.iter().try_for_each(web::print_links)?;
    let links = web::links(&servers);
    thread::scope(|scope| {
        let frontends = servers.into_iter().map(|server| {
            let (desk, links) = (Arc::clone(desk), Arc::clone(&links));
            let run = || server.run(desk, links, &page.files, stop);
            thread::Builder::new().name("frontend".to_owned()).spawn_scoped(scope, run)
        });
        let frontends = frontends.collect::<Result<Vec<_>, _>>()?;
        // A panic has already been reported by its thread.
        frontends.into_iter().try_for_each(|frontend| frontend.join().unwrap_or(Ok(())))
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use dealz_core::view::PageKind;

    use super::*;
    use crate::web::Address;

    #[test]
    fn the_address_that_was_asked_for_is_taken_first() {
        // Both are in use: the error names the one that was tried.
        let taken = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [asked, instead] = taken.each_ref().map(|listener| listener.local_addr().unwrap());
        let config = |address| WebConfig {
            address: Address::Asked(address),
            page: PageKind::Control,
            token: None,
            audience: None,
        };
        let error = bind(Some(config(asked)), Some(config(instead))).err().unwrap();
        assert!(format!("{error:#}").contains(&asked.to_string()), "{error:#}");
    }
}
