//! One connection, from its first byte to its last: hyper reads and writes, a watchdog hangs up.

use super::{
    EdgeLimits, Notice,
    watch::{Watch, Watched},
};
use futures_util::{FutureExt, future::BoxFuture};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use poem::{
    Addr, Endpoint, Request,
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
use std::{convert::Infallible, future::poll_fn, net::SocketAddr, pin::pin, sync::Arc, task::Poll, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch as notice,
    time::{sleep_until, timeout},
};

type Reply = hyper::Response<http_body_util::combinators::BoxBody<bytes::Bytes, std::io::Error>>;

/// hyper's read buffer never grows beyond this, in bytes; it has to hold a header.
const LARGEST_BUFFER: usize = 64 * 1024;

/// How much is thrown away at most after the last answer, in bytes.
const LONGEST_LINGER: usize = 1024 * 1024;

/// Serves the requests of one connection.
pub(super) async fn serve<E>(stream: TcpStream, peer: SocketAddr, app: Arc<E>, limits: EdgeLimits, mut notices: notice::Receiver<Notice>)
where
    E: Endpoint + 'static,
{
    // Answers are written whole; waiting for more to send would only delay them. A failure leaves the kernel's default.
    let _ = stream.set_nodelay(true);
    let local = stream.local_addr().map_or_else(|_| LocalAddr::default(), |address| LocalAddr(Addr::SocketAddr(address)));
    let watch = Arc::new(Watch::new(limits));
    let socket = TokioIo::new(Watched { stream, watch: Arc::clone(&watch) });
    let served = Arc::clone(&watch);
    let service = service_fn(move |request: hyper::Request<Incoming>| -> BoxFuture<'static, Result<Reply, Infallible>> {
        let (app, watch) = (Arc::clone(&app), Arc::clone(&served));
        let mut request = Request::from((request, local.clone(), RemoteAddr(Addr::SocketAddr(peer)), Scheme::HTTP));
        request.set_data(watch.begin());
        async move {
            let response = app.get_response(request).await;
            watch.end();
            Ok(Reply::from(response))
        }
        .boxed()
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // The watchdog below is finer; this one stays as a second line.
        .header_read_timeout(limits.idle_time.max(limits.header_time))
        .max_header_size(limits.header_bytes)
        .max_headers(limits.header_lines)
        .max_buf_size(LARGEST_BUFFER)
        .serve_connection(socket, service);

    let mut timer = pin!(sleep_until(watch.deadline()));
    let mut listening = true;
    let mut at_rest = false;
    loop {
        let step = poll_fn(|cx| {
            if connection.poll_without_shutdown(cx).is_ready() {
                // Whether it ended well or in a parse error, an answer may be on its way.
                return Poll::Ready(true);
            }
            // Every phase changes inside the poll above, so this deadline is never stale.
            let deadline = watch.deadline();
            if timer.deadline() != deadline {
                timer.as_mut().reset(deadline);
            }
            timer.as_mut().poll(cx).map(|()| false)
        });
        tokio::select! {
            biased;
            ended = step => {
                // Whoever was asked to leave between two requests has read its last answer long ago.
                if ended && !at_rest {
                    linger(connection.into_parts().io.into_inner().stream, limits.linger_time).await;
                }
                return;
            }
            changed = notices.changed(), if listening => {
                listening = changed.is_ok();
                let leave = match *notices.borrow_and_update() {
                    Notice::Open => !listening,
                    Notice::Crowded => watch.idle(),
                    Notice::Closing => true,
                };
                if leave {
                    at_rest = watch.idle();
                    Pin::new(&mut connection).graceful_shutdown();
                }
            }
        }
    }
}

/// Ends a connection so that its client can read the last answer: closing over unread bytes would reset it and lose that answer.
async fn linger(mut stream: TcpStream, time: Duration) {
    let discard = async {
        stream.shutdown().await?;
        let mut buffer = [0; 4096];
        let mut left = LONGEST_LINGER;
        while left > 0 {
            match stream.read(&mut buffer).await? {
                0 => break,
                read => left = left.saturating_sub(read),
            }
        }
        Ok::<(), std::io::Error>(())
    };
    // Either outcome means the same: there is nothing more to do for this client.
    let _ = timeout(time, discard).await;
}
