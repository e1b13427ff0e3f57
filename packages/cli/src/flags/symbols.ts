/** Symbols as people type them: `BTC,ETH`. */
import { TickerSymbol } from '@rtd/protocol';
import { UsageError } from '../failure.ts';

/** In the order given, each once. @throws UsageError for a name that cannot be one. */
export function symbolsIn(text: string): TickerSymbol[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new UsageError('--symbols takes names with commas between them, such as BTC,ETH.');
  return [...new Set(names)].map((name) => {
    const symbol = TickerSymbol.safeParse(name);
    if (symbol.success) return symbol.data;
    throw new UsageError(`--symbols: "${name.slice(0, 80)}" is no symbol; it takes names such as BTC,ETH.`);
  });
}
