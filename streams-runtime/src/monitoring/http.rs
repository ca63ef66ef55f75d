//! `/health`, `/ready`, `/metrics` and `/topology` over HTTP, for operators' tools.

use std::convert::Infallible;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, OnceLock, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use metrics_util::MetricKindMask;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};

use super::State;
use crate::config::Secret;
use crate::error::{Error, ErrorKind, Result};
use crate::shared::Shared;

/// Who asks slowly is not waited for.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// Nor is who reads slowly.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Connections at a time; others wait.
const CONNECTIONS: usize = 64;

/// How often the recorder sums up what it has been told.
const UPKEEP: Duration = Duration::from_secs(5);

/// Gauges that nobody has set for so long are those of tasks that have moved away.
const IDLE: Duration = Duration::from_secs(60);

/// Serves until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

/// What answers are made of.
struct Served {
    shared: Weak<Shared>,
    token: Option<Secret>,
    /// `None` if the program has a recorder of its own.
    metrics: Option<PrometheusHandle>,
}

/// The recorder of the process, which lasts as long as that.
fn recorder() -> Option<PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let install = || {
        // As a histogram Prometheus can sum up; as summaries it could not.
        let buckets =
            [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        let builder = PrometheusBuilder::new().set_buckets(&buckets).ok()?;
        builder.idle_timeout(MetricKindMask::GAUGE, Some(IDLE)).install_recorder().ok()
    };
    RECORDER.get_or_init(install).clone()
}

impl Server {
    pub(crate) fn start(shared: &Arc<Shared>, listen: &str) -> Result<Self> {
        let refuse = |text: String| Error::config(format!("http.listen = {listen}: {text}"));
        let addresses: Vec<SocketAddr> =
            listen.to_socket_addrs().map(Iterator::collect).map_err(|e| {
                refuse(format!(
                    "{e}; an address is HOST:PORT, as 127.0.0.1:9464, or :0 for a free port"
                ))
            })?;
        let token = shared.config.http.token.clone().filter(|t| !t.expose().is_empty());
        if !addresses.iter().all(|a| a.ip().is_loopback()) && token.is_none() {
            return Err(refuse(
                "others than this machine reach this address: set http.token, which they have to give \
                 for all but /health and /ready, or listen on 127.0.0.1"
                    .into(),
            ));
        }
        let listener =
            std::net::TcpListener::bind(&*addresses).map_err(|e| refuse(e.to_string()))?;
        let bound =
            listener.local_addr().and_then(|at| listener.set_nonblocking(true).map(|()| at));
        let address = bound.map_err(|e| refuse(e.to_string()))?;
        let metrics = recorder();
        if metrics.is_none() {
            tracing::warn!(
                "the program has a metrics recorder of its own: /metrics has nothing to show"
            );
        }
        let served = Arc::new(Served { shared: Arc::downgrade(shared), token, metrics });
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("streams-http".to_owned());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| refuse(e.to_string()))?;
        let spawned = thread.spawn(move || {
            // Whatever is not answered then is dropped with the runtime.
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = accept(listener, served) => {}
                }
            });
        });
        let thread = spawned.map_err(|e| {
            let text = format!("the thread of http.listen cannot be started: {e}");
            Error::with_source(ErrorKind::Fatal, text, e)
        })?;
        tracing::info!("monitoring at http://{address}: /health, /ready, /metrics, /topology");
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of http.listen panicked");
        }
    }
}

async fn accept(listener: std::net::TcpListener, served: Arc<Served>) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(e) => return tracing::error!("http.listen: {e}"),
    };
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let mut upkeep = tokio::time::interval(UPKEEP);
    loop {
        let accepted = tokio::select! {
            _ = upkeep.tick() => {
                if let Some(metrics) = &served.metrics {
                    metrics.run_upkeep();
                }
                continue;
            }
            accepted = next(&listener, &permits) => accepted,
        };
        let (stream, permit) = match accepted {
            Ok(accepted) => accepted,
            Err(e) => {
                // Too many open files: others may close some.
                tracing::warn!("http.listen: {e}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let served = Arc::clone(&served);
        tokio::spawn(async move {
            let answer = service_fn(move |request: Request<Incoming>| {
                let response = served.answer(&request);
                async move { Ok::<_, Infallible>(response) }
            });
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).keep_alive(false);
            let served = server.serve_connection(TokioIo::new(stream), answer);
            match tokio::time::timeout(TIMEOUT, served).await {
                Ok(Ok(())) => {}
                Ok(Err(e)) => tracing::debug!("http.listen: {e}"),
                Err(_) => tracing::debug!("http.listen: a client took longer than {TIMEOUT:?}"),
            }
            drop(permit);
        });
    }
}

/// The next connection, once there is room for it.
async fn next(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> std::io::Result<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.map_err(std::io::Error::other)?;
    Ok((listener.accept().await?.0, permit))
}

type Reply = Response<Full<Bytes>>;

fn text(status: StatusCode, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    let kind = hyper::header::HeaderValue::from_static("text/plain; charset=utf-8");
    reply.headers_mut().insert(CONTENT_TYPE, kind);
    reply
}

impl Served {
    fn answer(&self, request: &Request<Incoming>) -> Reply {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut reply = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
            reply.headers_mut().insert(ALLOW, hyper::header::HeaderValue::from_static("GET, HEAD"));
            return reply;
        }
        let path = request.uri().path();
        if !matches!(path, "/health" | "/ready") && !self.is_allowed(request) {
            let mut reply = text(StatusCode::UNAUTHORIZED, "the token of http.token is needed\n");
            let bearer = hyper::header::HeaderValue::from_static("Bearer");
            reply.headers_mut().insert(WWW_AUTHENTICATE, bearer);
            return reply;
        }
        match path {
            "/health" => self.health(),
            "/ready" => self.ready(),
            "/metrics" => match &self.metrics {
                Some(metrics) => text(StatusCode::OK, metrics.render()),
                None => {
                    text(StatusCode::NOT_FOUND, "the program has a metrics recorder of its own\n")
                }
            },
            "/topology" => match self.shared.upgrade() {
                Some(shared) => text(StatusCode::OK, shared.topology.to_string()),
                None => text(StatusCode::SERVICE_UNAVAILABLE, "the application has ended\n"),
            },
            _ => text(StatusCode::NOT_FOUND, "there is /health, /ready, /metrics and /topology\n"),
        }
    }

    fn is_allowed(&self, request: &Request<Incoming>) -> bool {
        let Some(token) = &self.token else { return true };
        let given = request.headers().get(AUTHORIZATION).map(|value| value.as_bytes());
        let given = given.and_then(|value| value.strip_prefix(b"Bearer ")).unwrap_or_default();
        let token = token.expose().as_bytes();
        // All of it is compared, so that the time does not tell how much of it was right.
        let differ = given.iter().zip(token).fold(0, |differ, (a, b)| differ | (a ^ b));
        given.len() == token.len() && differ == 0
    }

    /// What to wait for, or to start anew for; a line for each worker that has trouble.
    fn report(&self, trouble: impl Fn(&Shared, usize) -> Option<String>) -> Reply {
        let Some(shared) = self.shared.upgrade().filter(|shared| !shared.stopping()) else {
            return text(StatusCode::SERVICE_UNAVAILABLE, "the application is ending\n");
        };
        let lines: Vec<String> = (0..shared.statuses.len())
            .filter_map(|n| Some(format!("worker {n} {}\n", trouble(&shared, n)?)))
            .collect();
        match lines.is_empty() {
            true => text(StatusCode::OK, "ok\n"),
            false => text(StatusCode::SERVICE_UNAVAILABLE, lines.concat()),
        }
    }

    /// A program that is not healthy does not get so by itself.
    fn health(&self) -> Reply {
        let now = Instant::now();
        self.report(|shared, n| shared.statuses.get(n)?.trouble(now))
    }

    /// A program that is not ready will be, by itself.
    fn ready(&self) -> Reply {
        let now = Instant::now();
        self.report(|shared, n| {
            let status = shared.statuses.get(n)?;
            status.trouble(now).or_else(|| match status.state() {
                State::Joining => Some("waits for its tasks".to_owned()),
                State::Restoring => Some("restores its stores".to_owned()),
                State::Running | State::Ended => None,
            })
        })
    }
}
