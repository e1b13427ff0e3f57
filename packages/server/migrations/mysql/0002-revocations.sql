-- Whose tokens count no more: those that were issued up to revoked_at. One row a user, the latest revocation.
-- changed_at: the database's clock; servers ask for what is new by it.

CREATE TABLE IF NOT EXISTS revocation (
  user_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  revoked_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  INDEX revocation_changed (changed_at),
  INDEX revocation_at (revoked_at)
) ENGINE = InnoDB;
