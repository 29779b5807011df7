//! Raw bytes to the listener, and the raw answer.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends bytes and reads until the other side closes or is silent for a second.
pub async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    exchange_within(address, bytes, 1000).await
}

/// The same, with another time of silence in milliseconds. Whoever hangs up before everything is sent has answered already.
pub async fn exchange_within(address: SocketAddr, bytes: &[u8], silence: u64) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let silence = Duration::from_millis(silence);
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(Ok(count)) = tokio::time::timeout(silence, stream.read(&mut buffer)).await {
        if count == 0 {
            break;
        }
        answer.extend_from_slice(&buffer[..count]);
        if answer.windows(4).any(|window| window == b"\r\n\r\n") {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of a raw answer; 0 when there was none.
pub fn status(answer: &str) -> u16 {
    answer.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// Opens a page of a site and keeps the stream open.
pub async fn open_stream(system: &crate::System, browser: &crate::Browser, site: &str, path: &str) -> TcpStream {
    let cookie = browser.cookie(&format!("{site}.lanyard.localhost"), "ln").expect("signed in");
    open_stream_by(system, &format!("Cookie: ln={cookie}\r\n"), site, path).await
}

/// The same, by other lines of the head.
pub async fn open_stream_by(system: &crate::System, head: &str, site: &str, path: &str) -> TcpStream {
    let host = format!("{site}.lanyard.localhost");
    let mut stream = TcpStream::connect(system.address()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{head}Accept: text/event-stream\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut read = String::new();
    let mut buffer = [0; 4096];
    while !read.contains("listening") {
        let count = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut buffer)).await.unwrap().unwrap();
        assert!(count > 0, "the stream closed at once: {read}");
        read.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    stream
}

/// Whether a stream is closed by the other side within five seconds.
pub async fn until_closed(mut stream: TcpStream) -> bool {
    let mut buffer = [0; 4096];
    let closed = tokio::time::timeout(Duration::from_secs(5), async {
        loop {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
    });
    closed.await.is_ok()
}
