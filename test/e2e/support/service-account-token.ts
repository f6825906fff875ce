import { createPrivateKey, sign } from "node:crypto";
import type { Lab } from "../../lab/lab.ts";

/** A token of a service account as the API server issues it, for an hour. */
export async function serviceAccountToken(lab: Lab, namespace: string, name: string): Promise<string> {
  return (await lab.kubectl(["create", "token", name, "--namespace", namespace])).trim();
}

/** By how much the API server lets a token outlive its time, for clocks that differ. */
const LEEWAY_MS = 60_000;

/** The same token, except that it is refused `lifeMs` from now on: the API server issues none for less than ten minutes. */
export async function expiringAfter(lab: Lab, token: string, lifeMs: number): Promise<string> {
  const { stdout: key } = await lab.exec("control-plane", ["cat", "/run/lab/pki/service-accounts.key"]);
  const [header = "", payload = ""] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
  const exp = Math.ceil((Date.now() + lifeMs - LEEWAY_MS) / 1000);
  const unsigned = `${header}.${Buffer.from(JSON.stringify({ ...claims, exp })).toString("base64url")}`;
  // RFC 7518 3.4: ES256 signs with the two numbers side by side, not as DER.
  const signature = sign("sha256", Buffer.from(unsigned), {
    key: createPrivateKey(key),
    dsaEncoding: "ieee-p1363",
  });
  return `${unsigned}.${signature.toString("base64url")}`;
}
