import { services } from "@fairlead/api/core/service.ts";
import { virtualIPs } from "@fairlead/api/resources.ts";
import { ApiError } from "@fairlead/kube/transport.ts";
import { expect } from "chai";
import { Harness } from "../testing/harness.ts";

const IP = "192.0.2.100";
const A = "web/a";
const B = "web/b";
const C = "web/c";

// To a write that names the UID of what is gone, the API server answers that this is in conflict.
for (const status of [404, 409])
  describe(`a record that somebody deletes, which a write finds out by ${status} before the watch says so`, () => {
    let harness: Harness;
    beforeEach(async () => {
      harness = Harness.withNodes();
      harness.api.refuse = ({ method, resource, name }) =>
        method === "PUT" && resource === "virtualips" && harness.virtualIP(name) === undefined
          ? new ApiError({ status })
          : undefined;
      harness.addPool("lan", [IP]);
      await harness.start();
    });
    afterEach(() => harness.stop());

    const sharing = (port: number) => ({
      annotations: { "fairlead.dev/allow-shared-ip": "k" },
      spec: { ports: [{ port }], selector: { app: "web" } },
    });

    /** Loses the record while the watches are late, and lets them catch up. */
    const lose = async (): Promise<void> => {
      harness.api.live = false;
      harness.api.remove(virtualIPs, IP);
      await harness.settle(5000);
      harness.api.deliver();
      harness.api.live = true;
      await harness.settle(60_000);
    };

    /** Two Services hold the address together. */
    const shared = async (): Promise<void> => {
      harness.addService(A, sharing(80));
      harness.addService(B, sharing(81));
      await harness.settle();
    };

    it("while one of its Services leaves it, is made again for the others, and nobody else gets the address", async () => {
      await shared();
      harness.addService(C);
      await harness.settle();
      expect(harness.condition(C)).to.equal("False PoolExhausted");
      harness.api.remove(services, A);
      await lose();
      expect(harness.virtualIP(IP)?.spec.services).to.deep.equal([B]);
      expect(harness.addresses(B)).to.deep.equal([IP]);
      expect(harness.addresses(C)).to.deep.equal([]);
    });

    it("while a Service joins it, is made again for all of them", async () => {
      await shared();
      harness.addPool("lan", ["192.0.2.99-192.0.2.101"]);
      await harness.settle();
      harness.addService(C, sharing(82));
      await lose();
      expect(harness.virtualIP(IP)?.spec.services).to.have.members([A, B, C]);
      for (const key of [A, B, C]) expect(harness.addresses(key)).to.deep.equal([IP]);
    });

    it("while the terms of sharing change, is made again for the one that has the address", async () => {
      harness.addService(A, sharing(80));
      await harness.settle();
      harness.addPool("lan", ["192.0.2.99-192.0.2.101"]);
      await harness.settle();
      harness.api.edit(services, A, (one) => ({ ...one, spec: { ...one.spec, ports: [{ port: 8080 }] } }));
      await lose();
      expect(harness.addresses(A)).to.deep.equal([IP]);
      expect(harness.names()).to.deep.equal([IP]);
    });
  });
