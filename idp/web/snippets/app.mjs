// Sign-in with Lanyard for a small app: run it with ISSUER, CLIENT_ID and CLIENT_SECRET set.
import { createServer } from "node:http";
import * as oidc from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT = "3000" } = process.env;
const home = `http://localhost:${PORT}`;
// Only for trying it out on your own machine: a real issuer begins with https.
const options = ISSUER.startsWith("http:") ? { execute: [oidc.allowInsecureRequests] } : {};
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, undefined, options);
const waiting = new Map(); // state → what the answer is checked against

createServer(async (request, response) => {
  const url = new URL(request.url, home);
  const say = (status, text) => response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(text);
  if (url.pathname === "/callback") {
    try {
      const checks = waiting.get(url.searchParams.get("state"));
      waiting.delete(url.searchParams.get("state"));
      if (!checks) throw new Error("it was not begun here");
      const tokens = await oidc.authorizationCodeGrant(config, url, { ...checks, idTokenExpected: true });
      const { sub, name } = tokens.claims();
      // `sub` stands for this person in your app, for ever. Names and addresses change.
      say(200, `Hello ${name} (${sub})`);
    } catch (error) {
      say(400, `Sign-in did not work: ${error.error_description ?? error.message}`);
    }
    return;
  }
  if (url.pathname !== "/") return say(404, "Nothing is here");
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [oidc.randomState(), oidc.randomNonce()];
  waiting.set(expectedState, { pkceCodeVerifier, expectedState, expectedNonce });
  const location = oidc.buildAuthorizationUrl(config, {
    redirect_uri: `${home}/callback`,
    scope: "openid profile email",
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
  });
  response.writeHead(302, { location: location.href }).end();
}).listen(Number(PORT), "127.0.0.1", () => console.log(`Open ${home}`));
