import { RawSocket } from '../../wire/raw-socket.ts';
import { isThisMachine } from '../../wire/target.ts';
import { WireError } from '../../wire/wire-error.ts';
import { type Check, fail, pass } from '../check.ts';

export const tcp: Check = {
  id: 'tcp',
  stretch: 'network',
  title: 'a connection to the port',
  needs: ['dns'],
  run: async ({ target, timeoutMillis }) => {
    const asked = `connect to ${target.host}, port ${target.port}`;
    const begun = performance.now();
    try {
      // Without TLS on purpose: that is the next question.
      using socket = await RawSocket.connect({ ...target, secure: false }, { timeoutMillis });
      const { remoteAddress = '' } = socket.socket;
      const millis = (performance.now() - begun).toFixed(1);
      return pass({ asked, answered: `connected to ${remoteAddress} in ${millis} ms` }, 'The port is reachable.');
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const evidence = { asked, answered: error.code ?? error.message };
      if (error.reason === 'refused') {
        const start = isThisMachine(target)
          ? `rtd start   # or, without a terminal client: rtd serve --port ${target.port}`
          : `ssh ${target.host} rtd doctor`;
        return fail(evidence, 'Nothing listens there: the server does not run, or at another port.', start);
      }
      if (error.reason === 'silent') {
        return fail(
          evidence,
          'Nobody answers: a firewall swallows it, or there is no such machine.',
          `ping ${target.host}`,
        );
      }
      return fail(evidence, 'The way there is blocked.', `traceroute ${target.host}`);
    }
  },
};
