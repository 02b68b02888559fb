CREATE TABLE requests (
    id INTEGER PRIMARY KEY,
    process TEXT NOT NULL,
    model TEXT,
    provider TEXT,
    outcome TEXT,
    payload TEXT NOT NULL
) STRICT;
CREATE INDEX requests_by_outcome ON requests (outcome);
CREATE TABLE ids (next INTEGER NOT NULL) STRICT;
INSERT INTO ids VALUES (1);
UPDATE ids SET next = 8;
INSERT INTO requests VALUES (6, 'router', 'm', 'p', 'complete', '{"id":6}'), (7, 'router', 'm', NULL, NULL, '{"id":7}');
PRAGMA user_version = 1;
