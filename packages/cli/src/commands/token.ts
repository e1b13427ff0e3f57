/** `rtd token`: a signed token for development, on standard output and nothing else there. */
import { Command } from '@oclif/core/command';
import { boolean, string } from '@oclif/core/flags';
import { UserId, UserName } from '@rtd/protocol';
import { signDevelopmentToken } from '@rtd/server/development-token';
import { summaryOf } from '../command-list.ts';
import { UsageError } from '../failure.ts';
import { durationFlag } from '../flags/duration.ts';
import { nameIn } from '../flags/names.ts';
import { jsonLine } from '../output/lines.ts';

const HOUR_MILLIS = 3_600_000;

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
    expires: durationFlag({ description: 'how long it counts: 30s, 15m, 8h, 7d', min: 1_000 })({
      default: HOUR_MILLIS,
      defaultHelp: async () => '1h',
    }),
    secret: string({
      description: 'the secret of the server; begins with dev [RTD_JWT_SECRET]',
      helpValue: 'SECRET',
    }),
    json: boolean({ description: 'one JSON document: the token, whose it is, and until when it counts' }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Token);
    const secret = flags.secret ?? process.env.RTD_JWT_SECRET ?? '';
    if (secret === '') {
      throw new UsageError(
        'Which secret? Set RTD_JWT_SECRET, here and at the server, to 32 characters or more that begin with dev.',
      );
    }
    const userId = nameIn(UserId, flags.user, 'user');
    const now = Date.now();
    const lifeSeconds = Math.floor(flags.expires / 1_000);
    const token = await signDevelopmentToken(
      {
        userId,
        name: flags.name === undefined ? undefined : nameIn(UserName, flags.name, 'name'),
        role: flags.role,
        lifeSeconds,
      },
      secret,
      now,
    );
    const expiresAt = new Date((Math.floor(now / 1_000) + lifeSeconds) * 1_000).toISOString();
    process.stdout.write(`${flags.json ? jsonLine({ token, userId, expiresAt }) : token}\n`);
  }
}
