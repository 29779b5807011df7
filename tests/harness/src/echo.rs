//! An upstream that records each request head as it arrived and says it back: the oracle for what a school would see.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The upstream.
#[derive(Clone)]
pub struct Echo {
    /// Where it listens.
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Echo {
    /// Starts it; it ends with the test's runtime.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let echo = Self { address: listener.local_addr().unwrap(), heads: Arc::default() };
        let heads = echo.heads.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let heads = heads.clone();
                tokio::spawn(async move {
                    let mut read = Vec::new();
                    let mut buffer = [0; 4096];
                    while !read.windows(4).any(|window| window == b"\r\n\r\n") {
                        match stream.read(&mut buffer).await {
                            Ok(0) | Err(_) => return,
                            Ok(count) => read.extend_from_slice(&buffer[..count]),
                        }
                    }
                    let end = read.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
                    let head = String::from_utf8_lossy(&read[..end]).into_owned();
                    heads.lock().unwrap().push(head.clone());
                    if head.to_lowercase().contains("upgrade: websocket") {
                        let _ = stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello").await;
                        let _ = stream.read(&mut buffer).await;
                        return;
                    }
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nset-cookie: ln=stolen; Path=/\r\nset-cookie: own=1; Path=/\r\n\
                         content-security-policy: default-src 'self'\r\nstrict-transport-security: max-age=60\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{head}",
                        head.len()
                    );
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        echo
    }

    /// Everything that arrived.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}
