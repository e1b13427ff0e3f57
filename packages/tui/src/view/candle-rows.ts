/** The chart that is open: candles or a line over an interval, with what they come to, and what the crosshair is on. */
import type { Candle } from '@rtd/protocol';
import type { Quote } from '../state/market.ts';
import type { Chart } from '../state/price-board.ts';
import type { Drawing } from './drawing.ts';
import { formatAge, formatPercent, formatPrice, formatVolume } from './number-format.ts';
import { barChart, brailleChart, stretched } from './sparkline.ts';
import { fitRow, percentTone, type Row, type Span, span, spread, type Tone } from './style.ts';
import { columnsOf, fitRight } from './text-layout.ts';

export interface CandleQuery {
  readonly chart: Chart;
  /** Undefined: no tick has come. */
  readonly quote: Quote | undefined;
  readonly columns: number;
  readonly height: number;
  readonly now: number;
  readonly drawing: Drawing;
}

/** From so many rows on there are two for what the chart comes to, and for the crosshair. */
const TWO_ROWS_FROM = 9;

/** Exactly `height` rows of `columns`. */
export function candleRows(query: CandleQuery): readonly Row[] {
  const { chart, quote, columns, height, now, drawing } = query;
  const { glyphs } = drawing;
  const name = drawing.name(chart.symbol);
  const head: Row = spread(
    [span(name, 'strong'), span(quote === undefined ? '' : ` ${formatPrice(quote.tick.price)}`)],
    quote === undefined
      ? []
      : [span(`${formatPercent(quote.tick.changePercent)} today`, percentTone(quote.tick.changePercent))],
    columns,
  );
  if (chart.candles.length === 0) {
    const words = { loading: 'loading', failed: 'the prices of the past cannot be had', ready: 'no prices yet' }[
      chart.state
    ];
    return filled([head, [span(`${chart.interval} ${chart.style}`, 'dim')], [span(words, 'dim')]], columns, height);
  }
  const most = (candles: readonly Candle[]): number => Math.max(...candles.map(({ h }) => h));
  const least = (candles: readonly Candle[]): number => Math.min(...candles.map(({ l }) => l));
  const labels = Math.max(columnsOf(formatPrice(most(chart.candles))), columnsOf(formatPrice(least(chart.candles))));
  const across = Math.max(2, columns - labels - 1);
  const shown = visible(chart, across);
  const high = most(shown);
  const low = least(shown);
  const volume = shown.reduce((sum, { v }) => sum + v, 0);
  const rowsAtMost = height >= TWO_ROWS_FROM ? 2 : 1;
  const age = quote === undefined ? [] : [`${formatAge(now - quote.at)} old`];
  const sums = [`H ${formatPrice(high)} L ${formatPrice(low)}`, `vol ${formatVolume(volume)}`, ...age];
  const facts = packed([`${chart.interval} ${chart.style}`, ...sums], ` ${glyphs.dot} `, columns, rowsAtMost);
  const cross = shown.findIndex(({ t }) => t === chart.crosshair);
  const candle = shown[cross];
  const time = (millis: number): string =>
    chart.interval === '1s' ? drawing.time.exact(millis) : drawing.time.clock(millis);
  const priced = ({ t, o, h, l, c, v }: Candle): readonly string[] => {
    const prices = [`O ${formatPrice(o)}`, `H ${formatPrice(h)}`, `L ${formatPrice(l)}`, `C ${formatPrice(c)}`];
    return packed([time(t), ...prices, `V ${formatVolume(v)}`], ' ', columns, rowsAtMost);
  };
  // Room for the crosshair is there before it is: nothing moves then.
  const widest = shown.reduce((rows, one) => Math.max(rows, priced(one).length), 1);
  const foot: readonly Row[] =
    candle === undefined
      ? [[span('Left/Right: crosshair', 'dim')]]
      : priced(candle).map((row): Row => [span(row, 'accent')]);
  const plot = Math.max(1, height - 2 - facts.length - widest);
  const lines =
    chart.style === 'candles'
      ? candlePlot(shown, high, low, across, plot, cross, drawing)
      : linePlot(shown, across, plot, cross, drawing);
  const labelAt = (row: number): string => (row === 0 ? formatPrice(high) : row === plot - 1 ? formatPrice(low) : '');
  const first = shown[0]?.t ?? now;
  const last = shown.at(-1)?.t ?? now;
  return filled(
    [
      head,
      ...facts.map((row): Row => [span(row, 'dim')]),
      ...lines.map((line, row): Row => [...line, span(` ${fitRight(labelAt(row), labels)}`, 'dim')]),
      spread([span(time(first), 'dim')], [span(`${time(last)}${' '.repeat(labels + 1)}`, 'dim')], columns),
      ...foot,
    ],
    columns,
    height,
  );
}

/** `parts` with `between` them, in as few rows as hold them; what does not fit the last row of `most` is cut off there. */
function packed(parts: readonly string[], between: string, columns: number, most: number): readonly string[] {
  const rows: string[] = [];
  for (const part of parts) {
    const row = rows.at(-1);
    const longer = row === undefined ? part : `${row}${between}${part}`;
    if (row === undefined || (columnsOf(longer) > columns && rows.length < most)) rows.push(part);
    else rows[rows.length - 1] = longer;
  }
  return rows;
}

/** The newest that fit, or those around the crosshair. */
function visible({ candles, crosshair }: Chart, across: number): readonly Candle[] {
  const at = candles.findIndex(({ t }) => t === crosshair);
  if (at === -1 || at >= candles.length - across) return candles.slice(-across);
  return candles.slice(at, at + across);
}

function filled(rows: readonly Row[], columns: number, height: number): readonly Row[] {
  return Array.from({ length: height }, (_, index) => fitRow(rows[index] ?? [], columns));
}

function candlePlot(
  candles: readonly Candle[],
  high: number,
  low: number,
  across: number,
  plot: number,
  cross: number,
  { glyphs }: Drawing,
): readonly Row[] {
  const range = high - low;
  // Row 0 is the top.
  const rowOf = (price: number): number =>
    range > 0 ? Math.min(plot - 1, Math.floor(((high - price) / range) * plot)) : Math.floor(plot / 2);
  const lead = across - candles.length;
  return Array.from({ length: plot }, (_, row): Row => {
    const spans: Span[] = [span(' '.repeat(lead))];
    for (const [index, { o, h, l, c }] of candles.entries()) {
      const [top, bottom] = [rowOf(Math.max(o, c)), rowOf(Math.min(o, c))];
      const tone: Tone = c >= o ? 'up' : 'down';
      const isBody = row >= top && row <= bottom;
      const isWick = row >= rowOf(h) && row <= rowOf(l);
      const text = isBody ? glyphs.candle : isWick ? glyphs.bar : index === cross ? glyphs.cross : ' ';
      add(spans, text, isBody || isWick ? (index === cross ? 'accent' : tone) : 'accent');
    }
    return spans;
  });
}

function linePlot(
  candles: readonly Candle[],
  across: number,
  plot: number,
  cross: number,
  { glyphs }: Drawing,
): readonly Row[] {
  const closes = candles.map(({ c }) => c);
  const first = closes[0] ?? 0;
  const last = closes.at(-1) ?? first;
  const tone: Tone = last > first ? 'up' : last < first ? 'down' : 'dim';
  const points = across * (glyphs.braille ? 2 : 1);
  const line = stretched(closes, points);
  const lines = glyphs.braille ? brailleChart(line, across, plot) : barChart(line, across, plot);
  const at = cross === -1 ? -1 : Math.round((cross * (across - 1)) / Math.max(1, closes.length - 1));
  return lines.map((text): Row => {
    if (at === -1) return [span(text, tone)];
    const cell = text[at] === ' ' ? glyphs.cross : (text[at] ?? ' ');
    return [span(text.slice(0, at), tone), span(cell, 'accent'), span(text.slice(at + 1), tone)];
  });
}

function add(spans: Span[], text: string, tone: Tone): void {
  const last = spans.at(-1);
  if (last !== undefined && (last.tone === tone || text === ' '))
    spans[spans.length - 1] = { ...last, text: last.text + text };
  else spans.push(span(text, tone));
}
