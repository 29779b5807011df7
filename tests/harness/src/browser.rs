//! A browser without a screen: cookies by host, redirects, forms, and the headers that a real one sends.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// An answer.
#[derive(Clone, Debug)]
pub struct Page {
    /// The address it came from.
    pub url: String,
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Text.
    pub body: String,
    /// How many redirects led here.
    pub redirects: usize,
}

impl Page {
    /// A header as text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// One parameter of a redirect's address.
    pub fn location_param(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(self.location()).ok()?;
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// The browser.
#[derive(Clone)]
pub struct Browser {
    client: Client<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
    /// Cookies: host and name → value.
    pub cookies: BTreeMap<(String, String), String>,
}

impl Browser {
    /// A browser for which every host is at this address.
    pub fn new(address: SocketAddr) -> Self {
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        Self { client, address, cookies: BTreeMap::new() }
    }

    /// Opens an address as somebody who types it, following redirects.
    pub async fn open(&mut self, url: &str) -> Page {
        self.follow(Method::GET, url.to_owned(), None, "none").await
    }

    /// Opens an address of a server that may be dying: nothing when it does not answer.
    pub async fn try_open(&mut self, url: &str) -> Option<Page> {
        self.try_send(Method::GET, url, None, &[("accept", "text/html"), ("sec-fetch-mode", "navigate")]).await
    }

    /// Posts a form to a server that may be dying; redirects are not followed.
    pub async fn try_post(&mut self, url: &str, fields: &[(&str, &str)]) -> Option<Page> {
        let encoded = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let extra = [("accept", "text/html"), ("sec-fetch-mode", "navigate"), ("sec-fetch-site", "same-origin")];
        self.try_send(Method::POST, url, Some(encoded.into()), &extra).await
    }

    /// Submits the form with this id from a page, its hidden fields included.
    pub async fn fill(&mut self, page: &Page, id: &str, fields: &[(&str, &str)]) -> Page {
        let form = form(&page.body, id).unwrap_or_else(|| panic!("no form {id} at {}:\n{}", page.url, page.body));
        for (name, _) in fields {
            assert!(form.names.iter().any(|known| known == name), "no field {name} in form {id} at {}", page.url);
        }
        let mut encoded = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in form.hidden.iter().filter(|(name, _)| !fields.iter().any(|(given, _)| given == name)) {
            encoded.append_pair(name, value);
        }
        for (name, value) in fields {
            encoded.append_pair(name, value);
        }
        let url = url::Url::parse(&page.url).unwrap().join(&form.action).unwrap();
        self.follow(Method::POST, url.into(), Some(encoded.finish()), "same-origin").await
    }

    /// Posts a form to an address, as a page of the same origin does.
    pub async fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Page {
        let encoded = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.follow(Method::POST, url.to_owned(), Some(encoded), "same-origin").await
    }

    async fn follow(&mut self, method: Method, url: String, body: Option<String>, from: &str) -> Page {
        let (mut method, mut url, mut body) = (method, url, body);
        for redirects in 0..20 {
            let origin = url::Url::parse(&url).unwrap().origin().ascii_serialization();
            let mut extra = vec![("accept", "text/html"), ("sec-fetch-mode", "navigate"), ("sec-fetch-site", from)];
            if method == Method::POST {
                extra.push(("origin", &origin));
            }
            let page = self.send(method.clone(), &url, body.clone(), &extra).await;
            if !(300..400).contains(&page.status) || page.location().is_empty() {
                return Page { redirects, ..page };
            }
            url = url::Url::parse(&url).unwrap().join(page.location()).unwrap().into();
            method = Method::GET;
            body = None;
        }
        panic!("redirects without an end at {url}");
    }

    /// The same browser, cookies and all, whose requests another node answers.
    #[must_use]
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    /// One request with these headers; nothing is followed.
    pub async fn send(&mut self, method: Method, url: &str, body: Option<String>, extra: &[(&str, &str)]) -> Page {
        let body = body.map(Bytes::from);
        self.ask(method, url, body, extra).await.unwrap_or_else(|error| panic!("{url} does not answer: {error:?}"))
    }

    /// The same with a body that is no text.
    pub async fn send_bytes(&mut self, method: Method, url: &str, body: Vec<u8>, extra: &[(&str, &str)]) -> Page {
        let sent = self.ask(method, url, Some(body.into()), extra).await;
        sent.unwrap_or_else(|error| panic!("{url} does not answer: {error:?}"))
    }

    /// Sends a request to a server that may be dying: nothing when it does not answer.
    pub async fn try_send(
        &mut self,
        method: Method,
        url: &str,
        body: Option<Bytes>,
        extra: &[(&str, &str)],
    ) -> Option<Page> {
        self.ask(method, url, body, extra).await.ok()
    }

    async fn ask(
        &mut self,
        method: Method,
        url: &str,
        body: Option<Bytes>,
        extra: &[(&str, &str)],
    ) -> Result<Page, hyper_util::client::legacy::Error> {
        let parsed = url::Url::parse(url).unwrap();
        let host = parsed.host_str().unwrap().to_owned();
        let target = parsed.query().map_or(parsed.path().to_owned(), |query| format!("{}?{query}", parsed.path()));
        let authority = parsed.port().map_or(host.clone(), |port| format!("{host}:{port}"));
        let port = parsed.port().unwrap_or(self.address.port());
        // Another port is another system, whose cookies are its own: in the world it has names of its own.
        let host = if port == self.address.port() { host } else { authority.clone() };
        let address = SocketAddr::new(self.address.ip(), port);
        let mut request =
            Request::builder().method(method).uri(format!("http://{address}{target}")).header("host", authority);
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .filter(|((owner, _), _)| *owner == host)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        if body.is_some() && !extra.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        for (name, value) in extra {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::from(body.unwrap_or_default())).unwrap();
        let answer = self.client.request(request).await?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        self.keep_cookies(&host, &parts.headers);
        Ok(Page {
            url: url.to_owned(),
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
            redirects: 0,
        })
    }

    fn keep_cookies(&mut self, host: &str, headers: &HeaderMap) {
        for cookie in headers.get_all("set-cookie") {
            let text = cookie.to_str().unwrap();
            assert!(!text.to_lowercase().contains("domain="), "a cookie for several hosts: {text}");
            let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
            let (name, value) = pair.split_once('=').unwrap();
            let key = (host.to_owned(), name.to_owned());
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(&key);
            } else {
                self.cookies.insert(key, value.to_owned());
            }
        }
    }

    /// A cookie.
    pub fn cookie(&self, host: &str, name: &str) -> Option<&String> {
        self.cookies.get(&(host.to_owned(), name.to_owned()))
    }
}

struct Form {
    action: String,
    hidden: Vec<(String, String)>,
    /// Names of every field and button: a form sends nothing else, as there are no scripts here.
    names: Vec<String>,
}

/// The form with this id, else the first whose action ends so.
fn form(html: &str, id: &str) -> Option<Form> {
    let forms = || html.split("<form").skip(1).filter_map(|part| part.split("</form>").next());
    let head = |whole: &str| whole.split('>').next().unwrap_or_default().to_owned();
    let named = forms().find(|whole| attribute(&head(whole), "id").as_deref() == Some(id));
    let leads = |whole: &&str| attribute(&head(whole), "action").is_some_and(|action| action.ends_with(id));
    let whole = named.or_else(|| forms().find(leads))?;
    let action = attribute(&head(whole), "action")?;
    let inputs = whole.split("<input").skip(1).filter_map(|input| {
        let input = input.split('>').next()?;
        let hidden = attribute(input, "type").as_deref() == Some("hidden");
        hidden.then(|| Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default())))?
    });
    let areas = whole.split("<textarea").skip(1).filter_map(|area| {
        let (head, rest) = area.split_once('>')?;
        let text = rest.split("</textarea>").next()?.strip_prefix('\n').unwrap_or_default();
        head.contains("hidden").then(|| Some((attribute(head, "name")?, unescape(text))))?
    });
    let tags = whole.split('<').skip(1).filter_map(|tag| attribute(tag.split('>').next()?, "name"));
    Some(Form { action, hidden: inputs.chain(areas).collect(), names: tags.collect() })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescape(rest.split('"').next()?))
}

/// Text as a browser shows it.
pub fn unescape(text: &str) -> String {
    let pairs = [
        ("&#38;", "&"),
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
    ];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
