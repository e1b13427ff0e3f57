/** What kafkajs has to say, in our log: its errors are warnings there, since all of them are tried again. */
import { type logCreator, logLevel } from 'kafkajs';
import type { Log } from '../../telemetry/log.ts';

export function logInto(log: Log): logCreator {
  return () =>
    ({ level, namespace, log: { message, error } }) => {
      const line = { kafka: namespace, ...(error === undefined ? {} : { error: String(error) }) };
      if (level === logLevel.ERROR || level === logLevel.WARN) log.debug(line, message);
      else log.trace(line, message);
    };
}
