/** The HTTP header `X-User-Id`, whose names may have any letters of Unicode while HTTP carries bytes. */

/** The name as text: its UTF-8 where the bytes are that, else (Latin-1) as they are. The first one where it is repeated. */
export function userIdHeader(header: string | readonly string[] | undefined): string | undefined {
  const value = typeof header === 'object' ? header[0] : header;
  if (value === undefined) return undefined;
  const text = Buffer.from(value, 'latin1').toString('utf8');
  return text.includes('\uFFFD') ? value : text;
}
