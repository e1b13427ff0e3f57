import { TLSSocket } from 'node:tls';
import { RawSocket } from '../../wire/raw-socket.ts';
import { WireError } from '../../wire/wire-error.ts';
import { type Check, fail, pass, skip, warn } from '../check.ts';

const SOON_MILLIS = 14 * 86_400_000;

export const tls: Check = {
  id: 'tls',
  stretch: 'network',
  title: "the server's certificate",
  needs: ['tcp'],
  run: async ({ target, timeoutMillis, now }) => {
    if (!target.secure) return skip('The address is http: nothing is encrypted.');
    const asked = `TLS handshake with ${target.host}, port ${target.port}`;
    const look = `openssl s_client -connect ${target.host}:${target.port} -servername ${target.host} </dev/null`;
    try {
      using socket = await RawSocket.connect(target, { timeoutMillis });
      if (!(socket.socket instanceof TLSSocket))
        return fail({ asked, answered: 'no TLS' }, 'It is not encrypted.', look);
      const until = new Date(socket.socket.getPeerCertificate().valid_to);
      const evidence = {
        asked,
        answered: `${socket.socket.getProtocol() ?? 'TLS'}, certificate until ${until.toISOString()}`,
      };
      if (until.getTime() - now() < SOON_MILLIS)
        return warn(evidence, 'The certificate ends soon: then every client is refused.', 'certbot renew');
      return pass(evidence, 'The certificate is good.');
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const evidence = { asked, answered: error.code ?? error.message };
      if (error.reason === 'certificate') {
        return fail(
          evidence,
          `The certificate is not one that this machine trusts for ${target.host}. Where it is of your own authority, name that.`,
          `export NODE_EXTRA_CA_CERTS=/path/to/ca.pem\n${look}`,
        );
      }
      return fail(evidence, 'What listens there does not speak TLS: is it http or ws?', look);
    }
  },
};
