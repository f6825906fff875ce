import { type Agent, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";
import { KEEP_ALIVE_MS } from "./agents.ts";
import { LineSplitter } from "./line-splitter.ts";
import { RequestRefused, TransportError } from "./transport.ts";

/** One HTTP request as it goes out. */
export interface Outgoing {
  readonly secure: boolean;
  /** Name or address, an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  readonly agent: Agent;
  /** Aborting closes the connection, at whatever point the exchange is. */
  readonly signal: AbortSignal;
  readonly onConnect: () => void;
  /** Asked when the connection is open, immediately before the first byte leaves; a text refuses the request. */
  readonly refuse: (() => string | undefined) | undefined;
}

/** The connection had been idle and was found closed when the request went out; the server never saw it. */
export class StaleConnection extends Error {
  override readonly name = "StaleConnection";
}

/**
 * Sends the request and resolves with the head of the answer. Its body must be read or destroyed. Rejects with
 * {@link RequestRefused}, what the signal says, or why there is no answer.
 */
export function send(outgoing: Outgoing): Promise<IncomingMessage> {
  const { secure, host, port, method, path, headers, body, agent, signal, refuse } = outgoing;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const make = secure ? requestHttps : requestHttp;
    const length = body === undefined ? {} : { "content-length": String(body.length) };
    const request = make({ host, port, method, path, agent, headers: { ...headers, ...length } });
    const abort = (): void => {
      request.destroy(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    };
    signal.addEventListener("abort", abort, { once: true });
    request.once("close", () => signal.removeEventListener("abort", abort));
    request.once("socket", (socket) => {
      if (!request.reusedSocket) outgoing.onConnect();
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      // A process may be stopped for long between its decision and the end of a handshake.
      whenOpen(socket, () => {
        const refusal = refuse?.();
        if (refusal !== undefined) request.destroy(new RequestRefused(refusal));
        else if (!request.destroyed) request.end(body);
      });
    });
    request.once("response", resolve);
    request.on("error", (error: NodeJS.ErrnoException) => {
      const stale = request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
      reject(stale ? new StaleConnection("an idle connection had been closed", { cause: error }) : error);
    });
  });
}

/** Calls `ready` as soon as what is written to the connection leaves at once. */
function whenOpen(socket: Socket, ready: () => void): void {
  const inHandshake = "secureConnecting" in socket && socket.secureConnecting === true;
  if (inHandshake) socket.once("secureConnect", ready);
  else if (socket.connecting) socket.once("connect", ready);
  else ready();
}

/** The whole body as text. @throws TransportError `too-large` or `cut` */
export function readText(response: IncomingMessage, mostBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > mostBytes) {
        response.destroy(new TransportError("too-large", `the answer is larger than ${mostBytes} bytes`));
      }
    });
    onEnd(response, reject, () => resolve(Buffer.concat(chunks).toString("utf8")));
  });
}

/** Calls `onLine` for each line. @throws TransportError `too-large` or `cut`, or what `onLine` throws */
export function readLines(
  response: IncomingMessage,
  mostChars: number,
  onLine: (line: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const decoder = new StringDecoder("utf8");
    const splitter = new LineSplitter(mostChars, onLine);
    const guarded = (step: () => void): void => {
      try {
        step();
      } catch (error) {
        const tooLarge = error instanceof RangeError;
        const reason = tooLarge ? new TransportError("too-large", error.message) : error;
        reject(reason);
        response.destroy();
      }
    };
    response.on("data", (chunk: Buffer) => guarded(() => splitter.push(decoder.write(chunk))));
    onEnd(response, reject, () => {
      guarded(() => {
        splitter.push(decoder.end());
        splitter.end();
      });
      resolve();
    });
  });
}

function onEnd(response: IncomingMessage, reject: (error: unknown) => void, done: () => void): void {
  response.once("error", reject);
  response.once("end", () => {
    if (response.complete) done();
    else reject(new TransportError("cut", "the answer was cut off"));
  });
  response.once("close", () => {
    if (!response.readableEnded) reject(new TransportError("cut", "the connection was closed"));
  });
}
