import { services } from "@fairlead/api/core/service.ts";
import { virtualIPs } from "@fairlead/api/resources.ts";
import { expect } from "chai";
import { ApiClient } from "./client.ts";
import type { ApiRequest } from "./transport.ts";

describe("ApiClient", () => {
  let requests: ApiRequest[];
  let answers: unknown[];
  let client: ApiClient;

  beforeEach(() => {
    requests = [];
    answers = [];
    const request = async <T>(request: ApiRequest): Promise<T> => {
      requests.push(request);
      return (answers.shift() ?? {}) as T;
    };
    const stream = (): Promise<void> => Promise.reject(new Error("no watches here"));
    client = new ApiClient({ transport: { request, stream }, fieldManager: "me" });
  });

  it("reads one object", async () => {
    answers.push({ metadata: { name: "web" } });
    const object = await client.get(services, { namespace: "shop", name: "web" });
    expect(object.metadata.name).to.equal("web");
    expect(requests[0]).to.deep.equal({ method: "GET", path: "/api/v1/namespaces/shop/services/web" });
  });

  it("reads a list to its last page", async () => {
    answers.push({ metadata: { continue: "x" }, items: [1] }, { metadata: {}, items: [2] });
    expect(await client.list(services, { labelSelector: "a=b" })).to.deep.equal([1, 2]);
    expect(requests.map(({ path }) => path)).to.deep.equal([
      "/api/v1/services?limit=500&labelSelector=a%3Db",
      "/api/v1/services?limit=500&continue=x&labelSelector=a%3Db",
    ]);
  });

  it("applies the given fields of an object, or of its status", async () => {
    const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
    await client.apply(
      services,
      { metadata: { namespace: "shop", name: "web" }, status },
      { subresource: "status", force: true },
    );
    await client.apply(virtualIPs, { metadata: { name: "v" } }, { fieldManager: "other" });
    const contentType = "application/apply-patch+yaml";
    expect(requests).to.deep.equal([
      {
        method: "PATCH",
        path: "/api/v1/namespaces/shop/services/web/status?fieldManager=me&force=true",
        contentType,
        body: { apiVersion: "v1", kind: "Service", metadata: { namespace: "shop", name: "web" }, status },
        refuse: undefined,
      },
      {
        method: "PATCH",
        path: "/apis/fairlead.dev/v1beta1/virtualips/v?fieldManager=other",
        contentType,
        body: { apiVersion: "fairlead.dev/v1beta1", kind: "VirtualIP", metadata: { name: "v" } },
        refuse: undefined,
      },
    ]);
  });

  it("sends no empty status, which the API server would make null of and refuse", async () => {
    const options = { subresource: "status", force: true } as const;
    await client.apply(virtualIPs, { metadata: { name: "v" }, status: {} }, options);
    expect(requests.map(({ body }) => body)).to.deep.equal([
      { apiVersion: "fairlead.dev/v1beta1", kind: "VirtualIP", metadata: { name: "v" } },
    ]);
  });

  it("creates, replaces and deletes", async () => {
    const service = { metadata: { namespace: "shop", name: "web", resourceVersion: "5" }, spec: {} };
    await client.create(services, service);
    await client.update(services, service);
    await client.delete(services, service.metadata, { uid: "u" });
    expect(requests.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([
      "POST /api/v1/namespaces/shop/services?fieldManager=me",
      "PUT /api/v1/namespaces/shop/services/web?fieldManager=me",
      "DELETE /api/v1/namespaces/shop/services/web",
    ]);
    expect(requests[2]?.body).to.deep.include({ kind: "DeleteOptions", preconditions: { uid: "u" } });
  });

  it("hands the question whether it may still write to writes only", async () => {
    const refuse = (): string => "not the leader";
    const guarded = client.with({ refuseWrites: refuse, urgent: true, deadlineMs: 1_000 });
    await guarded.get(virtualIPs, { name: "v" });
    await guarded.update(virtualIPs, { metadata: { name: "v" } } as never);
    expect(requests[0]).to.not.have.property("refuse");
    expect(requests[1]).to.include({ refuse, urgent: true, deadlineMs: 1_000 });
  });

  it("does not take a namespaced object for a cluster-scoped one, or the reverse", () => {
    expect(() => client.get(services, { name: "web" })).to.throw(TypeError, "a Service needs a namespace");
    expect(() => client.get(virtualIPs, { namespace: "shop", name: "v" })).to.throw(
      TypeError,
      "has no namespace",
    );
    expect(() => client.get(virtualIPs, { name: "" })).to.throw(TypeError, "without a name");
  });
});
