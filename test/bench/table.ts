/** One row of a table: what was measured, and its figures as text. */
export type Row = readonly string[];

/** A table as aligned text under its title; the first row holds the column heads. */
export function tableText(title: string, rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
  return [`\n${title}`, ...lines.map((line) => `  ${line}`)].join("\n");
}
