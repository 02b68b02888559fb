CREATE TABLE providers (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    base_url TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    description TEXT NOT NULL,
    api_key TEXT,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    connect_timeout_s REAL,
    first_byte_timeout_s REAL,
    idle_timeout_s REAL
) STRICT;
CREATE TABLE models (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    provider_id TEXT NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    upstream_model TEXT NOT NULL,
    capabilities TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX models_by_provider ON models (provider_id);
CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
CREATE TABLE qwen_credentials (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    api_key TEXT NOT NULL,
    expires_at_ms INTEGER,
    region TEXT NOT NULL,
    base_url TEXT,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL
) STRICT;
INSERT INTO providers VALUES ('openai', 'OpenAI', 'openai', 'https://api.openai.com/v1', 1, 7, '', 'sk-kept', 1, 2, 0.5, NULL, 60.0);
INSERT INTO models VALUES ('fast', 'Fast', 'openai', 'gpt-5-mini', '["chat"]', 1, 2);
INSERT INTO settings VALUES ('active_provider', '"openai"');
INSERT INTO qwen_credentials VALUES (1, 'sk-qwen', NULL, 'intl', NULL, 1, 2);
PRAGMA user_version = 2;
