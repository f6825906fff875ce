/** What somebody says of an address, such as a Service that shows it, and since when. */
export interface Statement {
  readonly by: string;
  readonly what: string;
}

/** At most one of each, in the order in which they were first made. A plain list, since of most addresses there is one or none. */
export type Statements = readonly Statement[];

export const NO_STATEMENTS: Statements = [];

/** With this one, instead of what the same one said before. */
export function stated(list: Statements, by: string, what: string): Statements {
  const statement = { by, what };
  if (!isStatedBy(list, by)) return list.concat(statement);
  return list.map((one) => (one.by === by ? statement : one));
}

/** Without that of this one. */
export function withdrawn(list: Statements, by: string): Statements {
  if (!isStatedBy(list, by)) return list;
  return list.length === 1 ? NO_STATEMENTS : list.filter((one) => one.by !== by);
}

export function isStatedBy(list: Statements, by: string): boolean {
  return list.some((one) => one.by === by);
}
