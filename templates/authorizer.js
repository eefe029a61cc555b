const { createPublicKey, verify } = require("crypto");
const { DISCOVERY, ISSUER, AUDIENCES, SCOPES } = process.env;
const SKEW = 60, FRESH = 36e5, STALE = 864e5, PAUSE = 30e3;
const DOWN = "authorizer failed to get keys";
let keys = [], loaded = -Infinity, asked = -Infinity, loading;

const refuse = (why) => { throw Error(why); };

async function json(url, signal) {
  if (!/^https:/.test(url)) refuse(`not https: ${url}`);
  const answer = await fetch(url, { redirect: "error", signal });
  if (!answer.ok) refuse(`${answer.status}: ${url}`);
  let text = "";
  for await (const part of answer.body.pipeThrough(new TextDecoderStream()))
    if ((text += part).length > 2 ** 18) refuse(`large: ${url}`);
  return JSON.parse(text);
}

function usable(jwk) {
  try {
    const key = createPublicKey({ key: jwk, format: "jwk" });
    const { modulusLength, publicExponent, namedCurve } = key.asymmetricKeyDetails;
    const strong = modulusLength >= 2048 && publicExponent > 2n;
    const alg = strong ? "RS256" : namedCurve === "prime256v1" && "ES256";
    const { kid, use = "sig" } = jwk;
    return alg === (jwk.alg ?? alg) && alg && use === "sig" ? [{ kid, alg, key }] : [];
  } catch {
    return [];
  }
}

async function load(signal) {
  const { issuer, jwks_uri } = await json(DISCOVERY, signal);
  if (issuer !== ISSUER) refuse(`issuer: ${issuer}`);
  const found = (await json(jwks_uri, signal)).keys.slice(0, 64).flatMap(usable);
  if (!found.length) refuse(`no key: ${jwks_uri}`);
  keys = found;
  loaded = Date.now();
}

async function matching({ alg, kid }) {
  const match = () => keys.filter((each) => each.alg === alg && each.kid === kid);
  const now = Date.now();
  if ((now - loaded > FRESH || !match().length) && now - asked > PAUSE) {
    asked = now;
    const signal = AbortSignal.timeout(4000);
    const late = new Promise((_, stop) => (signal.onabort = () => stop(signal.reason)));
    loading = Promise.race([load(signal), late])
      .catch(({ message }) => console.log(`${DOWN}: ${message}`));
  }
  await loading;
  if (Date.now() - loaded > STALE) refuse(DOWN);
  return match();
}

async function verified(token) {
  const [head, body, end] = token.split(".");
  const [header, claims] = [head, body].map((part) => JSON.parse(Buffer.from(part, "base64url")));
  if ("crit" in header) refuse("crit");
  const data = Buffer.from(`${head}.${body}`), bytes = Buffer.from(end, "base64url");
  const signs = ({ key }) => verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, bytes);
  if (!(await matching(header)).some(signs)) refuse("signature");
  return claims;
}

async function decide({ multiValueHeaders, methodArn }) {
  const sent = Object.entries(multiValueHeaders)
    .flatMap(([name, values]) => (/^authorization$/i.test(name) ? values : []));
  const token = /^bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(sent)?.[1];
  if (!token || token.length > 8192) refuse("no token");
  const { iss, aud, exp, nbf = 0, iat = 0, sub, scope, scp = "" } = await verified(token);
  const now = Date.now() / 1000;
  if (iss !== ISSUER) refuse("issuer");
  if (!AUDIENCES.split(" ").some((each) => [aud].flat().includes(each))) refuse("audience");
  if (![exp, nbf, iat].every(Number.isFinite)) refuse("times");
  if (exp + SKEW <= now) refuse("expired");
  if (Math.max(nbf, iat) - SKEW >= now) refuse("early");
  const scopes = [scope ?? scp].flat().join(" ");
  if (typeof sub !== "string" || !/^[!-~]{1,255}\n[ -~]{0,2048}$/.test(`${sub}\n${scopes}`))
    refuse("subject");
  const may = !SCOPES || SCOPES.split(" ").some((each) => scopes.split(" ").includes(each));
  const Effect = may ? "Allow" : "Deny", Resource = methodArn.split("/", 2).join("/") + "/*";
  const Statement = [{ Action: "execute-api:Invoke", Effect, Resource }];
  const policyDocument = { Version: "2012-10-17", Statement };
  return { principalId: sub, policyDocument, context: { subject: sub, scopes: scopes || "none" } };
}

exports.handler = (event) =>
  decide(event).catch(({ message }) => {
    console.log(message);
    refuse(message === DOWN ? DOWN : "Unauthorized");
  });
