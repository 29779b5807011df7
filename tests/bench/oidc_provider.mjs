// node-oidc-provider (npm) with its own in-memory store, to compare with: the same clients and signatures, and codes on request.
import Provider from "oidc-provider";
import { exportJWK, generateKeyPair } from "jose";

// Its advice would be written to whoever has stopped reading after the first line.
console.info = console.warn = () => {};

const [port, secret, challenge] = process.argv.slice(2);
const redirect = "https://app.example/callback";
const { privateKey } = await generateKeyPair("ES256", { extractable: true });
const common = { client_secret: secret, redirect_uris: [redirect], id_token_signed_response_alg: "ES256" };
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    { ...common, client_id: "svc", grant_types: ["client_credentials"], response_types: [], redirect_uris: [] },
    { ...common, client_id: "app", grant_types: ["authorization_code", "refresh_token"] },
  ],
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: "ES256", use: "sig", kid: "bench" }] },
  scopes: ["openid", "profile", "email", "offline_access", "service:bench"],
  claims: { openid: ["sub"], profile: ["name"], email: ["email"] },
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    devInteractions: { enabled: false },
  },
  rotateRefreshToken: true,
  findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, name: "Ada Vale", email: "ada@example.com" }) }),
});

// A code as a person who has agreed would come back with.
async function code() {
  const client = await provider.Client.find("app");
  const scope = "openid profile email offline_access";
  const grant = new provider.Grant({ accountId: "ada", clientId: "app" });
  grant.addOIDCScope(scope);
  const code = new provider.AuthorizationCode({
    accountId: "ada",
    client,
    grantId: await grant.save(),
    redirectUri: redirect,
    scope,
    gty: "authorization_code",
    authTime: Math.floor(Date.now() / 1000),
    codeChallenge: challenge,
    codeChallengeMethod: "S256",
  });
  return code.save();
}

provider.use(async (context, next) => {
  if (context.path !== "/codes") return next();
  const codes = [];
  for (let left = Number(context.query.count); left > 0; left -= 1) codes.push(await code());
  context.body = codes.join(" ");
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
