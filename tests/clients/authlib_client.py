"""Authlib (PyPI) against Lanyard: sign-in, userinfo, refresh, introspection, revocation, sign-out."""

import json
import os
import sys

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

asked = json.loads(sys.argv[1])


def say(what):
    print(json.dumps(what), flush=True)


class Session(OAuth2Session):
    """All requests go by way of somebody who may change the answers."""

    def request(self, method, url, **options):
        return super().request(method, url.replace(asked["issuer"], asked["between"]), **options)


def run():
    session = Session(
        asked["client"],
        asked["secret"],
        scope="openid profile email offline_access",
        redirect_uri=asked["redirect"],
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_post",
    )
    found = session.get(asked["issuer"] + "/.well-known/openid-configuration", withhold_token=True).json()
    verifier, nonce = generate_token(48), generate_token()
    url, state = session.create_authorization_url(found["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
    say({"open": url})
    back = sys.stdin.readline().strip()
    token = session.fetch_token(found["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state)
    keys = KeySet.import_key_set(session.get(found["jwks_uri"], withhold_token=True).json())
    read = jwt.decode(token["id_token"], keys, algorithms=[asked["alg"]])
    rules = {"iss": {"essential": True, "value": asked["issuer"]}, "aud": {"essential": True, "value": asked["client"]}}
    claims = CodeIDToken(read.claims, read.header, rules, {"nonce": nonce, "client_id": asked["client"]})
    claims.validate(leeway=30)
    userinfo = session.get(found["userinfo_endpoint"]).json()
    assert userinfo["sub"] == claims["sub"], userinfo
    fresh = session.refresh_token(found["token_endpoint"], refresh_token=token["refresh_token"])
    ask = lambda: session.introspect_token(found["introspection_endpoint"], token=fresh["access_token"]).json()
    live = ask()["active"]
    session.revoke_token(found["revocation_endpoint"], token=fresh["refresh_token"])
    logout = f"{found['end_session_endpoint']}?id_token_hint={token['id_token']}&post_logout_redirect_uri={asked['after']}&state=bye"
    say({"done": {"name": userinfo["name"], "type": token["token_type"], "live": live, "gone": ask()["active"], "logout": logout}})


try:
    run()
except Exception as error:
    say({"failed": f"{type(error).__name__}: {error}"})
