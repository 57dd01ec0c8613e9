//! Clients that take their time, and a server that is told to stop.

use crate::sample::{PATIENCE, Server, posted, short};
use onboarding_http::edge::EdgeLimits;
use std::time::Duration;
use tokio::time::{Instant, interval, timeout};

const PATH: &str = "/api/v1/garden/registrations";
const GET: &str = "GET /api/v1/garden/nothing HTTP/1.1\r\nhost: x\r\n\r\n";

/// The drip: one byte every 50 ms, for as long as anybody listens.
async fn drip(client: &mut crate::sample::Client) -> Duration {
    let began = Instant::now();
    let mut ticks = interval(Duration::from_millis(50));
    timeout(PATIENCE, async {
        while client.send("x").await {
            ticks.tick().await;
        }
    })
    .await
    .expect("the server hangs up");
    began.elapsed()
}

#[tokio::test]
async fn a_half_sent_header_is_cut_in_time() {
    let server = Server::limited(short()).await;
    let began = Instant::now();
    let mut client = server.connect().await;
    client.send("POST /api/v1/garden/registrations HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    client.hung_up().await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_cut_in_time() {
    let server = Server::limited(short()).await;
    server.connect().await.hung_up().await;
}

#[tokio::test]
async fn a_header_dripped_byte_by_byte_is_cut_in_time() {
    let server = Server::limited(short()).await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    assert!(drip(&mut client).await < Duration::from_secs(5));
    // Also on a connection that has served a request before.
    let mut client = server.connect().await;
    client.send(GET).await;
    assert_eq!(client.reply().await.unwrap().status, 404);
    client.send("GET / HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    assert!(drip(&mut client).await < Duration::from_secs(5));
}

#[tokio::test]
async fn a_body_dripped_byte_by_byte_is_408_in_time() {
    let server = Server::limited(short()).await;
    let mut client = server.connect().await;
    client.send(format!("POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{{")).await;
    let reply = client.reply().await.unwrap();
    assert_eq!(reply.problem(), (408, "request_timeout".to_owned()));
    assert_eq!(reply.header("connection"), Some("close"));
    let mut client = server.connect().await;
    client.send(format!("POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n")).await;
    assert!(drip(&mut client).await < Duration::from_secs(10));
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_503() {
    let server = Server::limited(short()).await;
    let reply = server.ask("GET /api/v1/never HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(reply.problem(), (503, "timed_out".to_owned()));
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_cut_in_time() {
    let mut server = Server::limited(short()).await;
    let mut client = server.connect().await;
    client.send("GET /api/v1/garden/large HTTP/1.1\r\nhost: x\r\n\r\n").await;
    client.first_bytes().await;
    // While it takes nothing, its connection is the only one left; the server stops as soon as that is gone.
    server.tell_to_stop();
    let began = Instant::now();
    server.stopped().await;
    assert!(began.elapsed() < Duration::from_secs(4), "cut by the stall, not by the end of the draining: {:?}", began.elapsed());
    assert!(client.reply().await.is_none(), "an answer of 16 MiB does not fit into the buffers of a socket");
}

#[tokio::test]
async fn a_connection_at_rest_is_closed_after_its_time_and_serves_until_then() {
    let server = Server::limited(EdgeLimits { idle_time: Duration::from_millis(500), ..short() }).await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        client.send(GET).await;
        assert_eq!(client.reply().await.unwrap().status, 404);
    }
    client.hung_up().await;
}

#[tokio::test]
async fn two_requests_in_one_packet_are_both_answered() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send([GET, GET].concat()).await;
    assert_eq!((client.reply().await.unwrap().status, client.reply().await.unwrap().status), (404, 404));
}

#[tokio::test]
async fn a_header_beyond_its_size_or_number_is_431() {
    let server = Server::start().await;
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "x".repeat(17 * 1024));
    assert_eq!(server.ask(long).await.status, 431);
    let lines = "x-one: 1\r\n".repeat(65);
    assert_eq!(server.ask(format!("GET / HTTP/1.1\r\n{lines}\r\n")).await.status, 431);
}

#[tokio::test]
async fn http_2_is_not_spoken() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    let reply = client.reply().await;
    assert!(reply.is_none_or(|reply| reply.status >= 400));
    client.hung_up().await;
}

#[tokio::test]
async fn when_all_places_are_taken_those_at_rest_make_room() {
    let server = Server::limited(EdgeLimits { connections: 2, ..EdgeLimits::default() }).await;
    let mut resting = Vec::new();
    for _ in 0..2 {
        let mut client = server.connect().await;
        client.send(GET).await;
        assert_eq!(client.reply().await.unwrap().status, 404);
        resting.push(client);
    }
    assert_eq!(server.ask(GET).await.status, 404);
}

#[tokio::test]
async fn a_server_told_to_stop_finishes_what_is_in_flight_and_takes_nothing_new() {
    let mut server = Server::start().await;
    let mut resting = server.connect().await;
    resting.send(GET).await;
    assert_eq!(resting.reply().await.unwrap().status, 404);
    let body = r#"{"email":"a@example.org"}"#;
    let request = posted(PATH, "content-type: application/json\r\nexpect: 100-continue\r\n", body);
    let (head, rest) = request.split_at(request.len() - body.len());
    let mut busy = server.connect().await;
    busy.send(head).await;
    // It is in flight once the server asks for the body.
    assert_eq!(busy.reply().await.unwrap().status, 100);
    server.tell_to_stop();
    resting.hung_up().await;
    assert!(tokio::net::TcpStream::connect(server.address).await.is_err());
    busy.send(rest).await;
    assert_eq!(busy.reply().await.unwrap().status, 202);
    server.stopped().await;
}
