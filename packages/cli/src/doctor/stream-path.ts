import type { Surroundings } from './surroundings.ts';

/** Where the server's event stream is; undefined where nobody knows. */
export async function streamPathOf({ streamPath, isOurs }: Surroundings): Promise<string | undefined> {
  if (streamPath !== undefined) return streamPath.startsWith('/') ? streamPath : `/${streamPath}`;
  return (await isOurs()) ? '/stream' : undefined;
}
