// Runs inside a client's network namespace: asks once, or at a fixed pace until its input ends, and prints one
// attempt a line. Input ends when whoever started it goes away, so it never outlives a test.
import { createSocket } from "node:dgram";
import { Agent, request } from "node:http";
import { connect, isIPv6 } from "node:net";
import type { Answered, AskOptions, Attempt, Question } from "./attempt.ts";

/** The agent's one argument, as JSON. */
export interface AgentOrder {
  readonly question: Question;
  readonly options: AskOptions;
  /** Asks again this often, whatever became of earlier questions. */
  readonly everyMs?: number;
}

type Answer = Omit<Answered, "startedAtMs" | "elapsedMs" | "ok">;

const oneConnection = new Agent({ keepAlive: true, maxSockets: 1 });

function askHttp(
  question: Question & { kind: "http" },
  options: AskOptions,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      question.url,
      {
        agent: options.oneConnection === true ? oneConnection : false,
        method: question.method ?? "GET",
        headers: question.headers ?? {},
        signal,
        ...(options.sourceAddress === undefined ? {} : { localAddress: options.sourceAddress }),
      },
      (response) => {
        const { localAddress = "", localPort = 0 } = response.socket;
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => {
          body += text;
        });
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(
              Object.entries(response.headers).map(([key, value]) => [key, String(value)]),
            ),
            body,
            localAddress,
            localPort,
          }),
        );
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}

function askUdp(
  question: Question & { kind: "udp" },
  options: AskOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const socket = createSocket({ type: isIPv6(question.address) ? "udp6" : "udp4", signal });
  return new Promise<Answer>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    socket.on("error", reject);
    socket.on("message", (message) => {
      const { address, port } = socket.address();
      resolve({ status: 0, headers: {}, body: message.toString(), localAddress: address, localPort: port });
      if (!signal.aborted) socket.close();
    });
    socket.bind(
      { port: 0, ...(options.sourceAddress === undefined ? {} : { address: options.sourceAddress }) },
      () => {
        // A connected socket is told of ICMP errors.
        socket.connect(question.port, question.address, () => socket.send(question.text ?? "hello"));
      },
    );
  });
}

function askTcp(
  question: Question & { kind: "tcp" },
  options: AskOptions,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: question.address,
      port: question.port,
      ...(options.sourceAddress === undefined ? {} : { localAddress: options.sourceAddress }),
    });
    signal.addEventListener("abort", () => socket.destroy(signal.reason as Error), { once: true });
    socket.on("error", reject);
    socket.on("connect", () => {
      const { localAddress = "", localPort = 0 } = socket;
      resolve({ status: 0, headers: {}, body: "", localAddress, localPort });
      socket.destroy();
    });
  });
}

function send(question: Question, options: AskOptions, signal: AbortSignal): Promise<Answer> {
  switch (question.kind) {
    case "http":
      return askHttp(question, options, signal);
    case "udp":
      return askUdp(question, options, signal);
    case "tcp":
      return askTcp(question, options, signal);
  }
}

async function ask({ question, options }: AgentOrder): Promise<Attempt> {
  const startedAtMs = performance.timeOrigin + performance.now();
  const startMs = performance.now();
  const timing = (): { startedAtMs: number; elapsedMs: number } => ({
    startedAtMs,
    elapsedMs: performance.now() - startMs,
  });
  const expiry = new AbortController();
  const { signal: timeout } = expiry;
  // An answer that came while this program waited for a core is taken first.
  const timer = setTimeout(
    () => setImmediate(() => expiry.abort(new Error("timeout"))),
    options.timeoutMs ?? 2000,
  );
  try {
    const answer = await send(question, options, timeout);
    return { ok: true, ...timing(), ...answer };
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);
    return { ok: false, ...timing(), reason: timeout.aborted ? "timeout" : code };
  } finally {
    clearTimeout(timer);
  }
}

function print(attempt: Attempt): void {
  process.stdout.write(`${JSON.stringify(attempt)}\n`);
}

const order = JSON.parse(process.argv[2] ?? "") as AgentOrder;
const asking = new Set<Promise<void>>();

function start(): void {
  const one: Promise<void> = ask(order).then((attempt) => {
    asking.delete(one);
    print(attempt);
  });
  asking.add(one);
}

start();
if (order.everyMs !== undefined) {
  const timer = setInterval(start, order.everyMs);
  process.stdin.on("end", () => clearInterval(timer));
  process.stdin.resume();
}
