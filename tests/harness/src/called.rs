//! A server of an app that Lanyard calls: it is away the first time, and writes down what it hears.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its `Authorization`.
    pub authorization: String,
    /// Its `Content-Type`.
    pub content_type: String,
    /// What it brought.
    pub body: String,
}

/// The server; it ends with the test's runtime.
pub struct Called {
    /// Where it is called.
    pub address: String,
    heard: Arc<Mutex<Vec<Call>>>,
}

impl Called {
    /// Starts one that says 503 to the first call and this to every other.
    pub async fn start(then: StatusCode) -> Self {
        let heard: Arc<Mutex<Vec<Call>>> = Arc::default();
        let hear = async move |State(heard): State<Arc<Mutex<Vec<Call>>>>, headers: HeaderMap, body: String| {
            let text =
                |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
            let mut heard = heard.lock().unwrap();
            heard.push(Call { authorization: text("authorization"), content_type: text("content-type"), body });
            if heard.len() == 1 { StatusCode::SERVICE_UNAVAILABLE } else { then }
        };
        let router = axum::Router::new().route("/heard", axum::routing::post(hear)).with_state(heard.clone());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = format!("http://{}/heard", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, heard }
    }

    /// What it heard, once it was called twice; time goes by meanwhile.
    pub async fn twice(&self, system: &crate::System) -> Vec<Call> {
        for _ in 0..200 {
            let heard = self.heard.lock().unwrap().clone();
            if heard.len() > 1 {
                return heard;
            }
            system.clock.advance(1);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("it was not called twice: {:?}", self.heard.lock().unwrap());
    }
}
