//! A security key without a screen: makes and uses WebAuthn credentials, rightly or wrongly in any one respect.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::Page;

/// User present, user verified, attested credential data (WebAuthn Level 3 §6.1).
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// What an answer says. The default is what an honest key in an honest browser says.
#[expect(clippy::struct_excessive_bools, reason = "each is a lie of its own, told alone or together")]
#[derive(Clone, Default)]
pub struct Lie {
    /// Another origin than the one that asked.
    pub origin: Option<String>,
    /// Made in a frame of another origin.
    pub cross_origin: bool,
    /// Another relying party.
    pub rp: Option<String>,
    /// Another challenge.
    pub challenge: Option<String>,
    /// `webauthn.create` instead of `webauthn.get`, or the other way round.
    pub kind: Option<&'static str>,
    /// Nobody touched it.
    pub absent: bool,
    /// Nobody proved who they are to it.
    pub unverified: bool,
    /// Another credential's identifier.
    pub id: Option<Vec<u8>>,
    /// The person whom it says it belongs to.
    pub user: Option<String>,
    /// Another signature counter.
    pub count: Option<u32>,
    /// A signature of another key.
    pub forged: bool,
    /// The page around the frame in which it was made.
    pub top_origin: Option<&'static str>,
    /// Another attestation statement, as CBOR.
    pub statement: Option<Vec<u8>>,
    /// Another public key, as CBOR (RFC 9053 §7).
    pub public_key: Option<Vec<u8>>,
}

/// One credential in one key.
pub struct Authenticator {
    pair: EcdsaKeyPair,
    /// The credential's identifier.
    pub id: Vec<u8>,
    user: String,
    count: u32,
    origin: String,
}

/// What a page asks a key for.
pub fn asked(page: &Page) -> Value {
    let (_, rest) = page.body.split_once("data-challenge=\"").unwrap_or_else(|| panic!("no challenge: {}", page.body));
    let text = crate::browser::unescape(rest.split('"').next().unwrap());
    serde_json::from_str::<Value>(&text).unwrap()["publicKey"].clone()
}

impl Authenticator {
    /// Makes a credential for what a page at this origin asks. Answers what the browser would send.
    pub fn create(asked: &Value, origin: &str, lie: &Lie) -> (Self, String) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let mut id = vec![0; 32];
        aws_lc_rs::rand::fill(&mut id).unwrap();
        let user = asked["user"]["id"].as_str().unwrap().to_owned();
        let key = Self { pair, id: lie.id.clone().unwrap_or(id), user, count: 1, origin: origin.to_owned() };
        let mut data = key.data(asked["rp"]["id"].as_str().unwrap(), ATTESTED, lie);
        data.extend([0; 16]);
        data.extend(u16::try_from(key.id.len()).unwrap().to_be_bytes());
        data.extend(&key.id);
        data.extend(lie.public_key.clone().unwrap_or_else(|| key.public_key()));
        let mut object = vec![0xa3];
        object.extend(text("fmt"));
        object.extend(text("none"));
        object.extend(text("attStmt"));
        object.extend(lie.statement.clone().unwrap_or(vec![0xa0]));
        object.extend(text("authData"));
        object.extend(bytes(&data));
        let client = key.client_data(asked, "webauthn.create", lie);
        let answer = json!({
            "id": URL_SAFE_NO_PAD.encode(&key.id),
            "rawId": URL_SAFE_NO_PAD.encode(&key.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client),
                "attestationObject": URL_SAFE_NO_PAD.encode(object),
                "transports": ["internal"],
            },
            "clientExtensionResults": {},
        });
        (key, answer.to_string())
    }

    /// Uses the credential. Answers what the browser would send.
    pub fn get(&mut self, asked: &Value, lie: &Lie) -> String {
        self.count += 1;
        let data = self.data(asked["rpId"].as_str().unwrap(), 0, lie);
        let client = self.client_data(asked, "webauthn.get", lie);
        let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let other = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let pair = if lie.forged { &other } else { &self.pair };
        let signature = pair.sign(&SystemRandom::new(), &signed).unwrap();
        let id = URL_SAFE_NO_PAD.encode(lie.id.as_ref().unwrap_or(&self.id));
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client),
                "authenticatorData": URL_SAFE_NO_PAD.encode(data),
                "signature": URL_SAFE_NO_PAD.encode(signature),
                "userHandle": lie.user.as_ref().unwrap_or(&self.user),
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }

    /// Authenticator data without the credential.
    fn data(&self, rp: &str, flags: u8, lie: &Lie) -> Vec<u8> {
        let present = if lie.absent { 0 } else { PRESENT };
        let verified = if lie.unverified { 0 } else { VERIFIED };
        let mut data = digest(&SHA256, lie.rp.as_deref().unwrap_or(rp).as_bytes()).as_ref().to_vec();
        data.push(flags | present | verified);
        data.extend(lie.count.unwrap_or(self.count).to_be_bytes());
        data
    }

    fn client_data(&self, asked: &Value, kind: &str, lie: &Lie) -> Vec<u8> {
        let mut said = json!({
            "type": lie.kind.unwrap_or(kind),
            "challenge": lie.challenge.as_deref().unwrap_or(asked["challenge"].as_str().unwrap()),
            "origin": lie.origin.as_ref().unwrap_or(&self.origin),
            "crossOrigin": lie.cross_origin,
        });
        if let Some(top) = lie.top_origin {
            said["topOrigin"] = json!(top);
        }
        said.to_string().into_bytes()
    }

    /// COSE_Key of the public point: EC2, ES256, P-256.
    fn public_key(&self) -> Vec<u8> {
        let point = self.pair.public_key().as_ref();
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21];
        key.extend(bytes(&point[1..33]));
        key.push(0x22);
        key.extend(bytes(&point[33..65]));
        key
    }
}

/// CBOR: a short text.
fn text(word: &str) -> Vec<u8> {
    let mut encoded = vec![0x60 | u8::try_from(word.len()).unwrap()];
    encoded.extend(word.as_bytes());
    encoded
}

/// CBOR: bytes.
fn bytes(content: &[u8]) -> Vec<u8> {
    let mut encoded = match u8::try_from(content.len()) {
        Ok(length) => vec![0x58, length],
        Err(_) => {
            let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
            vec![0x59, high, low]
        }
    };
    encoded.extend(content);
    encoded
}
