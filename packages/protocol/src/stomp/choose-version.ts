/** Which STOMP version two sides speak. */
import { STOMP_VERSIONS, type StompVersion } from './frame.ts';

/** The highest common version; 1.0 where the peer names none; undefined where none is common (stomp-rules 3 to 5). */
export function chooseVersion(acceptVersion: string | undefined): StompVersion | undefined {
  if (acceptVersion === undefined) return '1.0';
  const offered = acceptVersion.split(',').map((version) => version.trim());
  return STOMP_VERSIONS.find((version) => offered.includes(version));
}
