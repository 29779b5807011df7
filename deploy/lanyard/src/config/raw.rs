//! The file as it is written, and its judgement.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;

use super::{Config, MtlsConfig, SmtpConfig, TlsConfig, resolved};
use certs::client::Authorities;
use idp_domain::Secret;
use idp_oauth::mtls::Mtls;
use idp_signin::upstreams::Upstream;

use crate::assemble::Plan;
use crate::outside::Reach;

/// Every key that there is, with a hint of what it holds.
const KEYS: [(&str, &str); 22] = [
    ("issuer", "the provider's public address, https://id.example.org"),
    ("sites", "how a site's address is made, https://{slug}.example.org"),
    ("data", "a folder for keys and the embedded database, /var/lib/lanyard"),
    ("support_email", "where support requests go"),
    ("listen", "an address and port, 0.0.0.0:443"),
    ("metrics", "an address and port, 127.0.0.1:9464"),
    ("database", "sqlite:/var/lib/lanyard/lanyard.db or postgres://…"),
    ("redis", "redis://host:6379"),
    ("hashing_threads", "a number from 1 to 64"),
    ("password_tries", "wrong passwords until strangers wait 15 minutes, 5 to 10"),
    ("apps_inside", "true when apps in your own network are told of a sign-out; false otherwise"),
    ("tls.chain", "a PEM file"),
    ("tls.key", "a PEM file"),
    ("mtls.listen", "an address and port for programs that have certificates, 0.0.0.0:8443"),
    ("mtls.origin", "the public address of it, https://id.example.org:8443"),
    ("mtls.clients", "a PEM file: who vouches for certificates of programs; without it only self-signed ones count"),
    ("smtp.url", "smtps://user:password@host"),
    ("smtp.ca", "a PEM file: who vouches for a mail relay inside the house"),
    ("smtp.from", "Lanyard <lanyard@example.org>"),
    ("gateways", "addresses of gateways elsewhere: [\"https://larkmoor.example.org/.lanyard/events\"]"),
    ("upstream", "a table [[upstream]] for each, with id, name, issuer, client_id, client_secret_file and domains"),
    ("gateway_public_key", "what a gateway elsewhere prints at its start"),
];

struct Judge {
    values: BTreeMap<String, toml::Value>,
    faults: Vec<String>,
}

/// Reads the text into a valid configuration, or names every fault.
pub(super) fn judge(text: &str, folder: &Path) -> Result<Config, Vec<String>> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| vec![error.message().to_owned()])?;
    let mut judge = Judge { values: BTreeMap::new(), faults: Vec::new() };
    judge.flatten("", table);
    judge.refuse_unknown();
    let issuer = judge.origin("issuer", false);
    let sites = judge.origin("sites", true);
    let data = judge.text("data", true);
    let support_email = judge.text("support_email", true);
    let database = judge.database();
    let redis = judge.redis();
    let listen = judge.address("listen", "0.0.0.0:443");
    let metrics = judge.address("metrics", "127.0.0.1:9464");
    let hashing_threads = judge.threads();
    let password_tries = judge.number("password_tries", 5..=10, 10);
    let apps = if judge.flag("apps_inside") { Reach::Anywhere } else { Reach::Public };
    let tls = judge.tls(folder);
    let (mtls, at) = judge.mtls(folder, &issuer, tls.is_some());
    let smtp = judge.smtp(folder);
    let upstreams = judge.upstreams(folder);
    let gateways = judge.gateways();
    let gateway_public_key = Some(judge.text("gateway_public_key", false)).filter(|text| !text.is_empty());
    if !issuer.is_empty() && !sites.is_empty() && (issuer.starts_with("https:") != sites.starts_with("https:")) {
        judge.fault("sites", "must use the same scheme as issuer");
    }
    if !judge.faults.is_empty() {
        return Err(judge.faults);
    }
    let data = resolved(folder, &data);
    let database = if database.is_empty() { format!("sqlite:{}", data.join("lanyard.db").display()) } else { database };
    let plan = Plan {
        issuer,
        site_origin: sites,
        data,
        database,
        redis,
        support_email,
        hashing_threads,
        password_tries,
        upstreams,
        apps,
        mtls: at,
    };
    Ok(Config { listen, metrics, tls, mtls, smtp, gateways, gateway_public_key, plan })
}

impl Judge {
    fn flatten(&mut self, prefix: &str, table: toml::Table) {
        for (key, value) in table {
            let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
            match value {
                toml::Value::Table(inner) => self.flatten(&path, inner),
                other => drop(self.values.insert(path, other)),
            }
        }
    }

    fn fault(&mut self, key: &str, what: &str) {
        let hint = KEYS.iter().find(|(known, _)| *known == key).map(|(_, hint)| format!(" Hint: {hint}."));
        self.faults.push(format!("{key}: {what}.{}", hint.unwrap_or_default()));
    }

    fn refuse_unknown(&mut self) {
        let unknown: Vec<String> =
            self.values.keys().filter(|key| !KEYS.iter().any(|(known, _)| known == key)).cloned().collect();
        for key in unknown {
            let near = KEYS.iter().map(|(known, _)| *known).find(|known| {
                let short = key.chars().filter(|c| known.contains(*c)).count();
                known.len().abs_diff(key.len()) <= 2 && short + 2 >= key.len()
            });
            let hint = near.map(|known| format!(" Did you mean {known}?")).unwrap_or_default();
            self.faults.push(format!("{key}: is not a setting.{hint}"));
        }
    }

    fn text(&mut self, key: &str, needed: bool) -> String {
        match self.values.get(key) {
            Some(toml::Value::String(text)) if !text.trim().is_empty() => text.trim().to_owned(),
            Some(_) => {
                self.fault(key, "must be a text that is not empty");
                String::new()
            }
            None => {
                if needed {
                    self.fault(key, "is missing");
                }
                String::new()
            }
        }
    }

    fn origin(&mut self, key: &str, with_slug: bool) -> String {
        let text = self.text(key, true);
        if text.is_empty() {
            return text;
        }
        let parsed = url::Url::parse(&text.replace("{slug}", "slug"));
        let plain = parsed
            .is_ok_and(|url| ["https", "http"].contains(&url.scheme()) && url.path() == "/" && url.query().is_none());
        if !plain || text.ends_with('/') || text.contains("://{slug}.") != with_slug {
            self.fault(key, "must be an origin without a path or a slash at the end");
        }
        text
    }

    fn database(&mut self) -> String {
        let text = self.text("database", false);
        if !text.is_empty()
            && !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme))
        {
            self.fault("database", "must begin with sqlite: or postgres://");
        }
        text
    }

    fn redis(&mut self) -> Option<String> {
        let text = self.text("redis", false);
        if !text.is_empty() && !text.starts_with("redis://") {
            self.fault("redis", "must begin with redis://");
        }
        Some(text).filter(|text| !text.is_empty())
    }

    fn address(&mut self, key: &str, default: &str) -> SocketAddr {
        let text = self.text(key, false);
        let text = if text.is_empty() { default.to_owned() } else { text };
        text.parse().unwrap_or_else(|_| {
            self.fault(key, "must be an address and a port");
            SocketAddr::from(([127, 0, 0, 1], 0))
        })
    }

    fn threads(&mut self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let number = self.number("hashing_threads", 1..=64, i64::try_from(cores).unwrap_or(1));
        usize::try_from(number).unwrap_or(1)
    }

    fn number(&mut self, key: &str, range: std::ops::RangeInclusive<i64>, default: i64) -> i64 {
        match self.values.get(key) {
            None => default,
            Some(toml::Value::Integer(number)) if range.contains(number) => *number,
            Some(_) => {
                self.fault(key, "is out of range");
                default
            }
        }
    }

    fn flag(&mut self, key: &str) -> bool {
        match self.values.get(key) {
            None => false,
            Some(toml::Value::Boolean(flag)) => *flag,
            Some(_) => {
                self.fault(key, "must be true or false");
                false
            }
        }
    }

    fn tls(&mut self, folder: &Path) -> Option<TlsConfig> {
        let (chain, key) = (self.text("tls.chain", false), self.text("tls.key", false));
        match (chain.is_empty(), key.is_empty()) {
            (true, true) => return None,
            (false, true) => self.fault("tls.key", "is missing"),
            (true, false) => self.fault("tls.chain", "is missing"),
            (false, false) => {}
        }
        let (chain, key) = (self.pem("tls.chain", folder), self.pem("tls.key", folder));
        Some(TlsConfig { chain: chain.unwrap_or_default(), key: key.unwrap_or_default() })
    }

    /// The listener for programs that have certificates, and what the provider says of it.
    fn mtls(&mut self, folder: &Path, issuer: &str, tls: bool) -> (Option<MtlsConfig>, Option<Mtls>) {
        let [listen, origin, clients] = ["mtls.listen", "mtls.origin", "mtls.clients"].map(|key| self.text(key, false));
        if listen.is_empty() && origin.is_empty() && clients.is_empty() {
            return (None, None);
        }
        let listen = self.address("mtls.listen", "0.0.0.0:8443");
        let host = |text: &str| url::Url::parse(text).ok()?.host_str().map(str::to_owned);
        if self.origin("mtls.origin", false).starts_with("http:") || host(&origin) != host(issuer) {
            self.fault("mtls.origin", "must begin with https:// and have the host of issuer, with a port of its own");
        }
        if !tls {
            self.fault("tls.chain", "is missing: certificates of programs are seen only where TLS ends here");
        }
        let authorities = self.pem("mtls.clients", folder).map(|pem| Authorities::read(&pem)).transpose();
        let authorities = authorities.map_err(|error| self.fault("mtls.clients", &error.to_string())).ok().flatten();
        let at = Mtls { origin, authorities: authorities.is_some() };
        (Some(MtlsConfig { listen, authorities: authorities.unwrap_or_default() }), Some(at))
    }

    /// The text of a file that a key names.
    fn pem(&mut self, key: &str, folder: &Path) -> Option<String> {
        let path = Some(self.text(key, false)).filter(|path| !path.is_empty())?;
        let read = std::fs::read_to_string(resolved(folder, &path));
        read.map_err(|error| self.fault(key, &format!("{path} cannot be read ({error})"))).ok()
    }

    fn smtp(&mut self, folder: &Path) -> Option<SmtpConfig> {
        let (url, from) = (self.text("smtp.url", false), self.text("smtp.from", false));
        if url.is_empty() && from.is_empty() {
            return None;
        }
        let ca = self.pem("smtp.ca", folder);
        if ca.as_ref().is_some_and(|ca| idp_mail::Smtp::new("smtp://localhost", "a@b.example", Some(ca)).is_err()) {
            self.fault("smtp.ca", "is not a certificate");
        }
        if url.is_empty() {
            self.fault("smtp.url", "is missing");
        } else if idp_mail::Smtp::new(&url, "a@b.example", None).is_err() {
            self.fault("smtp.url", "cannot be read");
        } else if in_the_clear(&url) {
            self.fault(
                "smtp.url",
                "would send links and codes in the clear: begin it with smtps://, or add ?tls=required",
            );
        }
        if idp_mail::Smtp::new("smtp://localhost", &from, None).is_err() {
            self.fault("smtp.from", "is not a sender");
        }
        Some(SmtpConfig { url, from, ca })
    }

    fn upstreams(&mut self, folder: &Path) -> Vec<Upstream> {
        let Some(value) = self.values.get("upstream").cloned() else { return Vec::new() };
        let tables = value.as_array().map(|list| list.iter().filter_map(toml::Value::as_table).cloned().collect());
        let tables: Vec<toml::Table> = tables.unwrap_or_default();
        if tables.is_empty() {
            self.fault("upstream", "must be tables");
        }
        let read: Vec<Upstream> = tables.iter().filter_map(|table| self.upstream(table, folder)).collect();
        let ids: BTreeSet<&str> = read.iter().map(|upstream| upstream.id.as_str()).collect();
        if ids.len() < read.len() {
            self.fault("upstream", "has the same id twice");
        }
        read
    }

    fn upstream(&mut self, table: &toml::Table, folder: &Path) -> Option<Upstream> {
        let known = ["id", "name", "issuer", "client_id", "client_secret_file", "domains"];
        if let Some(other) = table.keys().find(|key| !known.contains(&key.as_str())) {
            self.fault("upstream", &format!("has no setting {other}"));
        }
        let text = |key: &str| table.get(key).and_then(toml::Value::as_str).unwrap_or_default().trim().to_owned();
        let missing = ["id", "name", "issuer", "client_id"].into_iter().find(|key| text(key).is_empty());
        if let Some(key) = missing {
            self.fault("upstream", &format!("needs {key}"));
            return None;
        }
        let plain = text("id").bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let issuer = url::Url::parse(&text("issuer"));
        if !plain || !issuer.is_ok_and(|url| ["https", "http"].contains(&url.scheme()) && url.query().is_none()) {
            self.fault("upstream", "needs an id of small letters, and an issuer that is an address");
            return None;
        }
        let file = text("client_secret_file");
        let secret = match file.as_str() {
            "" => None,
            _ => match std::fs::read_to_string(resolved(folder, &file)) {
                Ok(secret) => Some(Secret::presented(secret.trim())),
                Err(error) => {
                    self.fault("upstream", &format!("{file} cannot be read ({error})"));
                    return None;
                }
            },
        };
        let domains = table.get("domains").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let domains = domains.iter().filter_map(toml::Value::as_str).map(str::to_lowercase).collect();
        let [id, name, issuer, client_id] = ["id", "name", "issuer", "client_id"].map(text);
        Some(Upstream { id, name, issuer, client_id, client_secret: secret, domains })
    }

    fn gateways(&mut self) -> Vec<String> {
        let Some(value) = self.values.get("gateways") else { return Vec::new() };
        let texts = value
            .as_array()
            .map(|list| list.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect::<Vec<_>>());
        match texts {
            Some(texts) if texts.iter().all(|text| text.starts_with("https://") || text.starts_with("http://")) => {
                texts
            }
            _ => {
                self.fault("gateways", "must be a list of addresses");
                Vec::new()
            }
        }
    }
}

/// Whether mails would leave this machine without TLS.
fn in_the_clear(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
    let here = url.host_str().is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host));
    let required = url.query_pairs().any(|(name, value)| name == "tls" && value == "required");
    url.scheme() == "smtp" && !required && !here
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "issuer = \"https://id.a.example\"\nsites = \"https://{slug}.a.example\"\ndata = \"/tmp/x\"\n\
                        support_email = \"help@a.example\"\n";

    #[tokio::test]
    async fn a_good_one_is_good() {
        let config = judge(GOOD, Path::new("/")).unwrap();
        assert_eq!(config.plan().database, "sqlite:/tmp/x/lanyard.db");
        assert!(config.metrics.ip().is_loopback());
    }

    #[tokio::test]
    async fn every_fault_is_named_at_once_with_a_hint() {
        let text = "issuer = \"id.a.example\"\nsites = \"https://a.example/\"\ndatabse = \"x\"\nlisten = \"here\"\nhashing_threads = 0\npassword_tries = 0\n\
                    database = \"mysql://x\"\n[tls]\nchain = \"/none.pem\"\n[smtp]\nurl = \"nonsense\"\n[mtls]\norigin = \"http://a.example\"\n\
                    [[upstream]]\nid = \"x\"\nname = \"X\"\nclientid = \"y\"\n";
        let faults = judge(text, Path::new("/")).unwrap_err().join("\n");
        for part in [
            "issuer: must be an origin",
            "sites: must be an origin",
            "databse: is not a setting. Did you mean database?",
            "listen: must be an address",
            "hashing_threads: is out of range",
            "password_tries: is out of range",
            "upstream: needs issuer",
            "upstream: has no setting clientid",
            "database: must begin with",
            "tls.key: is missing",
            "data: is missing. Hint:",
            "support_email: is missing",
            "smtp.url: cannot be read",
            "mtls.origin: must begin with https://",
            "smtp.from",
        ] {
            assert!(faults.contains(part), "{part} is not in:\n{faults}");
        }
    }
    #[test]
    fn mails_do_not_leave_in_the_clear() {
        for (url, clear) in [
            ("smtp://mail.example.org", true),
            ("smtp://mail.example.org?tls=opportunistic", true),
            ("smtp://localhost.example.org", true),
            ("smtp://mail.example.org?tls=required", false),
            ("smtps://user:password@mail.example.org", false),
            ("smtp://localhost:2525", false),
            ("smtp://127.0.0.1:25", false),
        ] {
            assert_eq!(in_the_clear(url), clear, "{url}");
        }
    }
}
