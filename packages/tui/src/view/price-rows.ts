/** Prices: the pane with a table and a chart, or one line; each row as wide as asked and no symbol shown twice. */
import type { LinkState } from '@rtd/client';
import type { Alert } from '../state/alerts.ts';
import type { Market, Quote } from '../state/market.ts';
import { chosenSymbol, listedQuotes, type PriceBoard } from '../state/price-board.ts';
import { candleRows } from './candle-rows.ts';
import { CHART_LEAST_ROWS, chartRows } from './chart-rows.ts';
import type { Drawing } from './drawing.ts';
import { formatAge, formatPercent, formatPrice, formatPriceShort, formatVolume } from './number-format.ts';
import { barSparkline, inRuns } from './sparkline.ts';
import { fitRow, percentTone, type Row, rowColumns, type Span, span } from './style.ts';
import { columnsOf, fitLeft, fitRight } from './text-layout.ts';

export interface PricesQuery {
  readonly market: Market;
  readonly board: PriceBoard;
  readonly alerts: readonly Alert[];
  readonly link: LinkState;
  readonly now: number;
  readonly drawing: Drawing;
  readonly columns: number;
  readonly height: number;
  /** Keys go here, so that the chosen row has its mark. */
  readonly focused: boolean;
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
const MOST_ALERT_ROWS = 4;
/** Beside an open chart the table keeps a few rows around the chosen one. */
const TABLE_BESIDE_CHART = 5;

/** `prices`, and how they are looked at where that is not as it comes. */
export function pricesTitle({ sortBy, reversed, filter, filtering }: PriceBoard, { glyphs, text }: Drawing): Row {
  const title: Span[] = [span('prices', 'title')];
  if (sortBy !== 'seen' || reversed) {
    title.push(span(` by ${sortBy === 'seen' ? 'arrival' : sortBy}${reversed ? ' reversed' : ''}`, 'dim'));
  }
  if (filtering) title.push(span(` ${glyphs.dot} find: ${text(filter)}_`, 'accent'));
  else if (filter !== '') title.push(span(` ${glyphs.dot} "${text(filter)}"`, 'accent'));
  return title;
}

/** A row a symbol: name, price, change since the open, volume where there is room, sparkline or age. */
export function priceTable(query: PricesQuery): readonly Row[] {
  const { columns, height, market, board } = query;
  if (market.size === 0) return [fitRow(nothingYet(query), columns)];
  const quotes = listedQuotes(market, board);
  if (quotes.length === 0) return [fitRow([span('no symbol like that; Esc shows all', 'dim')], columns)];
  const chosen = chosenSymbol(market, board);
  const at = quotes.findIndex(({ tick }) => tick.symbol === chosen);
  const fits = quotes.length <= height;
  const count = fits ? quotes.length : Math.max(1, height - 1);
  const first = Math.max(0, Math.min(quotes.length - count, at - Math.floor(count / 2)));
  // As wide for all as for those that are shown, so that nothing moves while one scrolls.
  const widths = tableWidths(quotes, columns);
  const rows = quotes
    .slice(first, first + count)
    .map((quote) => fitRow(tableRow(quote, widths, query, chosen), columns));
  const words = `${first + 1} to ${first + count} of ${quotes.length}`;
  return fits ? rows : [...rows, fitRow([span(words, 'dim')], columns)];
}

/** The table, the alerts, and under them a chart where there is room: the one that was opened, or the last minutes. */
export function pricePane(query: PricesQuery): readonly Row[] {
  const { columns, height, market, drawing, board, now } = query;
  const { chart } = board;
  const alerts = alertRows(query).slice(-Math.max(0, Math.min(MOST_ALERT_ROWS, height - 2)));
  const forTable = height - alerts.length;
  if (chart !== undefined) {
    const table = height >= 3 * TABLE_BESIDE_CHART ? priceTable({ ...query, height: TABLE_BESIDE_CHART }) : [];
    const quote = market.get(chart.symbol);
    const above = [...table, ...alerts];
    return [...above, ...candleRows({ chart, quote, columns, height: height - above.length, now, drawing })];
  }
  const table = priceTable({ ...query, height: forTable });
  const above = [...table, ...alerts];
  const symbol = chosenSymbol(market, board);
  const quote = symbol === undefined ? undefined : market.get(symbol);
  const room = height - above.length - 1;
  if (quote === undefined || room < CHART_LEAST_ROWS) return above;
  const rows = chartRows(quote, columns, Math.min(room, MOST_CHART_ROWS), drawing);
  const gap = Array.from({ length: height - above.length - rows.length }, () => fitRow([], columns));
  return [...above, ...gap, ...rows];
}

function alertRows({ alerts, columns, drawing }: PricesQuery): readonly Row[] {
  const { glyphs, time } = drawing;
  return alerts.map(({ symbol, when, price, rangAt }): Row => {
    const words = `${glyphs.alert} ${drawing.name(symbol)} ${when} ${formatPrice(price)}`;
    const rang = rangAt === undefined ? '' : ` rang at ${time.clock(rangAt)}`;
    return fitRow([span(`${words}${rang}`, rangAt === undefined ? 'dim' : 'warn', rangAt !== undefined)], columns);
  });
}

/** One row: as many symbols as fit, the next ones after some seconds. */
export function priceTicker(query: PricesQuery): Row {
  const { columns, market, now, drawing } = query;
  const cells = listedQuotes(market, query.board).map((quote) => tickerCell(quote, query));
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
  /** 0 where there is no room, of this and the next. */
  readonly volume: number;
  readonly tail: number;
}

/** From so many columns on there is one for the volume. */
const VOLUME_COLUMNS = 38;

function tableWidths(quotes: readonly Quote[], columns: number): TableWidths {
  const widest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, columnsOf(text)), 0);
  const symbol = Math.min(10, Math.max(4, widest(quotes.map(({ tick }) => tick.symbol))));
  const price = Math.max(8, widest(quotes.map(({ tick }) => formatPrice(tick.price))));
  const percent = Math.max(6, widest(quotes.map(({ tick }) => formatPercent(tick.changePercent))));
  const volume =
    columns < VOLUME_COLUMNS ? 0 : Math.max(5, widest(quotes.map(({ tick }) => formatVolume(tick.volume))));
  const tail = columns - symbol - price - percent - 7 - (volume === 0 ? 0 : volume + 2);
  return { symbol, price, percent, volume, tail: tail >= 4 ? tail : 0 };
}

function tableRow(quote: Quote, widths: TableWidths, query: PricesQuery, chosen: string | undefined): Row {
  const { tick } = quote;
  const { drawing, now } = query;
  const { glyphs } = drawing;
  const age = staleAge(quote, query);
  const tone = percentTone(tick.changePercent);
  const changed = age === undefined && quote.movedAt > 0 && now - quote.movedAt < FLASH_MILLIS;
  const flash = changed && quote.moved !== 'not' ? quote.moved : undefined;
  const arrow = quote.moved === 'up' ? glyphs.up : quote.moved === 'down' ? glyphs.down : ' ';
  const isChosen = tick.symbol === chosen;
  const row: Span[] = [
    span(isChosen && query.focused ? glyphs.chosen : ' ', 'accent', true),
    span(fitLeft(drawing.name(tick.symbol), widths.symbol, glyphs.ellipsis), isChosen ? 'accent' : 'strong', true),
    span(' '),
    span(fitRight(formatPrice(tick.price), widths.price), age === undefined ? (flash ?? 'plain') : 'dim'),
    span(' '),
    span(arrow, flash ?? 'dim'),
    span(' '),
    span(fitRight(formatPercent(tick.changePercent), widths.percent), age === undefined ? tone : 'dim'),
  ];
  if (widths.volume > 0) row.push(span(`  ${fitRight(formatVolume(tick.volume), widths.volume)}`, 'dim'));
  if (widths.tail === 0) return age === undefined ? row : [...row, span(` ${formatAge(age)} old`, 'warn')];
  row.push(span('  '));
  if (age !== undefined) {
    const words = `${formatAge(age)} old`;
    row.push(span(fitLeft(words.length > widths.tail ? formatAge(age) : words, widths.tail), 'warn'));
  } else {
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
