// openid-client (npm) against Lanyard: everything that a school app does with it, as its own documentation shows.
import * as oidc from "openid-client";
import dns from "node:dns";
import http from "node:http";
import https from "node:https";
import readline from "node:readline";

const asked = JSON.parse(process.argv[2]);
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what) => console.log(JSON.stringify(what));
const heard = async () => (await lines.next()).value;

// What does not go to the provider's usual address goes straight, by TLS with the client's certificate.
const straight = (url, { method, headers, body }) =>
  new Promise((resolve, reject) => {
    const here = (_, options, answer) => dns.lookup("127.0.0.1", options, answer);
    const sent = { method, headers: Object.fromEntries(new Headers(headers)), lookup: here, ...asked.mutual };
    const { request: send } = String(url).startsWith("https:") ? https : http;
    const request = send(url, sent, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => {
        const body = answer.statusCode === 204 ? null : Buffer.concat(parts);
        resolve(new Response(body, { status: answer.statusCode, headers: answer.headers }));
      });
    });
    request.on("error", reject).end(body ? String(body) : undefined);
  });

// All other requests go by way of somebody who may change the answers.
const through = (url, options) =>
  String(url).startsWith(asked.issuer)
    ? fetch(String(url).replace(asked.issuer, asked.between), options)
    : straight(url, options);

// Registers itself with the token of a maker of apps, and goes on as what it was registered as.
async function registered() {
  const wish = {
    client_name: "Registered by itself",
    redirect_uris: [asked.redirect],
    post_logout_redirect_uris: [asked.after],
    grant_types: ["authorization_code", "refresh_token"],
    id_token_signed_response_alg: asked.alg,
  };
  const options = {
    initialAccessToken: asked.registration,
    execute: [oidc.allowInsecureRequests],
    [oidc.customFetch]: through,
  };
  const config = await oidc.dynamicClientRegistration(new URL(asked.issuer), wish, undefined, options);
  oidc.enableNonRepudiationChecks(config);
  return { config };
}

async function configured() {
  if (asked.registration) return registered();
  const metadata = { id_token_signed_response_alg: asked.alg };
  let authentication = oidc.ClientSecretBasic(asked.secret);
  let handle;
  if (asked.mutual) {
    metadata.use_mtls_endpoint_aliases = true;
    authentication = oidc.TlsClientAuth();
  }
  if (asked.strong) {
    const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const jwk = await crypto.subtle.exportKey("jwk", keys.publicKey);
    say({ jwks: { keys: [{ kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }] } });
    await heard();
    authentication = oidc.PrivateKeyJwt(keys.privateKey);
  }
  const options = { execute: [oidc.allowInsecureRequests], [oidc.customFetch]: through };
  const config = await oidc.discovery(new URL(asked.issuer), asked.client, metadata, authentication, options);
  oidc.enableNonRepudiationChecks(config);
  if (asked.strong) {
    oidc.useJwtResponseMode(config);
    handle = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair("ES256"));
  }
  return { config, dpop: handle ? { DPoP: handle } : undefined };
}

try {
  const { config, dpop } = await configured();
  if (asked.ciba) {
    const begun = await oidc.initiateBackchannelAuthentication(config, {
      scope: "openid profile",
      login_hint: asked.ciba,
      binding_message: "K4-88",
    });
    say({ asks: "K4-88" });
    const tokens = await oidc.pollBackchannelAuthenticationGrant(config, { ...begun, interval: 1 });
    say({ done: { name: tokens.claims().name } });
    process.exit(0);
  }
  if (asked.device) {
    const begun = await oidc.initiateDeviceAuthorization(config, { scope: "openid profile" });
    say({ open: begun.verification_uri_complete, code: begun.user_code });
    const tokens = await oidc.pollDeviceAuthorizationGrant(config, { ...begun, interval: 1 });
    say({ done: { name: tokens.claims().name } });
    process.exit(0);
  }
  if (asked.site) {
    const verifier = oidc.randomPKCECodeVerifier();
    const key = { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair("ES256")) };
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: asked.redirect,
      scope: "openid",
      resource: asked.site,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    say({ open: url.href });
    const checks = { pkceCodeVerifier: verifier, idTokenExpected: true };
    const tokens = await oidc.authorizationCodeGrant(config, new URL(await heard()), checks, undefined, key);
    const address = new URL(`${asked.site}/api/lesson`);
    const lesson = await oidc.fetchProtectedResource(config, tokens.access_token, address, "GET", undefined, undefined, key);
    say({ done: { status: lesson.status, body: await lesson.text() } });
    process.exit(0);
  }
  const verifier = oidc.randomPKCECodeVerifier();
  const [nonce, state] = [oidc.randomNonce(), oidc.randomState()];
  const parameters = {
    redirect_uri: asked.redirect,
    scope: "openid profile email offline_access",
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    nonce,
    state,
  };
  const url = asked.strong
    ? await oidc.buildAuthorizationUrlWithPAR(config, parameters, dpop)
    : oidc.buildAuthorizationUrl(config, parameters);
  say({ open: url.href });
  const checks = { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state, idTokenExpected: true };
  const tokens = await oidc.authorizationCodeGrant(config, new URL(await heard()), checks, undefined, dpop);
  const claims = tokens.claims();
  const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub, dpop);
  const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, dpop);
  const live = await oidc.tokenIntrospection(config, refreshed.access_token);
  await oidc.tokenRevocation(config, refreshed.refresh_token);
  const gone = await oidc.tokenIntrospection(config, refreshed.access_token);
  const logout = oidc.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: asked.after,
    state: "bye",
  });
  say({ done: { name: userinfo.name, type: tokens.token_type, live: live.active, gone: gone.active, logout: logout.href } });
} catch (error) {
  say({ failed: `${error.code ?? error.name}: ${error.cause?.message ?? error.message}` });
}
process.exit(0);
