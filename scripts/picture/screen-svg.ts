/** A terminal's screen, cell by cell, as an SVG picture of a window. */
import type xterm from '@xterm/headless';
import { type Cell, n, shapeOf } from './cell-shapes.ts';

type Terminal = InstanceType<typeof xterm.Terminal>;
type BufferCell = NonNullable<ReturnType<NonNullable<ReturnType<Terminal['buffer']['active']['getLine']>>['getCell']>>;

export interface PictureOptions {
  /** In the bar above. */
  readonly title: string;
  /** What the picture shows, for who cannot see it. */
  readonly description: string;
  readonly cursor: boolean;
}

const CELL = { width: 8.4, height: 18 };
const FONT_SIZE = 14;
const PADDING = 14;
const BAR = 34;
const BACKGROUND = '#11131a';
const BAR_BACKGROUND = '#1b1e28';
const FOREGROUND = '#d5dae6';
const FONTS =
  "ui-monospace, SFMono-Regular, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace";
const ANSI = [
  ['#1c1f2b', '#e0566f', '#3fa66a', '#d29922', '#4c9df3', '#af87d7', '#5fafaf', '#d5dae6'],
  ['#6c7086', '#f07a8f', '#5fc48a', '#e5b84a', '#74b5ff', '#c7a3ec', '#7fd0d0', '#ffffff'],
].flat();

/** The visible screen of `terminal`. */
export function screenSvg(terminal: Terminal, options: PictureOptions): string {
  const { cols, rows } = terminal;
  const width = cols * CELL.width + 2 * PADDING;
  const height = rows * CELL.height + BAR + 2 * PADDING;
  const content: string[] = [];
  for (let row = 0; row < rows; row += 1) content.push(...rowSvg(terminal, row));
  if (options.cursor) content.push(cursorSvg(terminal));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${n(width)} ${n(height)}" width="${n(width)}" height="${n(height)}" role="img" aria-label="${escaped(options.description)}">`,
    `<title>${escaped(options.description)}</title>`,
    `<rect width="${n(width)}" height="${n(height)}" rx="10" fill="${BACKGROUND}"/>`,
    `<path d="M0 ${BAR}V10Q0 0 10 0H${n(width - 10)}Q${n(width)} 0 ${n(width)} 10V${BAR}Z" fill="${BAR_BACKGROUND}"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (color, index) => `<circle cx="${20 + index * 20}" cy="17" r="6" fill="${color}"/>`,
    ),
    `<text x="${n(width / 2)}" y="21.5" text-anchor="middle" font-family="${FONTS}" font-size="12.5" fill="#8b90a3">${escaped(options.title)}</text>`,
    `<g font-family="${FONTS}" font-size="${FONT_SIZE}">`,
    ...content,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

interface Look {
  readonly color: string;
  readonly background: string | undefined;
  readonly bold: boolean;
}

function rowSvg(terminal: Terminal, row: number): string[] {
  const line = terminal.buffer.active.getLine(terminal.buffer.active.viewportY + row);
  const parts: string[] = [];
  let run: { text: string; column: number; columns: number; look: Look } | undefined;
  const endRun = (): void => {
    if (run !== undefined) parts.push(textSvg(run.text, cellAt(run.column, row, run.columns), run.look));
    run = undefined;
  };
  for (let column = 0; column < terminal.cols; column += 1) {
    const cell = line?.getCell(column);
    const characters = cell?.getChars() ?? '';
    if (cell === undefined || characters === '') {
      if (cell?.getWidth() !== 0) endRun();
      continue;
    }
    const columns = cell.getWidth();
    const look = lookOf(cell);
    if (look.background !== undefined) {
      const { x, y, width, height } = cellAt(column, row, columns);
      parts.push(`<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" fill="${look.background}"/>`);
    }
    const shape = shapeOf(characters, cellAt(column, row, columns), look.color);
    if (shape !== undefined || characters === ' ') {
      endRun();
      if (shape !== undefined) parts.push(shape);
    } else if (run !== undefined && run.look.color === look.color && run.look.bold === look.bold) {
      run = { ...run, text: run.text + characters, columns: run.columns + columns };
    } else {
      endRun();
      run = { text: characters, column, columns, look };
    }
  }
  endRun();
  return parts;
}

function cellAt(column: number, row: number, columns: number): Cell {
  const x = PADDING + column * CELL.width;
  return { x, y: BAR + PADDING + row * CELL.height, width: columns * CELL.width, height: CELL.height };
}

/** A word; its length is fixed, so that no font moves what stands after it. */
function textSvg(text: string, { x, y, width }: Cell, { color, bold }: Look): string {
  const weight = bold ? ' font-weight="700"' : '';
  return `<text x="${n(x)}" y="${n(y + 13.4)}" textLength="${n(width)}" lengthAdjust="spacingAndGlyphs" fill="${color}"${weight}>${escaped(text)}</text>`;
}

function cursorSvg(terminal: Terminal): string {
  const { cursorX, cursorY } = terminal.buffer.active;
  const { x, y, height } = cellAt(cursorX, cursorY, 1);
  return `<rect x="${n(x)}" y="${n(y + 1)}" width="2" height="${n(height - 2)}" fill="${FOREGROUND}"/>`;
}

function lookOf(cell: BufferCell): Look {
  const foreground = colorOf(cell.isFgRGB() === true, cell.isFgPalette() === true, cell.getFgColor()) ?? FOREGROUND;
  const background = colorOf(cell.isBgRGB() === true, cell.isBgPalette() === true, cell.getBgColor());
  const isInverse = cell.isInverse() !== 0;
  const color = isInverse ? (background ?? BACKGROUND) : foreground;
  return {
    color: cell.isDim() !== 0 ? mixed(color, BACKGROUND, 0.45) : color,
    background: isInverse ? foreground : background,
    bold: cell.isBold() !== 0,
  };
}

function colorOf(isRgb: boolean, isPalette: boolean, value: number): string | undefined {
  if (isRgb) return hex([value >> 16, (value >> 8) & 0xff, value & 0xff]);
  if (!isPalette) return undefined;
  if (value < 16) return ANSI[value];
  if (value >= 232) return hex(new Array<number>(3).fill(8 + (value - 232) * 10));
  const level = (part: number): number => (part === 0 ? 0 : 55 + part * 40);
  const index = value - 16;
  return hex([Math.floor(index / 36), Math.floor(index / 6) % 6, index % 6].map(level));
}

function mixed(color: string, other: string, share: number): string {
  const channels = (text: string): number[] => [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16));
  const others = channels(other);
  return hex(channels(color).map((channel, index) => Math.round(channel * (1 - share) + (others[index] ?? 0) * share)));
}

function hex(channels: readonly number[]): string {
  return `#${channels.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
