-- What opens private repositories (P-4) and registries (I-16).

CREATE TABLE credentials (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    -- `git` or `registry`.
    kind TEXT NOT NULL,
    host TEXT NOT NULL,
    -- Of a Git host: only below this; empty for all of it.
    path TEXT NOT NULL,
    username TEXT NOT NULL,
    -- In clear, since it is handed to the host; no page, answer or log ever has it.
    secret TEXT NOT NULL,
    set_by TEXT NOT NULL REFERENCES users (id),
    set_at BIGINT NOT NULL,
    expires_at BIGINT,
    UNIQUE (org, kind, host, path)
);
