//! Somebody between a client and the provider: passes everything on, and changes answers as a test wishes.

use std::net::SocketAddr;
use std::sync::Arc;

use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{Page, System};

/// What becomes of an answer: path of the request, body of the answer.
pub type Change = Arc<dyn Fn(&str, String) -> String + Send + Sync>;

/// Starts to listen in front of the provider; it ends with the test's runtime.
pub async fn start(system: &System, change: Change) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (origin, browser) = (system.origin("id"), system.browser());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (origin, mut browser, change) = (origin.clone(), browser.clone(), change.clone());
            tokio::spawn(async move {
                let mut stream = stream;
                let Some((head, body)) = read(&mut stream).await else { return };
                let mut lines = head.lines();
                let mut words = lines.next().unwrap_or_default().split(' ');
                let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                let passed = ["authorization", "dpop", "content-type", "accept"];
                let headers: Vec<(String, String)> = lines
                    .filter_map(|line| line.split_once(':'))
                    .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
                    .filter(|(name, _)| passed.contains(&name.as_str()))
                    .collect();
                let headers: Vec<(&str, &str)> =
                    headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                let method: Method = method.parse().unwrap();
                let body = (method == Method::POST).then_some(body);
                let page = browser.send(method, &format!("{origin}{path}"), body, &headers).await;
                answer(&mut stream, &page, &change(path, page.body.clone())).await;
            });
        }
    });
    address
}

/// Head and body of a request.
async fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..end]).into_owned();
            let length = head.lines().filter_map(|line| line.split_once(':'));
            let mut length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length: usize = length.find_map(|(_, value)| value.trim().parse().ok()).unwrap_or(0);
            if read.len() >= end + 4 + length {
                return Some((head, String::from_utf8_lossy(&read[end + 4..]).into_owned()));
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => read.extend_from_slice(&buffer[..count]),
        }
    }
}

async fn answer(stream: &mut TcpStream, page: &Page, body: &str) {
    let mut head = format!("HTTP/1.1 {} X\r\nconnection: close\r\ncontent-length: {}\r\n", page.status, body.len());
    for name in ["content-type", "www-authenticate", "dpop-nonce"] {
        let value = page.header(name);
        if !value.is_empty() {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    let _ = stream.write_all(format!("{head}\r\n{body}").as_bytes()).await;
}
