/** How long a long poll may wait: proxies cut what is silent for a minute. */
import { wholeNumber } from '../route.ts';

export const pollSeconds = wholeNumber(0, 55).default(25).describe('Seconds to wait at most');
