/** The last minutes of one symbol as a chart with its highest and lowest price. */
import type { Quote } from '../state/market.ts';
import { SAMPLE_MILLIS } from '../state/market.ts';
import type { Drawing } from './drawing.ts';
import { formatAge, formatPercent, formatPrice } from './number-format.ts';
import { barChart, brailleChart, inRuns, stretched } from './sparkline.ts';
import { fitRow, percentTone, type Row, span, spread, type Tone } from './style.ts';
import { columnsOf, fitRight } from './text-layout.ts';

/** Below that a chart says nothing. */
export const CHART_LEAST_ROWS = 5;

/** Exactly `height` rows of `columns`: a title, the chart with prices at its side, and how far back it goes. */
export function chartRows(quote: Quote, columns: number, height: number, drawing: Drawing): readonly Row[] {
  const { tick, samples } = quote;
  const { glyphs } = drawing;
  const plot = height - 2;
  const labels = Math.max(columnsOf(formatPrice(Math.max(...samples))), columnsOf(formatPrice(Math.min(...samples))));
  const across = columns - labels - 1;
  const points = across * (glyphs.braille ? 2 : 1);
  const each = Math.max(1, Math.ceil(samples.length / points));
  const shown = inRuns(samples, quote.step, each).slice(-points);
  // The line is of means; the labels are prices that were paid.
  const paid = samples.slice(-shown.length * each);
  const most = Math.max(...paid);
  const least = Math.min(...paid);
  const first = shown[0] ?? tick.price;
  const tone: Tone = tick.price > first ? 'up' : tick.price < first ? 'down' : 'dim';
  const line = stretched(shown, points);
  const lines = glyphs.braille ? brailleChart(line, across, plot) : barChart(line, across, plot);
  const labelAt = (row: number): string => {
    if (row === 0) return formatPrice(most);
    return row === plot - 1 ? formatPrice(least) : '';
  };
  const back = formatAge((shown.length - 1) * each * SAMPLE_MILLIS);
  return [
    spread(
      [span(drawing.name(tick.symbol), 'strong'), span(` ${formatPrice(tick.price)}`)],
      [span(`${formatPercent(tick.changePercent)} today`, percentTone(tick.changePercent))],
      columns,
    ),
    ...lines.map((dots, row): Row => [span(dots, tone), span(` ${fitRight(labelAt(row), labels)}`, 'dim')]),
    spread([span(`${back} ago`, 'dim')], [span(`now${' '.repeat(labels + 1)}`, 'dim')], columns),
  ].map((row) => fitRow(row, columns));
}
