/** `rtd token`: a signed token for development, on standard output and nothing else there. */
import { Command } from '@oclif/core/command';
import { custom, string } from '@oclif/core/flags';
import { UserId, UserName } from '@rtd/protocol';
import { signDevelopmentToken } from '@rtd/server/development-token';
import { summaryOf } from '../command-list.ts';
import { UsageError } from '../failure.ts';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const LONGEST_DAYS = 365;

export default class Token extends Command {
  static override summary = summaryOf('token');
  static override description =
    'A token (JWT, HS256) for a server whose auth is jwt, made with the secret that the server has. Only with a secret that ' +
    'begins with dev: any other could be production’s, and is refused. Clients take the token from RTD_TOKEN, or send it ' +
    'as Authorization: Bearer <token>.';
  static override examples = [
    'export RTD_JWT_SECRET=dev-only-not-a-secret-0123456789',
    'RTD_AUTH=jwt rtd serve',
    'RTD_TOKEN=$(<%= config.bin %> token --user alice) <%= config.bin %> chat',
    '<%= config.bin %> token --user root --role admin --expires 10m',
  ];
  static override flags = {
    user: string({ description: 'whose token it is (sub)', required: true, helpValue: 'USER' }),
    name: string({ description: 'the name that others see; the user when not given', helpValue: 'NAME' }),
    role: string({ description: 'admin: may revoke the access of others', helpValue: 'ROLE' }),
    expires: custom<number>({
      description: 'how long it counts: 30s, 15m, 8h, 7d',
      helpValue: 'TIME',
      default: SECONDS.h,
      defaultHelp: async () => '1h',
      parse: (text) => Promise.resolve(secondsIn(text)),
    })(),
    secret: string({
      description: 'the secret of the server; begins with dev [RTD_JWT_SECRET]',
      helpValue: 'SECRET',
    }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Token);
    const secret = flags.secret ?? process.env.RTD_JWT_SECRET ?? '';
    if (secret === '') {
      throw new UsageError(
        'Which secret? Set RTD_JWT_SECRET, here and at the server, to 32 characters or more that begin with dev.',
      );
    }
    const lifeSeconds = flags.expires;
    const now = Date.now();
    const token = await signDevelopmentToken(
      {
        userId: nameOf(UserId, flags.user, 'user'),
        name: flags.name === undefined ? undefined : nameOf(UserName, flags.name, 'name'),
        role: flags.role,
        lifeSeconds,
      },
      secret,
      now,
    );
    process.stdout.write(`${token}\n`);
  }
}

function secondsIn(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,8})([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? SECONDS[unit] : 0);
  if (seconds > 0 && seconds <= LONGEST_DAYS * SECONDS.d) return seconds;
  throw new UsageError(`--expires takes a time up to ${LONGEST_DAYS}d, such as 15m or 8h, not "${text.slice(0, 80)}".`);
}

function nameOf<Name>(
  schema: { safeParse(text: string): { success: true; data: Name } | { success: false } },
  text: string,
  flag: string,
): Name {
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new UsageError(`--${flag} takes a name of 1 to 64 letters, digits or . _ - : @, not "${text.slice(0, 80)}".`);
}
