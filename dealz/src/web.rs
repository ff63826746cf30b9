//! The frontend in a browser: one HTTP server for the page and for its WebSocket. A task a connection, on the threads
//! "web".
//!
//! The page can start and kill processes, so access is checked for every request.
//!
//! - `access`: which requests are accepted
//! - `token`: the secret that a page must show if it is served to the network
//! - `page`: the page's files, and what a browser is told about them
//! - `socket`: one page's WebSocket
//! - `recording`: the recording that is played
//! - `listen`: the address, and the links to it

mod access;
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
use dealz_core::{Desk, view::PageLink};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
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
    recording::Carries,
    socket::Pages,
};
pub use self::{listen::Address, token::Token};

/// Connections at a time; further ones wait.
const CONNECTIONS_MAX: usize = 256;

/// How long a browser has to send the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long a connection may be one for requests: one that leaves its answers unread gives its place to another. A
/// WebSocket has a place of its own.
const CONNECTION_TIME: Duration = Duration::from_secs(60);

/// How much longer one that carries a recording may be: enough for 64 MiB at two megabits a second.
const RECORDING_TIME: Duration = Duration::from_secs(300);

/// What the system may hold for a browser that does not read: some updates, not minutes of them.
const SEND_BUFFER_BYTES: usize = 128 * 1024;

/// How long pages have to hear that dealz ends.
const GOODBYE: Duration = Duration::from_millis(200);

/// How the page is served.
#[derive(Debug, Clone)]
pub struct WebConfig {
    /// Where.
    pub address: Address,
    /// Whether a page may do more than look.
    pub may_control: bool,
    /// What a page must show; without one, a new one where the address is reached from the network.
    pub token: Option<Token>,
}

/// What all connections share.
struct Frontend {
    access: Access,
    pages: Pages,
    recording: Option<Bytes>,
}

impl Server {
    /// Serves until `stop`; `links` are for pages that may control.
    ///
    /// # Errors
    /// The system has no threads or no way to wait for sockets left.
    pub(crate) fn run(self, desk: Arc<Desk>, links: Arc<[PageLink]>, stop: &Stop) -> anyhow::Result<()> {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(2).thread_name("web").enable_all().build()?;
        let (ends, ending) = watch::channel(false);
        let recording = recording::of(&desk);
        let pages = Pages::new(desk, self.may_control, links, ending);
        let frontend = Arc::new(Frontend { access: Access::new(self.token), pages, recording });
        let stop = stop.clone();
        let result = runtime.block_on(async {
            let listener = TcpListener::from_std(self.listener)?;
            let accepting = tokio::spawn(accept(listener, Arc::clone(&frontend)));
            task::spawn_blocking(move || stop.wait()).await?;
            accepting.abort();
            // There are receivers: that of `frontend`.
            let _ = ends.send(true);
            let _ = time::timeout(GOODBYE, frontend.pages.all_left()).await;
            anyhow::Ok(())
        });
        // A command that hangs must not hold up the end.
        runtime.shutdown_background();
        result
    }
}

async fn accept(listener: TcpListener, frontend: Arc<Frontend>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let router = Router::new()
        .route("/socket", any(socket::upgrade))
        .route("/recording", get(recording::serve))
        .fallback(get(page::serve))
        .layer(middleware::from_fn_with_state(Arc::clone(&frontend), admit))
        .with_state(frontend);
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let router = router.clone();
                tokio::spawn(async move {
                    attend(stream, router).await;
                    drop(place);
                });
            }
            // No file descriptors, mostly: some come back as connections end.
            Err(error) => {
                warn!(%error, "cannot take a connection");
                time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn attend(stream: TcpStream, router: Router) {
    let Ok(local) = stream.local_addr() else { return };
    // A page is told thirty times a second: it must not wait for a fuller packet.
    let _ = stream.set_nodelay(true);
    let _ = set_socket_send_buffer_size(&stream, SEND_BUFFER_BYTES);
    let local = SocketAddr::new(local.ip().to_canonical(), local.port());
    let carries = Carries::default();
    let router = router.layer(Extension(Reached(local))).layer(Extension(carries.clone()));
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    // A browser that goes is no failure of ours.
    if time::timeout(CONNECTION_TIME, &mut connection).await.is_err() && carries.recording() {
        let _ = time::timeout(RECORDING_TIME, connection).await;
    }
}

/// Lets a request in or turns it away; what goes out carries what a browser has to hold to.
async fn admit(State(frontend): State<Arc<Frontend>>, request: Request, next: Next) -> Response {
    let reached = request.extensions().get::<Reached>().copied();
    let admitted = match reached {
        Some(reached) => frontend.access.admit(reached, &request),
        None => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    let mut response = match admitted {
        Ok(()) => {
            let cookie = frontend.access.cookie(&request);
            let mut response = next.run(request).await;
            response.headers_mut().extend(cookie);
            response
        }
        Err(denied) => (StatusCode::FORBIDDEN, format!("{denied}\n")).into_response(),
    };
    // Whoever is refused has nothing more to ask here.
    if response.status().is_client_error() || response.status().is_server_error() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    page::restrict(response.headers_mut());
    response
}
