import { request } from "node:http";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import { errorText } from "@fairlead/runtime/log.ts";

/** Why kube-proxy does not count as healthy. */
export interface ProxyFault {
  /** `Status`: it answered, and not with 200; `NoAnswer`: not in time, not at all, or no HTTP. */
  readonly kind: "Status" | "NoAnswer";
  /** A clause that follows the URL: "answered 503". */
  readonly text: string;
}

/** What is read of a head, in bytes; kube-proxy sends a few hundred. */
const MOST_HEAD = 8192;

/** Turns it off, as nothing at all does; of a variable that is empty nobody takes note. */
const OFF = "off";

/** Reads the option `--proxy-health-url`: undefined if nobody is to be asked, or a sentence that says what is wrong with it. */
export function readProxyHealthUrl(text: string): Result<URL | undefined, string> {
  if (text === "" || text === OFF) return ok(undefined);
  const cure = `write a URL that begins with http://, without user and password, or ${OFF} if nobody is to be asked`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return err(`--proxy-health-url is no URL; ${cure}`);
  const { protocol, username, password } = url;
  if (protocol !== "http:") return err(`--proxy-health-url begins with ${protocol}; ${cure}`);
  if (username !== "" || password !== "") return err(`--proxy-health-url names a user; ${cure}`);
  return ok(url);
}

/**
 * Asks what kube-proxy says of itself, once, on a connection of its own. 200 is well; everything else, a redirect too, is not. Never rejects.
 *
 * @param signal ends the waiting; its reason is told
 * @returns undefined when it is well
 */
export function askProxy(url: URL, signal: AbortSignal): Promise<ProxyFault | undefined> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => {
      const cause = signal.aborted && signal.reason instanceof Error ? signal.reason : error;
      resolve({ kind: "NoAnswer", text: `gave no answer: ${errorText(cause)}` });
    };
    const options = { agent: false, signal, maxHeaderSize: MOST_HEAD, headers: { connection: "close" } };
    request(url, options, (response) => {
      const { statusCode: status = 0 } = response;
      resolve(status === 200 ? undefined : { kind: "Status", text: `answered ${status}` });
      // The body says nothing more; whoever sends one without end keeps no connection.
      response.on("error", () => {}).destroy();
    })
      .on("error", failed)
      .end();
  });
}
