import type { Secret } from "@fairlead/api/core/secret.ts";
import { type TakeoverKey, type TakeoverKeys, takeoverKeyFields } from "@fairlead/api/takeover-keys.ts";
import { RecordingLog } from "@fairlead/kube/testing/recording-log.ts";
import { expect } from "chai";
import { key } from "../testing/values.ts";
import { KeyFeed } from "./key-feed.ts";

function secret(current: TakeoverKey, next?: TakeoverKey): Secret {
  const data = { ...takeoverKeyFields("current", current), ...(next && takeoverKeyFields("next", next)) };
  return { apiVersion: "v1", kind: "Secret", metadata: { name: "fairlead-takeover" }, data };
}

function make(known?: TakeoverKeys) {
  const log = new RecordingLog();
  const sent: string[] = [];
  const feed = new KeyFeed({ log, ...(known && { known }), send: (keys) => sent.push(words(keys)) });
  return { log, feed, sent };
}

function words(keys: TakeoverKeys | undefined): string {
  return keys === undefined ? "none" : `${keys.signing.id} of ${keys.accepted.map(({ id }) => id).join()}`;
}

describe("KeyFeed", () => {
  it("hands over the keys of the Secret, and each change of them", () => {
    const { feed, sent, log } = make();
    expect(words(feed.keys)).to.equal("none");
    feed.set(secret(key(1)));
    feed.set(secret(key(1), key(2)));
    expect(sent).to.deep.equal(["1 of 1", "1 of 1,2"]);
    expect(words(feed.keys)).to.equal("1 of 1,2");
    expect(log.complaints).to.deep.equal([]);
  });

  it("keeps the keys when the Secret is gone, and tells so once", () => {
    const { feed, sent, log } = make();
    feed.set(secret(key(1)));
    feed.set(undefined);
    feed.set(undefined);
    expect(words(feed.keys)).to.equal("1 of 1");
    expect(sent).to.deep.equal(["1 of 1"]);
    expect(log.complaints).to.deep.equal(["takeover keys not usable"]);
    expect(log.lines.at(-1)?.fields).to.deep.equal({ error: "the Secret is gone", goingOnWith: ["1"] });
    feed.set(secret(key(2)));
    feed.set(undefined);
    expect(sent).to.deep.equal(["1 of 1", "2 of 2"]);
    expect(log.complaints, "it was there between").to.have.length(2);
  });

  it("keeps the keys when the Secret says none, and tells each new problem", () => {
    const { feed, sent, log } = make({ signing: key(9), accepted: [key(9)] });
    const { data: _, ...empty } = secret(key(1));
    feed.set(empty);
    feed.set({ ...empty, data: null });
    feed.set({ ...empty, data: { current: "AAAA", currentId: "MQ==" } });
    expect(sent).to.deep.equal([]);
    expect(words(feed.keys)).to.equal("9 of 9");
    expect(log.lines.map(({ fields }) => fields.error)).to.deep.equal([
      "current is missing",
      "current is not 32 bytes",
    ]);
  });

  it("begins with what the last process knew, which is handed over by others", () => {
    const { feed, sent } = make({ signing: key(9), accepted: [key(9)] });
    expect([words(feed.keys), sent]).to.deep.equal(["9 of 9", []]);
  });

  it("writes no part of a key to the log", () => {
    const { feed, log } = make();
    feed.set(secret(key(1, 0xab), key(2, 0xcd)));
    feed.set(undefined);
    const text = JSON.stringify(log.lines);
    for (const part of ["abab", "q6ur", "cdcd", "zc3N", "171", "205"]) expect(text).to.not.contain(part);
  });
});
