"""Sign-in with Lanyard for a small app: run it with ISSUER, CLIENT_ID and CLIENT_SECRET set."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlparse

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

ISSUER, CLIENT_ID, CLIENT_SECRET = (os.environ[name] for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET"))
PORT = int(os.environ.get("PORT", "3000"))
HOME = f"http://localhost:{PORT}"
if ISSUER.startswith("http:"):
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # only for trying it out on your own machine

session = OAuth2Session(
    CLIENT_ID, CLIENT_SECRET, scope="openid profile email", redirect_uri=f"{HOME}/callback", code_challenge_method="S256"
)
found = session.get(f"{ISSUER}/.well-known/openid-configuration", withhold_token=True).json()
waiting = {}  # state → what the answer is checked against


def signed_in(back):
    answer = {name: values[0] for name, values in parse_qs(urlparse(back).query).items()}
    if "error" in answer:
        raise ValueError(answer.get("error_description", answer["error"]))
    if answer.get("state") not in waiting:
        raise ValueError("it was not begun here")
    state = answer["state"]
    verifier, nonce = waiting.pop(state)
    token = session.fetch_token(found["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state)
    keys = KeySet.import_key_set(session.get(found["jwks_uri"], withhold_token=True).json())
    read = jwt.decode(token["id_token"], keys, algorithms=["RS256", "ES256"])
    rules = {"iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": CLIENT_ID}}
    claims = CodeIDToken(read.claims, read.header, rules, {"nonce": nonce, "client_id": CLIENT_ID})
    claims.validate(leeway=30)
    # `sub` stands for this person in your app, for ever. Names and addresses change.
    return f"Hello {claims['name']} ({claims['sub']})"


class App(BaseHTTPRequestHandler):
    def do_GET(self):
        if urlparse(self.path).path == "/callback":
            try:
                status, text = 200, signed_in(HOME + self.path)
            except Exception as error:
                status, text = 400, f"Sign-in did not work: {error}"
            return self.say(status, text)
        if self.path != "/":
            return self.say(404, "Nothing is here")
        verifier, nonce = generate_token(48), generate_token()
        url, state = session.create_authorization_url(
            found["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
        waiting[state] = (verifier, nonce)
        self.send_response(302)
        self.send_header("Location", url)
        self.end_headers()

    def say(self, status, text):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())


server = HTTPServer(("127.0.0.1", PORT), App)
print(f"Open {HOME}", flush=True)
server.serve_forever()
