/**
 * Characters that are drawn as shapes instead of text, so that lines meet and charts look the same whatever font the
 * reader has: box drawing, blocks, braille, and the few symbols that the client uses.
 */

export interface Cell {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The SVG of `character` in `color`, filling `cell`; undefined for what is text. */
export function shapeOf(character: string, cell: Cell, color: string): string | undefined {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x2800 && code <= 0x28ff) return braille(code - 0x2800, cell, color);
  if (code >= 0x2581 && code <= 0x2588) return block((code - 0x2580) / 8, cell, color);
  const line = LINES[character];
  if (line !== undefined) return stroke(line(cell), color, 1.1);
  const symbol = SYMBOLS[character];
  return symbol?.(cell, color);
}

/** Dots 1 to 8 of a braille cell, as column and row. */
const DOTS = [
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 0],
  [1, 1],
  [1, 2],
  [0, 3],
  [1, 3],
] as const;

function braille(bits: number, { x, y, width, height }: Cell, color: string): string {
  return DOTS.filter((_, dot) => (bits & (1 << dot)) !== 0)
    .map(([column, row]) => {
      const cx = x + width * (0.25 + 0.5 * column);
      const cy = y + height * (0.125 + 0.25 * row);
      return `<circle cx="${n(cx)}" cy="${n(cy)}" r="1.35" fill="${color}"/>`;
    })
    .join('');
}

function block(part: number, { x, y, width, height }: Cell, color: string): string {
  const tall = height * 0.86 * part;
  return `<rect x="${n(x + 0.6)}" y="${n(y + height * 0.93 - tall)}" width="${n(width - 1.2)}" height="${n(tall)}" fill="${color}"/>`;
}

function stroke(path: string, color: string, width: number): string {
  return `<path d="${path}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
}

const middle = ({ x, y, width, height }: Cell): readonly [number, number] => [x + width / 2, y + height / 2];

const corner =
  (horizontal: 1 | -1, vertical: 1 | -1) =>
  (cell: Cell): string => {
    const [mx, my] = middle(cell);
    const endX = mx + (horizontal * cell.width) / 2;
    const endY = my + (vertical * cell.height) / 2;
    const radius = cell.width / 2;
    return `M${n(endX)} ${n(my)}Q${n(mx)} ${n(my)} ${n(mx)} ${n(my + vertical * radius)}L${n(mx)} ${n(endY)}`;
  };

const LINES: Readonly<Record<string, (cell: Cell) => string>> = {
  '─': (cell) => `M${n(cell.x)} ${n(middle(cell)[1])}h${n(cell.width)}`,
  '│': (cell) => `M${n(middle(cell)[0])} ${n(cell.y)}v${n(cell.height)}`,
  '╭': corner(1, 1),
  '╮': corner(-1, 1),
  '╰': corner(1, -1),
  '╯': corner(-1, -1),
};

const SYMBOLS: Readonly<Record<string, (cell: Cell, color: string) => string>> = {
  '●': (cell, color) => {
    const [mx, my] = middle(cell);
    return `<circle cx="${n(mx)}" cy="${n(my)}" r="3.3" fill="${color}"/>`;
  },
  '○': (cell, color) => {
    const [mx, my] = middle(cell);
    return `<circle cx="${n(mx)}" cy="${n(my)}" r="2.9" fill="none" stroke="${color}" stroke-width="1.1"/>`;
  },
  '◇': (cell, color) => {
    const [mx, my] = middle(cell);
    return stroke(`M${n(mx)} ${n(my - 3.6)}l3.4 3.6l-3.4 3.6l-3.4 -3.6Z`, color, 1.1);
  },
  '▲': (cell, color) => triangle(cell, color, -1),
  '▼': (cell, color) => triangle(cell, color, 1),
  '·': (cell, color) => {
    const [mx, my] = middle(cell);
    return `<circle cx="${n(mx)}" cy="${n(my)}" r="1" fill="${color}"/>`;
  },
  '✓': (cell, color) => {
    const [mx, my] = middle(cell);
    return stroke(`M${n(mx - 3.2)} ${n(my + 0.4)}l2.3 2.9l4.2 -6.4`, color, 1.4);
  },
  '›': (cell, color) => {
    const [mx, my] = middle(cell);
    return stroke(`M${n(mx - 1.4)} ${n(my - 3.6)}l3.2 3.6l-3.2 3.6`, color, 1.5);
  },
};

function triangle(cell: Cell, color: string, down: 1 | -1): string {
  const [mx, my] = middle(cell);
  const half = 3.4;
  return `<path d="M${n(mx - half)} ${n(my - 2.6 * down)}h${n(2 * half)}L${n(mx)} ${n(my + 3 * down)}Z" fill="${color}"/>`;
}

/** Short enough for a file that people diff. */
export function n(value: number): string {
  return String(Math.round(value * 100) / 100);
}
