import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterAll } from "vitest";

/** An OpenID provider on loopback, which signs as a real one does, and at which the person to sign in is chosen by the test. */
export interface FakeOidc {
  url: string;
  clientId: string;
  clientSecret: string;
  /** The claims of whoever signs in next. */
  person: JWTPayload & { sub: string };
  /** What the next id-token says besides, or instead. */
  faults: { claims?: JWTPayload; wrongKey?: boolean; tokenEndpoint?: string };
  /** The paths that were asked. */
  asked: string[];
}

export async function fakeOidc(): Promise<FakeOidc> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const { privateKey: otherKey } = await generateKeyPair("RS256");
  const grants = new Map<string, { nonce: string; challenge: string; redirectUri: string }>();
  const provider: FakeOidc = {
    url: "",
    clientId: "loggia",
    clientSecret: "a secret of the client",
    person: { sub: "1", preferred_username: "ada" },
    faults: {},
    asked: [],
  };

  const token = async (body: URLSearchParams, authorization: string | undefined) => {
    const credentials = `${encodeURIComponent(provider.clientId)}:${encodeURIComponent(provider.clientSecret).replaceAll("%20", "+")}`;
    if (authorization !== `Basic ${Buffer.from(credentials).toString("base64")}`)
      return { status: 401, body: { error: "invalid_client" } };
    const grant = grants.get(body.get("code") ?? "");
    grants.delete(body.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(body.get("code_verifier") ?? "")
      .digest("base64url");
    if (grant?.challenge !== challenge || grant.redirectUri !== body.get("redirect_uri"))
      return { status: 400, body: { error: "invalid_grant" } };
    const idToken = await new SignJWT({
      ...provider.person,
      nonce: grant.nonce,
      iss: provider.url,
      aud: provider.clientId,
      exp: Math.floor(Date.now() / 1000) + 300,
      iat: Math.floor(Date.now() / 1000),
      ...provider.faults.claims,
    })
      .setProtectedHeader({ alg: "RS256", kid: "one" })
      .sign(provider.faults.wrongKey ? otherKey : privateKey);
    return { status: 200, body: { access_token: randomUUID(), token_type: "Bearer", id_token: idToken } };
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", provider.url);
    provider.asked.push(url.pathname);
    const json = (body: unknown, status = 200) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return json({
          issuer: provider.url,
          authorization_endpoint: `${provider.url}/authorize`,
          token_endpoint: provider.faults.tokenEndpoint ?? `${provider.url}/token`,
          jwks_uri: `${provider.url}/keys`,
          response_types_supported: ["code"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["RS256"],
          code_challenge_methods_supported: ["S256"],
        });
      case "/keys":
        return json({ keys: [{ ...(await exportJWK(publicKey)), kid: "one", alg: "RS256", use: "sig" }] });
      case "/authorize": {
        const { searchParams } = url;
        const code = randomUUID();
        const redirectUri = searchParams.get("redirect_uri") ?? "";
        grants.set(code, {
          nonce: searchParams.get("nonce") ?? "",
          challenge: searchParams.get("code_challenge") ?? "",
          redirectUri,
        });
        const back = new URL(redirectUri);
        back.searchParams.set("code", code);
        back.searchParams.set("state", searchParams.get("state") ?? "");
        return response.writeHead(302, { location: back.href }).end();
      }
      case "/token": {
        const { status, body } = await token(
          new URLSearchParams(await text(request)),
          request.headers.authorization,
        );
        return json(body, status);
      }
      default:
        return json({}, 404);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  provider.url = `http://127.0.0.1:${port}`;
  return provider;
}
