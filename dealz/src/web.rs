//! The frontend in a browser: one HTTP server for the page and for its WebSocket. A task per connection, on the threads
//! "web".
//!
//! A page can start and kill processes, so access is checked for every request.
//!
//! - `access`: which requests are accepted
//! - `token`: the secret that a page must show if it is served to the network
//! - `page`: the page's files and their security headers
//! - `socket`: one page's WebSocket
//! - `recording`: the recording that is played, and those of scenes
//! - `listen`: the address, and the links to it
//! - `addresses`: where an unspecified address is reached

mod access;
mod addresses;
mod listen;
mod page;
mod recording;
mod socket;
mod token;

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header::CONNECTION},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{any, get},
};
use dealz_core::{
    Desk,
    view::{PageKind, PageLink},
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use include_dir::Dir;
use rustix::net::sockopt::set_socket_send_buffer_size;
use sockets::Stop;
use tokio::{
    net::{TcpListener, TcpStream},
    runtime,
    sync::{Semaphore, watch},
    task, time,
};
use tracing::warn;

pub(crate) use self::listen::{Server, links, print_links};
use self::{
    access::{Access, Reached},
    recording::SlowTransfer,
    socket::Pages,
};
pub use self::{listen::Address, token::Token};

/// The most connections at a time; further ones wait.
const CONNECTIONS_MAX: usize = 256;

/// How long a browser has to send the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long a connection may serve requests: one that does not read its responses makes room for another. WebSockets have
/// their own limit.
const CONNECTION_TIME: Duration = Duration::from_secs(60);

/// How much longer a connection that transfers a recording may last: enough for 64 MiB at two megabits a second.
const RECORDING_TIME: Duration = Duration::from_secs(300);

/// The kernel's send buffer: a browser that does not read holds up some updates, not minutes of them.
const SEND_BUFFER_BYTES: usize = 128 * 1024;

/// How long pages have to receive the close message when dealz shuts down.
const GOODBYE: Duration = Duration::from_millis(200);

/// How the page is served.
#[derive(Debug, Clone)]
pub struct WebConfig {
    /// The address.
    pub address: Address,
    /// What a page may do.
    pub page: PageKind,
    /// The token that a page must show; if `None`, a new one for an address that the network can reach.
    pub token: Option<Token>,
    /// Whether there are pages of the audience too.
    pub audience: Option<Audience>,
}

/// Pages of the audience: a link with another token.
#[derive(Debug, Clone)]
pub struct Audience {
    /// Their token; if `None`, a new one.
    pub token: Option<Token>,
}

/// The state shared by all connections.
struct Frontend {
    access: Access,
    pages: Pages,
    files: &'static Dir<'static>,
    recording: Option<Bytes>,
    /// Held while the recording of a scene is read.
    reading: Semaphore,
}

impl Server {
    /// Serves the `files` of the page, and the desk, until `stop`; `links` are for pages that may control.
    ///
    /// # Errors
    /// The system has no threads or file descriptors left.
    pub(crate) fn run(
        self,
        desk: Arc<Desk>,
        links: Arc<[PageLink]>,
        files: &'static Dir<'static>,
        stop: &Stop,
    ) -> anyhow::Result<()> {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(2).thread_name("web").enable_all().build()?;
        let (ends, ending) = watch::channel(false);
        let recording = recording::of(&desk);
        let pages = Pages::new(desk, links, ending);
        let access = Access::new(self.page, self.token, self.audience);
        let frontend = Arc::new(Frontend { access, pages, files, recording, reading: Semaphore::new(1) });
        let stop = stop.clone();
        let result = runtime.block_on(async {
            let listener = TcpListener::from_std(self.listener)?;
            let accepting = tokio::spawn(accept(listener, Arc::clone(&frontend)));
            task::spawn_blocking(move || stop.wait()).await?;
            accepting.abort();
            // `frontend` has a receiver.
            let _ = ends.send(true);
            let _ = time::timeout(GOODBYE, frontend.pages.all_left()).await;
            anyhow::Ok(())
        });
        // A command that hangs must not delay the exit.
        runtime.shutdown_background();
        result
    }
}

async fn accept(listener: TcpListener, frontend: Arc<Frontend>) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let router = Router::new()
        .route("/socket", any(socket::upgrade))
        .route("/recording", get(recording::serve))
        .route("/recording/{scene}", get(recording::serve_scene))
        .route("/presenter", get(page::serve_presenter))
        .fallback(get(page::serve))
        .layer(middleware::from_fn_with_state(Arc::clone(&frontend), admit))
        .with_state(frontend);
    loop {
        // The semaphore is never closed.
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let router = router.clone();
                tokio::spawn(async move {
                    serve_connection(stream, router).await;
                    drop(permit);
                });
            }
            // Usually no file descriptors: some become free as connections end.
            Err(error) => {
                warn!(%error, "cannot accept a connection");
                time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve_connection(stream: TcpStream, router: Router) {
    let Ok(local) = stream.local_addr() else { return };
    // A page gets thirty updates a second: none may wait for a fuller packet.
    let _ = stream.set_nodelay(true);
    let _ = set_socket_send_buffer_size(&stream, SEND_BUFFER_BYTES);
    let local = SocketAddr::new(local.ip().to_canonical(), local.port());
    let transfer = SlowTransfer::default();
    let router = router.layer(Extension(Reached(local))).layer(Extension(transfer.clone()));
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    // A browser that disconnects is no failure.
    if time::timeout(CONNECTION_TIME, &mut connection).await.is_err() && transfer.recording() {
        let _ = time::timeout(RECORDING_TIME, connection).await;
    }
}

/// Admits or refuses a request, and adds the security headers to the response.
async fn admit(State(frontend): State<Arc<Frontend>>, mut request: Request, next: Next) -> Response {
    let reached = request.extensions().get::<Reached>().copied();
    let admitted = match reached {
        Some(reached) => frontend.access.admit(reached, &request),
        None => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    let mut response = match admitted {
        Ok(page) => {
            request.extensions_mut().insert(page);
            let cookie = frontend.access.cookie(&request);
            let mut response = next.run(request).await;
            response.headers_mut().extend(cookie);
            response
        }
        Err(denied) => (StatusCode::FORBIDDEN, format!("{denied}\n")).into_response(),
    };
    // After an error the connection is closed, to make room for others.
    if response.status().is_client_error() || response.status().is_server_error() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    page::restrict(response.headers_mut());
    response
}
