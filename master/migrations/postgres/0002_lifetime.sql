-- What has to be known of time and size to let go of old things. Time is what masters have lived, not a date: a clock that
-- jumps ages nothing. One row.
CREATE TABLE lifetime (
    id               BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    lived_ms         BIGINT NOT NULL,
    -- Bytes of text in requests.
    request_bytes    BIGINT NOT NULL,
    -- Sessions opened before this have been looked at and are in use.
    sessions_kept_to BIGINT NOT NULL
);
INSERT INTO lifetime
SELECT 1, 0, COALESCE(SUM(octet_length(query) + octet_length(spec) + COALESCE(octet_length(outcome), 0)), 0), 0
FROM requests;

-- Which endings there were when masters had lived so long.
CREATE TABLE lifetime_marks (
    lived_ms     BIGINT NOT NULL PRIMARY KEY,
    event_offset BIGINT NOT NULL
);

ALTER TABLE sessions ADD COLUMN opened_lived_ms BIGINT NOT NULL DEFAULT 0;
CREATE INDEX sessions_by_opening ON sessions (opened_lived_ms);
