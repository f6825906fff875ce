type Json = Record<string, unknown>;

interface Entry {
  readonly field: string;
  readonly id: string | undefined;
  readonly value: unknown;
}

/** Lists that are merged by these keys; everything else is owned as a whole. */
const MERGED: Readonly<Record<string, readonly string[]>> = {
  conditions: ["type"],
  announcers: ["node", "interface"],
};

/** Who owns which part of one object's status: server-side apply with `force`, as far as our kinds need it. */
export class Applied {
  readonly #owned = new Map<string, Set<string>>();

  /** The status after a manager has applied its own: what it owned alone and does not state any more goes. */
  apply(manager: string, present: Json, stated: Json): Json {
    const before = new Map(entriesOf(present).map((entry) => [idOf(entry), entry]));
    const wanted = entriesOf(stated);
    const wantedIds = new Set(wanted.map(idOf));
    for (const id of this.#owned.get(manager) ?? []) {
      const shared = [...this.#owned].some(([other, ids]) => other !== manager && ids.has(id));
      if (!wantedIds.has(id) && !shared) before.delete(id);
    }
    for (const entry of wanted) {
      const id = idOf(entry);
      const changed = JSON.stringify(before.get(id)?.value) !== JSON.stringify(entry.value);
      before.set(id, entry);
      if (!changed) continue;
      for (const [other, ids] of this.#owned) {
        if (other !== manager) ids.delete(id);
      }
    }
    this.#owned.set(manager, wantedIds);
    return statusOf([...before.values()]);
  }
}

function entriesOf(status: Json): Entry[] {
  return Object.entries(status).flatMap(([field, value]): Entry[] => {
    const keys = MERGED[field];
    if (keys === undefined || !Array.isArray(value)) return [{ field, id: undefined, value }];
    return value.map((item: Json) => ({
      field,
      id: keys.map((key) => String(item[key])).join("/"),
      value: item,
    }));
  });
}

function idOf({ field, id }: Entry): string {
  return id === undefined ? field : `${field}:${id}`;
}

function statusOf(entries: readonly Entry[]): Json {
  const status: Json = {};
  for (const { field, id, value } of entries) {
    if (id === undefined) status[field] = value;
    else status[field] = [...((status[field] as unknown[] | undefined) ?? []), value];
  }
  return status;
}
