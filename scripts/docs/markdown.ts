/** What of a page can be checked: its headings, its links, and the shell commands and names that it shows as code. */

export interface Found {
  /** Beginning with 1. */
  readonly line: number;
  readonly text: string;
}

export interface Page {
  /** The names by which links reach its headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
  /** Targets of links, as they are written. */
  readonly links: readonly Found[];
  /** Commands of its `sh` blocks, those over several lines as one, without their comments. */
  readonly shell: readonly Found[];
  /** Inline code. */
  readonly code: readonly Found[];
}

const LINK = /\]\(([^)\s]+)\)/g;
const INLINE = /`([^`]+)`/g;
const COMMENT = /(^|\s)#\s.*$/;

export function readPage(markdown: string): Page {
  const anchors = new Map<string, number>();
  const links: Found[] = [];
  const shell: Found[] = [];
  const code: Found[] = [];
  let block: string | undefined;
  let begun: Found | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const line = index + 1;
    const fence = /^\s*```(\w*)/.exec(text);
    if (fence !== null) {
      block = block === undefined ? (fence[1] ?? '') : undefined;
      begun = undefined;
    } else if (block === undefined) {
      const heading = /^#+ (.*)$/.exec(text)?.[1];
      if (heading !== undefined) {
        const anchor = anchorOf(heading);
        const before = anchors.get(anchor) ?? 0;
        anchors.set(anchor, before + 1);
        if (before > 0) anchors.set(`${anchor}-${before}`, 1);
      }
      links.push(...[...text.matchAll(LINK)].map((match) => ({ line, text: match[1] ?? '' })));
      code.push(...[...text.matchAll(INLINE)].map((match) => ({ line, text: match[1] ?? '' })));
    } else if (block === 'sh') {
      const whole = `${begun?.text ?? ''}${text.replace(COMMENT, '')}`;
      const command = { line: begun?.line ?? line, text: whole };
      begun = whole.endsWith('\\') ? { ...command, text: whole.slice(0, -1) } : undefined;
      if (begun === undefined && whole.trim() !== '') shell.push(command);
    }
  }
  return { anchors: new Set(anchors.keys()), links, shell, code };
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number} _-]/gu, '')
    .replaceAll(' ', '-');
}
