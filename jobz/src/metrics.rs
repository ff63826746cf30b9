//! The broker's numbers for Prometheus: `GET /metrics` over HTTP, on a separate thread.
//!
//! A request that comes in rings the broker's bell. The broker answers between two messages with its [`Stats`], which this thread
//! writes as [`text`]. It asks at most ten times a second, however many requests there are: those between get the same text.
//!
//! Anyone who reaches the address may read the names of services: it has no access control.

mod text;

use std::{
    convert::Infallible,
    io,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ALLOW, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use sockets::{
    Interest,
    bell::{Bell, Rope},
};
use tokio::{
    net::TcpStream,
    runtime,
    sync::{Mutex, Semaphore, oneshot},
    time,
};
use tracing::{info, warn};

use crate::dispatcher::Stats;

pub use text::text;

/// The only path.
const PATH: &str = "/metrics";

/// The text format's name and version.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The most connections at a time; further ones wait.
const CONNECTIONS_MAX: usize = 16;

/// How long a client has to send the head of its request.
const HEAD_TIME: Duration = Duration::from_secs(5);

/// How long a connection may last. It serves one request.
const CONNECTION_TIME: Duration = Duration::from_secs(10);

/// How long the broker has to answer: it may be busy with many messages.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// For how long a text is served again.
const FRESH: Duration = Duration::from_millis(100);

/// The most bytes of a request's head.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// The server, for the broker. Dropped, it ends.
#[derive(Debug)]
pub struct Metrics {
    address: SocketAddr,
    bell: Bell,
    asked: Receiver<oneshot::Sender<Stats>>,
    end: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Metrics {
    /// Takes the address and serves.
    ///
    /// # Errors
    /// Another process has the address, it is not one of this machine, or there are no threads or file descriptors left.
    pub fn serve(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let bell = Bell::new()?;
        let (asks, asked) = sync_channel(1);
        let (end, ended) = oneshot::channel();
        let page = Arc::new(Page { asks, rope: bell.rope(), latest: Mutex::default() });
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let serve = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, page) => {}
                    _ = ended => {}
                }
            });
            // Connections that are open end with it.
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name("jobz.metrics".to_owned()).spawn(serve)?;
        info!(channel = "metrics", endpoint = %format_args!("http://{address}{PATH}"), "listening");
        Ok(Self { address, bell, asked, end: Some(end), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ready when an answer is wanted.
    #[must_use]
    pub fn interest(&self) -> Interest<'_> {
        self.bell.interest()
    }

    /// Answers, if an answer is wanted.
    pub fn answer(&self, stats: impl FnOnce() -> Stats) {
        self.bell.silence();
        if let Ok(ask) = self.asked.try_recv() {
            // It may have waited too long, and be gone.
            let _ = ask.send(stats());
        }
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        drop(self.end.take());
        // It ends with the runtime's next step, and has nothing to report.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// What all connections share.
struct Page {
    asks: SyncSender<oneshot::Sender<Stats>>,
    rope: Rope,
    /// The latest text, and when it was made. Held while the broker is asked, so that there is one question at a time.
    latest: Mutex<Option<(Instant, String)>>,
}

impl Page {
    /// The text; `None` if the broker does not answer.
    async fn text(&self) -> Option<String> {
        let mut latest = self.latest.lock().await;
        if let Some((_, text)) = latest.as_ref().filter(|(made, _)| made.elapsed() < FRESH) {
            return Some(text.clone());
        }
        let (ask, answer) = oneshot::channel();
        // If it is full, the broker has not taken the last question yet.
        self.asks.try_send(ask).ok()?;
        self.rope.ring();
        let stats = time::timeout(ANSWER_TIME, answer).await.ok()?.ok()?;
        let text = text(&stats);
        *latest = Some((Instant::now(), text.clone()));
        Some(text)
    }
}

async fn accept(listener: TcpListener, page: Arc<Page>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        // The semaphore is never closed.
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let page = Arc::clone(&page);
                tokio::spawn(async move {
                    serve_connection(stream, page).await;
                    drop(permit);
                });
            }
            // Usually no file descriptors: some become free as connections end.
            Err(error) => {
                warn!(%error, "cannot accept a connection for metrics");
                time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve_connection(stream: TcpStream, page: Arc<Page>) {
    let service = service_fn(move |request| {
        let page = Arc::clone(&page);
        async move { Ok::<_, Infallible>(respond(&page, &request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_BYTES_MAX)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // A request that is malformed has its answer by now, and a client that disconnects is no failure.
    let _ = time::timeout(CONNECTION_TIME, connection).await;
}

async fn respond(page: &Page, request: &Request<Incoming>) -> Response<String> {
    let refuse = |status: StatusCode| {
        let mut response = Response::new(format!("{status}\n"));
        *response.status_mut() = status;
        response
    };
    if request.uri().path() != PATH {
        return refuse(StatusCode::NOT_FOUND);
    }
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let Some(text) = page.text().await else { return refuse(StatusCode::SERVICE_UNAVAILABLE) };
    let mut response = Response::new(text);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(FORMAT));
    response
}
