import { readWebAnswer } from "../../lab/attempt.ts";
import type { Lab } from "../../lab/lab.ts";

/** So many connections to three pods that chance does not lead them all to one. */
const MANY = 20;
const EVERY_MS = 20;

/** The pods that a client comes to who opens many connections to port 80 of an address, one after the other. */
export async function podsReached(lab: Lab, client: string, address: string): Promise<ReadonlySet<string>> {
  const question = { kind: "http", url: url(address, 80) } as const;
  const probing = await lab.probe(client, question, { everyMs: EVERY_MS });
  try {
    await lab.waitFor(`${MANY} pages through ${address} on ${client}`, (see) => {
      see(probing.attempts.at(-1));
      return probing.attempts.filter(({ ok }) => ok).length >= MANY;
    });
  } finally {
    await probing.stop();
  }
  return new Set(probing.attempts.flatMap((one) => (one.ok ? [readWebAnswer(one.body).pod] : [])));
}

/** Waits until the pods that a client comes to are as wanted, and returns them. */
export function podsOnce(
  lab: Lab,
  client: string,
  address: string,
  wanted: (pods: ReadonlySet<string>) => boolean,
): Promise<ReadonlySet<string>> {
  return lab.waitFor(`${client} comes to the wanted pods through ${address}`, async (see) => {
    const pods = await podsReached(lab, client, address);
    see([...pods]);
    return wanted(pods) && pods;
  });
}

/** Waits for a page from a port of an address, and returns the pod that it came from. */
export function podAt(lab: Lab, client: string, address: string, port: number): Promise<string> {
  return lab.waitFor(`a page from port ${port} of ${address} on ${client}`, async (see) => {
    const attempt = await lab.fetch(client, url(address, port));
    see(attempt);
    return attempt.ok && attempt.status === 200 && readWebAnswer(attempt.body).pod;
  });
}

/** An HTTP response. */
export interface Response {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Gets "/" of a host name that the client's resolver has this address for, and waits for the status. */
export function getByName(
  lab: Lab,
  client: string,
  { host, address, status }: { readonly host: string; readonly address: string; readonly status: number },
): Promise<Response> {
  const resolved = address.includes(":") ? `[${address}]` : address;
  const resolve = ["--resolve", `${host}:80:${resolved}`];
  const argv = ["curl", "-s", "-i", "-m", "3", "--noproxy", "*", ...resolve, `http://${host}/`];
  return lab.waitFor(`${status} from ${host} at ${address} on ${client}`, async (see) => {
    const { code, stdout } = await lab.exec(client, argv, { accept: [0, 7, 28, 52, 56] });
    see({ code, stdout });
    const response = readResponse(stdout);
    return response.status === status && response;
  });
}

function readResponse(text: string): Response {
  const end = text.indexOf("\r\n\r\n");
  const [line = "", ...fields] = text.slice(0, Math.max(0, end)).split("\r\n");
  const headers = fields.map((field): [string, string] => {
    const colon = field.indexOf(":");
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  });
  return { status: Number(line.split(" ")[1]), headers: new Map(headers), body: text.slice(end + 4) };
}

function url(address: string, port: number): string {
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}/`;
}
