// node-oidc-provider (npm) with everything in memory, to compare with: the same clients and signatures, and codes on request.
import Provider from "oidc-provider";
import { exportJWK, generateKeyPair } from "jose";

// Its advice would be written to whoever has stopped reading after the first line.
console.info = console.warn = () => {};

// Its own in-memory store forgets all but the last thousand things, which a load outruns at once. This one forgets nothing.
const kept = new Map();
const grants = new Map();
class Memory {
  constructor(model) {
    this.model = model;
  }
  key(id) {
    return `${this.model}:${id}`;
  }
  async upsert(id, payload) {
    kept.set(this.key(id), payload);
    if (payload.grantId) {
      const all = grants.get(payload.grantId) ?? [];
      all.push(this.key(id));
      grants.set(payload.grantId, all);
    }
  }
  async find(id) {
    return kept.get(this.key(id));
  }
  async consume(id) {
    kept.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    kept.delete(this.key(id));
  }
  async revokeByGrantId(grantId) {
    for (const key of grants.get(grantId) ?? []) kept.delete(key);
    grants.delete(grantId);
  }
}

const [port, secret, challenge] = process.argv.slice(2);
const redirect = "https://app.example/callback";
const { privateKey } = await generateKeyPair("ES256", { extractable: true });
const common = { client_secret: secret, redirect_uris: [redirect], id_token_signed_response_alg: "ES256" };
const provider = new Provider(`http://127.0.0.1:${port}`, {
  adapter: Memory,
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
