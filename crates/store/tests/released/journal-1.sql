CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    process TEXT NOT NULL,
    generation INTEGER NOT NULL,
    payload TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_process ON events (process, seq);
INSERT INTO events VALUES (41, 'a', 3, '{"seq":41}'), (42, 'a', 4, '{"seq":42}');
PRAGMA user_version = 1;
