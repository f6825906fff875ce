import { ApiError, type ApiRequest, type ApiTransport } from "@fairlead/kube/transport.ts";
import { expect } from "chai";
import { readObjects } from "./read-cluster.ts";

/** Answers lists from pages by path, without query; a number is the status of a refusal. */
class PagedApi implements ApiTransport {
  readonly asked: string[] = [];
  readonly #answers: Readonly<Record<string, readonly (readonly string[])[] | number>>;

  constructor(answers: Readonly<Record<string, readonly (readonly string[])[] | number>>) {
    this.#answers = answers;
  }

  async request<T>({ path }: ApiRequest): Promise<T> {
    this.asked.push(path);
    const url = new URL(path, "http://api");
    const answer = this.#answers[url.pathname] ?? [[]];
    if (typeof answer === "number")
      throw new ApiError({ status: answer, message: 'User "ada" cannot list resource' });
    const page = Number(url.searchParams.get("continue") ?? 0);
    const items = (answer[page] ?? []).map((name) => ({ metadata: { name } }));
    return { items, metadata: page + 1 < answer.length ? { continue: String(page + 1) } : {} } as T;
  }

  async stream(): Promise<void> {
    throw new Error("nothing is watched");
  }
}

const CRDS = "/apis/fairlead.dev/v1beta1";

describe("the cluster that is planned for", () => {
  it("is read kind by kind, page by page", async () => {
    const api = new PagedApi({
      "/api/v1/services": [["a", "b"], ["c"]],
      [`${CRDS}/ipaddresspools`]: [["lan"]],
    });
    const read = await readObjects(api);
    expect(read.ok && read.value.services.map(({ metadata }) => metadata.name)).to.deep.equal([
      "a",
      "b",
      "c",
    ]);
    expect(read.ok && read.value.pools).to.have.length(1);
    expect(api.asked).to.have.length(7);
    expect(api.asked.every((path) => path.includes("limit=500"))).to.equal(true);
  });

  it("tells which kind cannot be read, and what to do", async () => {
    expect(await readObjects(new PagedApi({ [`${CRDS}/virtualips`]: 404 }))).to.deep.equal({
      ok: false,
      error:
        "cannot list virtualips.fairlead.dev: the API server does not know this kind; install its CustomResourceDefinition",
    });
    expect(await readObjects(new PagedApi({ "/api/v1/nodes": 403 }))).to.deep.equal({
      ok: false,
      error: "cannot list nodes: forbidden; give ada this right by RBAC",
    });
  });
});
