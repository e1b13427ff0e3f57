/** Prices: a table, a grid of short cells, or one line, each row as wide as asked and no symbol shown twice. */
import type { LinkState } from '@rtd/client';
import type { Market, Quote } from '../state/market.ts';
import { CHART_LEAST_ROWS, chartRows } from './chart-rows.ts';
import type { Drawing } from './drawing.ts';
import { formatAge, formatPercent, formatPrice, formatPriceShort } from './number-format.ts';
import { barSparkline, inRuns } from './sparkline.ts';
import { fitRow, percentTone, type Row, rowColumns, type Span, span } from './style.ts';
import { columnsOf, fitLeft, fitRight } from './text-layout.ts';

export interface PricesQuery {
  readonly market: Market;
  readonly link: LinkState;
  readonly now: number;
  readonly drawing: Drawing;
  readonly columns: number;
  readonly height: number;
  /** Its row says so. */
  readonly charted?: string | undefined;
}

/** A price says how old it is when nothing at all came for so long, */
const STALLED_MILLIS = 15_000;
/** when it alone did not come for so long, */
const QUIET_MILLIS = 120_000;
/** and nearly at once where the link is down. */
const CUT_MILLIS = 2_000;
/** How long the arrow of a changed price is coloured. */
const FLASH_MILLIS = 1_000;
const TICKER_PAGE_MILLIS = 5_000;
const MOST_CHART_ROWS = 24;
/** A bar of a sparkline is the mean of so many samples. */
const SAMPLES_A_BAR = 5;

/** A row a symbol: name, price, change since the open, sparkline or age. */
export function priceTable(query: PricesQuery): readonly Row[] {
  const { columns, height, market } = query;
  const quotes = [...market.values()];
  if (quotes.length === 0) return [fitRow(nothingYet(query), columns)];
  const widths = tableWidths(quotes, columns);
  const shown = quotes.length > height ? quotes.slice(0, Math.max(0, height - 1)) : quotes;
  const rows = shown.map((quote) => fitRow(tableRow(quote, widths, query), columns));
  const hidden = quotes.length - shown.length;
  return hidden > 0 ? [...rows, fitRow([span(`and ${hidden} more`, 'dim')], columns)] : rows;
}

/** The table, and under it a chart of one symbol where there is room. */
export function pricePane(query: PricesQuery, charted: string | undefined): readonly Row[] {
  const { columns, height, market, drawing } = query;
  const table = priceTable({ ...query, charted });
  const quote = charted === undefined ? undefined : market.get(charted);
  const room = height - table.length - 1;
  if (quote === undefined || room < CHART_LEAST_ROWS) return table;
  const chart = chartRows(quote, columns, Math.min(room, MOST_CHART_ROWS), drawing);
  const gap = Array.from({ length: height - table.length - chart.length }, () => fitRow([], columns));
  return [...table, ...gap, ...chart];
}

/** As many cells beside each other as fit, in at most `height` rows. */
export function priceGrid(query: PricesQuery): readonly Row[] {
  const { columns, height, market } = query;
  const quotes = [...market.values()];
  if (quotes.length === 0) return [fitRow(nothingYet(query), columns)];
  const across = Math.max(1, Math.floor((columns + 2) / 36));
  const cell = Math.floor((columns - 2 * (across - 1)) / across);
  const widths = tableWidths(quotes, cell);
  const down = Math.min(height, Math.ceil(quotes.length / across));
  return Array.from({ length: down }, (_, line) => {
    const cells: Span[] = [];
    for (let at = 0; at < across; at += 1) {
      const quote = quotes[at * down + line];
      if (at > 0) cells.push(span('  '));
      cells.push(...fitRow(quote === undefined ? [] : tableRow(quote, widths, query), cell));
    }
    return fitRow(cells, columns);
  });
}

/** Rows that {@link priceGrid} needs for all symbols. */
export function priceGridRows(symbols: number, columns: number): number {
  return Math.max(1, Math.ceil(symbols / Math.max(1, Math.floor((columns + 2) / 36))));
}

/** One row: as many symbols as fit, the next ones after some seconds. */
export function priceTicker(query: PricesQuery): Row {
  const { columns, market, now, drawing } = query;
  const cells = [...market.values()].map((quote) => tickerCell(quote, query));
  if (cells.length === 0) return fitRow(nothingYet(query), columns);
  const pages: Row[] = [];
  let page: Span[] = [];
  for (const cell of cells) {
    const gap = page.length === 0 ? [] : [span(` ${drawing.glyphs.dot} `, 'frame')];
    if (page.length > 0 && rowColumns([...page, ...gap, ...cell]) > columns) {
      pages.push(page);
      page = [...cell];
    } else page.push(...gap, ...cell);
  }
  pages.push(page);
  return fitRow(pages[Math.floor(now / TICKER_PAGE_MILLIS) % pages.length] ?? [], columns);
}

interface TableWidths {
  readonly symbol: number;
  readonly price: number;
  readonly percent: number;
  /** 0 where there is no room. */
  readonly tail: number;
}

function tableWidths(quotes: readonly Quote[], columns: number): TableWidths {
  const widest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, columnsOf(text)), 0);
  const symbol = Math.min(10, Math.max(4, widest(quotes.map(({ tick }) => tick.symbol))));
  const price = Math.max(8, widest(quotes.map(({ tick }) => formatPrice(tick.price))));
  const percent = Math.max(6, widest(quotes.map(({ tick }) => formatPercent(tick.changePercent))));
  const tail = columns - symbol - price - percent - 6;
  return { symbol, price, percent, tail: tail >= 4 ? tail : 0 };
}

function tableRow(quote: Quote, widths: TableWidths, query: PricesQuery): Row {
  const { tick } = quote;
  const { drawing, now } = query;
  const { glyphs } = drawing;
  const age = staleAge(quote, query);
  const tone = percentTone(tick.changePercent);
  const changed = age === undefined && quote.movedAt > 0 && now - quote.movedAt < FLASH_MILLIS;
  const arrow = quote.moved === 'up' ? glyphs.up : quote.moved === 'down' ? glyphs.down : ' ';
  const row: Span[] = [
    span(
      fitLeft(drawing.name(tick.symbol), widths.symbol, glyphs.ellipsis),
      tick.symbol === query.charted ? 'accent' : 'strong',
      true,
    ),
    span(' '),
    span(fitRight(formatPrice(tick.price), widths.price), age === undefined ? 'plain' : 'dim'),
    span(' '),
    span(arrow, changed && quote.moved !== 'not' ? quote.moved : 'dim'),
    span(' '),
    span(fitRight(formatPercent(tick.changePercent), widths.percent), age === undefined ? tone : 'dim'),
  ];
  if (widths.tail === 0) return row;
  row.push(span('  '));
  if (age !== undefined) row.push(span(fitLeft(`${formatAge(age)} old`, widths.tail), 'warn'));
  else {
    // A young series shows what it has.
    const each = Math.min(SAMPLES_A_BAR, Math.ceil(quote.samples.length / widths.tail));
    const means = inRuns(quote.samples, quote.step, each);
    row.push(span(barSparkline(means, widths.tail, glyphs.bars), tone));
  }
  return row;
}

function tickerCell(quote: Quote, query: PricesQuery): Row {
  const { tick } = quote;
  const age = staleAge(quote, query);
  return [
    span(query.drawing.name(tick.symbol), 'strong'),
    span(` ${formatPriceShort(tick.price)} `, age === undefined ? 'plain' : 'dim'),
    age === undefined
      ? span(formatPercent(tick.changePercent), percentTone(tick.changePercent))
      : span(`${formatAge(age)} old`, 'warn'),
  ];
}

/** How old the price is, in milliseconds, where that has to be said. */
function staleAge(quote: Quote, { link, now, market }: PricesQuery): number | undefined {
  const age = now - quote.at;
  if (age <= CUT_MILLIS) return undefined;
  if (link.kind !== 'live' && link.kind !== 'polling') return age;
  if (age <= STALLED_MILLIS) return undefined;
  const isStalled = [...market.values()].every(({ at }) => now - at > STALLED_MILLIS);
  return isStalled || age > QUIET_MILLIS ? age : undefined;
}

function nothingYet({ link }: PricesQuery): Row {
  return [span(link.kind === 'live' || link.kind === 'polling' ? 'no prices yet' : 'no prices: not connected', 'dim')];
}
