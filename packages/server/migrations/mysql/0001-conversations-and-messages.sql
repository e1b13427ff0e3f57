-- Runs on MySQL 8.4 and MariaDB 10.11. Every statement may be run again: DDL commits by itself, so a start that was cut
-- off in the middle begins this file anew. Ids are compared byte by byte (utf8mb4_bin).

-- changed_at: the database's clock, in epoch milliseconds, when last_seq or roster last moved; the sweep looks for the newest.
CREATE TABLE IF NOT EXISTS conversation (
  id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  kind VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  title VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  creator_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  last_seq BIGINT NOT NULL,
  roster BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  INDEX conversation_changed (changed_at)
) ENGINE = InnoDB;

INSERT IGNORE INTO conversation VALUES ('global', 'global', NULL, NULL, 0, 0, 0);

CREATE TABLE IF NOT EXISTS member (
  conversation_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  user_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  joined_seq BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, user_id),
  INDEX member_user (user_id)
) ENGINE = InnoDB;

-- position: over all conversations, in the order of insertion; within a conversation that is the order of commit.
-- client_message_id is binary: a collation would take two that differ by a trailing space for one.
CREATE TABLE IF NOT EXISTS message (
  position BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  conversation_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  seq BIGINT NOT NULL,
  sender_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  sender_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  recipient_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  content TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  client_message_id VARBINARY(256) NULL,
  sent_at BIGINT NOT NULL,
  roster BIGINT NOT NULL,
  UNIQUE INDEX message_id (id),
  UNIQUE INDEX message_place (conversation_id, seq),
  UNIQUE INDEX message_once (sender_id, client_message_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS read_cursor (
  conversation_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  user_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  read_seq BIGINT NOT NULL DEFAULT 0,
  delivered_seq BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (conversation_id, user_id),
  INDEX read_cursor_user (user_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS device (
  user_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  device VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (user_id, device)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS device_cursor (
  user_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  device VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  conversation_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  delivered_seq BIGINT NOT NULL,
  PRIMARY KEY (user_id, device, conversation_id)
) ENGINE = InnoDB;
