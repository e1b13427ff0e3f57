-- What a device has acknowledged behind its cursor, one by one; gone when the cursor has reached it. In the order in which
-- a cursor's move looks for it: is there anything of this user in this conversation?

CREATE TABLE IF NOT EXISTS delivered_ahead (
  user_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  conversation_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  device VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (user_id, conversation_id, device, seq)
) ENGINE = InnoDB;
