/** Which services: `--only mysql,redis`. */
import { custom } from '@oclif/core/flags';
import { UsageError } from '../failure.ts';
import { SERVICE_NAMES, type ServiceName } from '../services/native-service.ts';

/** The named services, each once; all three when the flag is not given. */
export const onlyFlag = custom<readonly ServiceName[]>({
  description: 'only these, with commas between them',
  helpValue: SERVICE_NAMES.join(','),
  parse: (text) => {
    const names = text.split(',').map((name) => name.trim());
    const known = SERVICE_NAMES.filter((name) => names.includes(name));
    if (known.length > 0 && known.length === new Set(names).size) return Promise.resolve(known);
    const wrong = names.find((name) => !SERVICE_NAMES.some((each) => each === name)) ?? '';
    return Promise.reject(
      new UsageError(
        `--only takes ${SERVICE_NAMES.join(', ')}, with commas between them, not "${wrong.slice(0, 80)}".`,
      ),
    );
  },
});
