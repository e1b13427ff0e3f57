/** What MySQL brings. Loaded only where there is a URL for it. */
export { dropMessageTables } from './mysql/drop-tables.ts';
export { openMysqlMessageStore } from './mysql/mysql-message-store.ts';
export { createMysqlRevocationStore } from './mysql/mysql-revocation-store.ts';
