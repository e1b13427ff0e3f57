/**
 * The part of YAML that our own files are written in: block mappings, block and one-line sequences, quoted and plain
 * scalars, comments on lines of their own. Everything else is refused, so that it cannot be read wrongly.
 */

export type Yaml = string | number | boolean | null | readonly Yaml[] | { readonly [key: string]: Yaml };

interface Line {
  readonly number: number;
  readonly indent: number;
  readonly text: string;
}

/** @throws Error that names the first line that is not of this part. */
export function readPlainYaml(source: string): Yaml {
  const lines = source.split('\n').flatMap((raw, index): Line[] => {
    const text = raw.trim();
    if (text === '' || text.startsWith('#')) return [];
    return [{ number: index + 1, indent: raw.length - raw.trimStart().length, text }];
  });
  const { value, rest } = block(lines);
  if (rest[0] !== undefined) throw new Error(`line ${rest[0].number}: not indented as what is before it`);
  return value;
}

function block(lines: readonly Line[]): { value: Yaml; rest: readonly Line[] } {
  const [first] = lines;
  if (first === undefined) return { value: null, rest: [] };
  return first.text.startsWith('- ') ? sequence(lines, first.indent) : mapping(lines, first.indent);
}

function sequence(lines: readonly Line[], indent: number): { value: Yaml; rest: readonly Line[] } {
  const entries: Yaml[] = [];
  let rest = lines;
  for (let [line] = rest; line?.indent === indent && line.text.startsWith('- '); [line] = rest) {
    const text = line.text.slice(2).trim();
    if (!isMappingEntry(text)) {
      entries.push(scalar(text, line.number));
      rest = rest.slice(1);
      continue;
    }
    const inner = mapping([{ ...line, indent: indent + 2, text }, ...rest.slice(1)], indent + 2);
    entries.push(inner.value);
    rest = inner.rest;
  }
  return { value: entries, rest };
}

function mapping(lines: readonly Line[], indent: number): { value: Yaml; rest: readonly Line[] } {
  const entries = new Map<string, Yaml>();
  let rest = lines;
  for (let [line] = rest; line?.indent === indent; [line] = rest) {
    const match = /^([\w.-]+):(?: +(.*))?$/.exec(line.text);
    const key = match?.[1];
    if (key === undefined || entries.has(key)) throw new Error(`line ${line.number}: no new key: ${line.text}`);
    rest = rest.slice(1);
    if (match?.[2] !== undefined) entries.set(key, scalar(match[2], line.number));
    else if ((rest[0]?.indent ?? 0) > indent) {
      const inner = block(rest);
      entries.set(key, inner.value);
      rest = inner.rest;
    } else entries.set(key, null);
  }
  return { value: Object.fromEntries(entries), rest };
}

function isMappingEntry(text: string): boolean {
  return /^[\w.-]+:( |$)/.test(text);
}

function scalar(text: string, number: number): Yaml {
  if (text.startsWith('[')) {
    if (!text.endsWith(']')) throw new Error(`line ${number}: a sequence that is not on one line`);
    const entries = text.slice(1, -1).match(/"(?:[^"\\]|\\.)*"|[^",[\]{}]+/g) ?? [];
    return entries.map((entry) => entry.trim()).flatMap((entry) => (entry === '' ? [] : [scalar(entry, number)]));
  }
  if (text.startsWith('"')) return String(JSON.parse(text));
  if (/^[&*!|>{'%@`]|: | #/.test(text)) throw new Error(`line ${number}: more than a plain scalar: ${text}`);
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+$/.test(text) ? Number(text) : text;
}
