/** `mysql://root:secret@host/db` -> `mysql://root@host/db`; what is no URL (brokers) stays as it is. */
export function withoutPassword(address: string): string {
  const url = URL.parse(address);
  if (url === null || url.password === '') return address;
  url.password = '';
  return url.href;
}
