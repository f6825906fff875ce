import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP relay on loopback between a client and the API server, where connections can be reset and refused. */
export class CuttableLine {
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #server;
  #refusing = false;

  private constructor(host: string, port: number) {
    this.#server = createServer((near) => {
      if (this.#refusing) {
        near.resetAndDestroy();
        return;
      }
      const far = connect(port, host);
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      for (const [one, other] of [pair, [far, near] as const]) {
        one.pipe(other);
        one.on("error", () => other.destroy());
        one.once("close", () => {
          other.destroy();
          this.#pairs.delete(pair);
        });
      }
    });
  }

  /** @param url of the API server */
  static async to(url: string): Promise<CuttableLine> {
    const { hostname, port } = new URL(url);
    const line = new CuttableLine(hostname, Number(port));
    await new Promise<void>((resolve) => line.#server.listen(0, "127.0.0.1", resolve));
    return line;
  }

  /** Where to reach the API server by this line. */
  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resets every connection; new ones are made. */
  reset(): void {
    for (const [near, far] of [...this.#pairs]) {
      near.resetAndDestroy();
      far.destroy();
    }
  }

  /** Resets every connection, and each new one until {@link mend}. */
  cut(): void {
    this.#refusing = true;
    this.reset();
  }

  mend(): void {
    this.#refusing = false;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cut();
    await closed;
  }
}
