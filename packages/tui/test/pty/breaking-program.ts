/** The terminal client with prices that break it, after a while: `url`. For the test that looks at what is left then. */
import { connectMarket } from '@rtd/client';
import { runTerminal } from '@rtd/tui';

const [url = ''] = process.argv.slice(2);
const { stdin, stdout, stderr, env } = process;
await runTerminal({
  url,
  stdin,
  stdout,
  stderr,
  env,
  connectMarket: (options) => {
    const market = connectMarket(options);
    return {
      ...market,
      api: market.api,
      on: (event, listener) => {
        if (event === 'tick') {
          // A tick that cannot be read is a mistake in here, not in the world.
          const call: (tick: never) => void = listener;
          process.on('SIGUSR2', () => call(undefined as never));
        }
        return market.on(event, listener);
      },
      get state() {
        return market.state;
      },
      get lastEventId() {
        return market.lastEventId;
      },
      close: () => market.close(),
      goOffline: () => market.goOffline(),
      reconnectNow: () => market.reconnectNow(),
    };
  },
});
