-- Who a viewer is in the log of ratings: a number of their own, from 2^31 on, with the first rating or feedback of their
-- session. It opens nothing.
ALTER TABLE sessions ADD COLUMN user_id BIGINT;
CREATE UNIQUE INDEX sessions_by_user ON sessions (user_id);

-- One row: the last number given out, and whether what was rated before there was a log is in it.
CREATE TABLE live_users (
    one         BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    last_id     BIGINT NOT NULL,
    log_is_full BIGINT NOT NULL
);
INSERT INTO live_users (one, last_id, log_is_full) VALUES (1, 2147483647, 0);
