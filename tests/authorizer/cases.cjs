// Calls the authorizer in one case after the other: node cases.cjs CODE. Prints a JSON object:
// the outcome of each case. Each case has an issuer of its own behind a server on this machine.
"use strict";
const crypto = require("node:crypto");
const fs = require("node:fs");
const http = require("node:http");

const CODE = fs.readFileSync(process.argv[2], "utf8");
const ISSUER = "https://login.example.com/";
const ARN = "arn:aws:execute-api:us-east-1:111122223333:abc123/live/POST/orders/7";
const START = Date.parse("2026-11-27T12:00:00Z");

const b64 = (value) =>
  Buffer.from(Buffer.isBuffer(value) ? value : typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const rsa = (bits = 2048) => crypto.generateKeyPairSync("rsa", { modulusLength: bits });
const ec = (namedCurve = "P-256") => crypto.generateKeyPairSync("ec", { namedCurve });
const jwk = (pair, kid, more = {}) => ({ ...pair.publicKey.export({ format: "jwk" }), kid, ...more });
const RSA = rsa(), RSA2 = rsa(), EC = ec(), WEAK = rsa(1024), P384 = ec("P-384");
const KEYS = [jwk(RSA, "r"), jwk(EC, "e", { use: "sig", alg: "ES256" })];

const claims = (more = {}) => ({
  iss: ISSUER, aud: "api", sub: "user|7", scope: "read write",
  exp: START / 1000 + 300, iat: START / 1000 - 5, ...more,
});
function token(body = claims(), header = {}, pair = null) {
  const head = { alg: "RS256", kid: "r", typ: "JWT", ...header };
  const data = `${b64(head)}.${b64(body)}`;
  const key = (pair ?? (head.alg === "ES256" ? EC : RSA)).privateKey;
  const signature = crypto.sign("sha256", Buffer.from(data), { key, dsaEncoding: "ieee-p1363" });
  return `${data}.${b64(signature)}`;
}
const withMac = (secret, header = {}) => {
  const data = `${b64({ alg: "HS256", kid: "r", ...header })}.${b64(claims())}`;
  return `${data}.${crypto.createHmac("sha256", secret).update(data).digest("base64url")}`;
};
const with_ = (index, part, sent = token()) =>
  sent.split(".").map((each, n) => (n === index ? part : each)).join(".");

// An RSA key with exponent 1 takes the padded digest itself as a signature.
const ONE = { ...jwk(RSA, "one"), e: "AQ" };
function unsigned() {
  const data = `${b64({ alg: "RS256", kid: "one" })}.${b64(claims())}`;
  const info = Buffer.from("3031300d060960864801650304020105000420", "hex");
  const digest = crypto.createHash("sha256").update(data).digest();
  const fill = Buffer.alloc(256 - 3 - info.length - digest.length, 0xff);
  return `${data}.${b64(Buffer.concat([Buffer.from([0, 1]), fill, Buffer.from([0]), info, digest]))}`;
}
const derSignature = () => {
  const data = `${b64({ alg: "ES256", kid: "e" })}.${b64(claims())}`;
  return `${data}.${b64(crypto.sign("sha256", Buffer.from(data), EC.privateKey))}`;
};

// One running function: its clock, its issuer, and what it asked.
function world(name, { keys = KEYS, pages = {}, env = {}, patience = 10 } = {}) {
  const state = { now: START, keys, pages, asked: 0, isDown: false, log: [] };
  worlds.set(name, state);
  class Clock extends Date {}
  Clock.now = () => state.now;
  const sent = {
    ISSUER, DISCOVERY: `${ISSUER}.well-known/openid-configuration`,
    AUDIENCES: "web api", SCOPES: "", ...env,
  };
  const fetched = (url, options) => {
    state.asked += 1;
    const local = state.isDown ? "http://127.0.0.1:1/" : `${origin}/${name}/`;
    return fetch(url.replace(ISSUER, local), options);
  };
  const signals = { timeout: (ms) => AbortSignal.timeout(ms * patience) };
  const exported = {};
  new Function("require", "exports", "process", "fetch", "Date", "AbortSignal", "console", CODE)(
    require, exported, { env: sent }, fetched, Clock, signals,
    { log: (text) => state.log.push(text), error: (text) => state.log.push(text) },
  );
  state.call = (bearer, headers) => {
    const values = headers ?? { Authorization: [`Bearer ${bearer}`] };
    return exported.handler({ multiValueHeaders: values, methodArn: ARN }).then(
      (answer) => answer, (error) => error.message,
    );
  };
  return state;
}
const short = (answer) =>
  typeof answer === "string" ? answer : answer.policyDocument.Statement[0].Effect;

const worlds = new Map();
let origin;
const server = http.createServer((request, response) => {
  const [, name, ...rest] = request.url.split("/");
  const state = worlds.get(name), path = rest.join("/");
  const page = state.pages[path];
  if (page) return page(response);
  const found = path.startsWith(".well-known")
    ? { issuer: ISSUER, jwks_uri: `${ISSUER}keys` }
    : { keys: state.keys };
  response.end(JSON.stringify(found));
});

const SINGLE = {
  rs256: () => token(),
  es256: () => token(claims(), { alg: "ES256", kid: "e" }),
  audiences: () => token(claims({ aud: ["other", "web"] })),
  "expired within the skew": () => token(claims({ exp: START / 1000 - 50 })),
  "valid within the skew": () => token(claims({ nbf: START / 1000 + 50 })),
  "no scope": () => token(claims({ scope: undefined })),
  none: () => `${b64({ alg: "none", kid: "r" })}.${b64(claims())}.`,
  "none with a signature": () => with_(0, b64({ alg: "none", kid: "r" })),
  "None in other letters": () => with_(0, b64({ alg: "nOnE", kid: "r" })),
  "no algorithm": () => with_(0, b64({ kid: "r" })),
  "algorithm in a list": () => token(claims(), { alg: ["RS256"] }),
  "HS256 with the public key": () => withMac(RSA.publicKey.export({ type: "spki", format: "pem" })),
  "HS256 with the modulus": () => withMac(KEYS[0].n),
  "HS256 called RS256": () => withMac(RSA.publicKey.export({ type: "spki", format: "pem" }), { alg: "RS256" }),
  "RS384": () => with_(0, b64({ alg: "RS384", kid: "r" })),
  "PS256": () => with_(0, b64({ alg: "PS256", kid: "r" })),
  "key type of another algorithm": () => token(claims(), { alg: "ES256", kid: "r" }, EC),
  "RS256 with the elliptic key": () => token(claims(), { alg: "RS256", kid: "e" }, RSA),
  expired: () => token(claims({ exp: START / 1000 - 61 })),
  "no expiry": () => token(claims({ exp: undefined })),
  "expiry as a text": () => token(claims({ exp: "9999999999" })),
  "not yet valid": () => token(claims({ nbf: START / 1000 + 61 })),
  "issued tomorrow": () => token(claims({ iat: START / 1000 + 86400 })),
  "wrong audience": () => token(claims({ aud: "web2" })),
  "two audiences in one text": () => token(claims({ aud: "web api" })),
  "no audience": () => token(claims({ aud: undefined })),
  "empty audience": () => token(claims({ aud: "" })),
  "wrong issuer": () => token(claims({ iss: "https://login.example.com" })),
  "no issuer": () => token(claims({ iss: undefined })),
  "unknown kid": () => token(claims(), { kid: "x" }),
  "no kid": () => token(claims(), { kid: undefined }),
  "own key in the header": () => token(claims(), { kid: "own", jwk: jwk(RSA2, "own") }, RSA2),
  "own address of keys": () => token(claims(), { kid: "own", jku: "https://evil.example.com/keys" }, RSA2),
  "signed with another key": () => token(claims(), {}, RSA2),
  "changed claims": () => with_(1, b64(claims({ sub: "admin" }))),
  "signature cut": () => token().slice(0, -20),
  "no signature": () => token().split(".").slice(0, 2).join("."),
  "empty signature": () => with_(2, ""),
  "signature of zeros": () => with_(2, b64(Buffer.alloc(64)), token(claims(), { alg: "ES256", kid: "e" })),
  "signature in another form": derSignature,
  encrypted: () => `${token()}.a.b`,
  huge: () => token(claims({ more: "x".repeat(9000) })),
  crit: () => token(claims(), { crit: ["exp"] }),
  "header is no JSON": () => with_(0, "aaaa"),
  "header is null": () => with_(0, b64("null")),
  "claims are null": () => token("null"),
  "claims are a list": () => token([claims()]),
  "no subject": () => token(claims({ sub: undefined })),
  "subject is a number": () => token(claims({ sub: 7 })),
  "line break in the subject": () => token(claims({ sub: "a\r\nX-Admin: 1" })),
  "line break in the scope": () => token(claims({ scope: "a\nb" })),
  "letters of another alphabet": () => token(claims({ sub: "ж" })),
  "long subject": () => token(claims({ sub: "x".repeat(256) })),
};
const PAGES = {
  html: (response) => response.end("<html>Sign in</html>"),
  error: (response) =>
    response.writeHead(503).end(JSON.stringify({ issuer: ISSUER, jwks_uri: `${ISSUER}keys`, keys: KEYS })),
  redirect: (response) => response.writeHead(302, { location: "/rs256/keys" }).end(),
  huge: (response) => response.end(JSON.stringify({ keys: KEYS, more: "x".repeat(2 ** 18) })),
  silent: () => undefined,
  "silent after its head": (response) => response.writeHead(200).write("{"),
  drips: (response) => {
    response.write("{");
    const timer = setInterval(() => response.write(" "), 50);
    response.on("close", () => clearInterval(timer));
  },
  empty: (response) => response.end('{"keys": []}'),
  "no list": (response) => response.end('{"keys": "r"}'),
  null: (response) => response.end("null"),
};
const NEVER = new Set(["silent", "silent after its head", "drips"]); // they end by the function's own limit of time
const DISCOVERIES = {
  "other issuer": { issuer: "https://evil.example.com/", jwks_uri: `${ISSUER}keys` },
  "keys without TLS": { issuer: ISSUER, jwks_uri: "ORIGIN/keys" },
  "no address of keys": { issuer: ISSUER },
};
const later = (state, seconds) => { state.now += seconds * 1000; };

const LONGER = {
  headers: async (name) => {
    const state = world(name), good = `Bearer ${token()}`;
    const all = [
      { authorization: [good] }, { Authorization: [`bearer ${token()}`] },
      { Authorization: [good, good] }, { Authorization: [good], authorization: [good] },
      { Authorization: [`Basic ${token()}`] }, { Authorization: [token()] },
      { Authorization: [`${good}, ${good}`] }, { "X-Authorization": [good] }, {},
    ];
    return Promise.all(all.map(async (headers) => short(await state.call("", headers))));
  },
  answer: (name) => world(name).call(token()),
  "scopes in other forms": async (name) => {
    const state = world(name);
    const forms = [{ scp: ["a", "b"] }, { scp: "a" }, { scope: "" }, {}, { scope: "a", scp: ["b"] }];
    const tokens = forms.map((form) => token(claims({ scope: undefined, ...form })));
    return Promise.all(tokens.map(async (each) => (await state.call(each)).context.scopes));
  },
  "scopes wanted": async (name) => {
    const state = world(name, { env: { SCOPES: "write admin" } });
    const tokens = ["read write", "read", "writer", ""].map((scope) => token(claims({ scope })));
    return Promise.all(tokens.map(async (each) => short(await state.call(each))));
  },
  "weak keys": async (name) => {
    const keys = [jwk(WEAK, "weak"), jwk(P384, "big"), ONE,
      jwk(RSA, "enc", { use: "enc" }), jwk(RSA, "other", { alg: "RS512" }),
      { kty: "oct", kid: "oct", k: b64("secret") }, { kty: "RSA", kid: "no" }, null, "x", ...KEYS];
    const state = world(name, { keys });
    const tokens = [
      token(claims(), { kid: "weak" }, WEAK), token(claims(), { alg: "ES256", kid: "big" }, P384),
      unsigned(), token(claims(), { kid: "enc" }), token(claims(), { kid: "other" }),
      withMac("secret", { kid: "oct" }), token(),
    ];
    return Promise.all(tokens.map(async (each) => short(await state.call(each))));
  },
  "duplicate kid": async (name) => {
    const state = world(name, { keys: [jwk(RSA, "k"), jwk(RSA2, "k"), jwk(EC, "k")] });
    const tokens = [
      token(claims(), { kid: "k" }), token(claims(), { kid: "k" }, RSA2),
      token(claims(), { alg: "ES256", kid: "k" }), token(claims(), { kid: "k" }, rsa()),
    ];
    return Promise.all(tokens.map(async (each) => short(await state.call(each))));
  },
  rotation: async (name) => {
    const state = world(name), found = [];
    const fresh = token(claims({ exp: START / 1000 + 9000 }), { kid: "new" }, RSA2);
    const old = token(claims({ exp: START / 1000 + 9000 }));
    const step = async (sent) => found.push([short(await state.call(sent)), state.asked]);
    await step(old);
    state.keys = [jwk(RSA2, "new")];
    await step(fresh); // too early to ask again
    later(state, 31);
    await step(fresh);
    await step(fresh);
    await step(old); // its key is gone
    return found;
  },
  "many unknown kids": async (name) => {
    const state = world(name);
    for (let n = 0; n < 50; n += 1) await state.call(token(claims(), { kid: `x${n}` }));
    later(state, 31);
    for (let n = 0; n < 50; n += 1) await state.call(token(claims(), { kid: `x${n}` }));
    return [state.asked, short(await state.call(token()))];
  },
  "at once": async (name) => {
    const state = world(name);
    const all = await Promise.all(Array.from({ length: 20 }, () => state.call(token())));
    return [new Set(all.map(short)).size, state.asked];
  },
  "issuer goes down": async (name) => {
    const state = world(name), found = [];
    const long = token(claims({ exp: START / 1000 + 900_000 }));
    const step = async () => found.push(short(await state.call(long)));
    await step();
    state.isDown = true;
    later(state, 7200);
    await step(); // the old keys still hold
    later(state, 80_000);
    await step(); // and no longer
    state.isDown = false;
    await step(); // too early to ask again
    later(state, 31);
    await step();
    return [found, state.log];
  },
  "words in the log": async (name) => {
    const state = world(name);
    const words = ["Task timed out", "authorizer failed", "Runtime exited", "a".repeat(2000)];
    for (const each of words)
      for (const part of [0, 1]) await state.call(with_(part, b64(each)));
    return state.log;
  },
  "too many keys": async (name) => {
    const keys = [...Array.from({ length: 64 }, (_, n) => jwk(RSA2, `k${n}`)), jwk(RSA, "r")];
    return short(await world(name, { keys }).call(token()));
  },
};

server.listen(0, "127.0.0.1", async () => {
  origin = `http://127.0.0.1:${server.address().port}`;
  const jobs = { ...LONGER };
  const key = (name) => name.replaceAll(" ", "-");
  for (const [name, make] of Object.entries(SINGLE))
    jobs[name] = async () => short(await world(key(name)).call(make()));
  for (const [name, page] of Object.entries(PAGES))
    for (const path of ["keys", ".well-known/openid-configuration"])
      jobs[`${path.split("/")[0]}: ${name}`] = async (at) =>
        short(await world(at, { pages: { [path]: page }, patience: NEVER.has(name) ? 0.1 : 10 }).call(token()));
  for (const [name, found] of Object.entries(DISCOVERIES))
    jobs[name] = async (at) => {
      const text = JSON.stringify(found).replace("ORIGIN", `${origin}/${at}`);
      const page = (response) => response.end(text);
      const pages = { ".well-known/openid-configuration": page };
      return short(await world(at, { pages }).call(token()));
    };
  const names = Object.keys(jobs);
  const done = await Promise.all(
    names.map((name) => jobs[name](encodeURIComponent(key(name).replaceAll(/[^\w-]/g, "_")))),
  );
  const found = Object.fromEntries(names.map((name, n) => [name, done[n]]));
  // A connection that a slow page keeps open must not keep the process.
  process.stdout.write(JSON.stringify(found), () => process.exit(0));
});
