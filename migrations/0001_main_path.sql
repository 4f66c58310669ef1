-- One schema for SQLite and PostgreSQL: TEXT and BIGINT only. Times are milliseconds, UTC;
-- ids and enums are TEXT; JSON is TEXT. Every row belongs to an organization.

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE orgs (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE memberships (
    org TEXT NOT NULL REFERENCES orgs (id),
    member TEXT NOT NULL REFERENCES users (id),
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org, member)
);

CREATE TABLE invitations (
    hash TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    member TEXT NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT
);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    data TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE idempotency (
    org TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org, key)
);

CREATE TABLE runtimes (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    name TEXT NOT NULL,
    driver TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (org, name)
);

CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    name TEXT NOT NULL,
    origin TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_number BIGINT NOT NULL,
    UNIQUE (org, name)
);

CREATE TABLE environments (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    project TEXT NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    runtime TEXT NOT NULL REFERENCES runtimes (id),
    -- What a person set, over the file in the repository.
    overrides TEXT NOT NULL,
    -- The deployment that serves, and the one on its way.
    active TEXT,
    candidate TEXT,
    deleting BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (project, name)
);
CREATE INDEX environments_by_org ON environments (org, project);

-- A host leads to one environment, in the whole installation.
CREATE TABLE hosts (
    host TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    environment TEXT NOT NULL REFERENCES environments (id),
    ordinal BIGINT NOT NULL
);
CREATE INDEX hosts_by_environment ON hosts (environment, ordinal);

CREATE TABLE deployments (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    project TEXT NOT NULL REFERENCES projects (id),
    environment TEXT NOT NULL REFERENCES environments (id),
    number BIGINT NOT NULL,
    source TEXT NOT NULL,
    -- For the list's text filter: the source's label, the commit's subject and author, lower case.
    words TEXT NOT NULL,
    config TEXT NOT NULL,
    overrides TEXT NOT NULL,
    trigger_kind TEXT NOT NULL,
    runtime TEXT NOT NULL REFERENCES runtimes (id),
    created_by TEXT,
    created_at BIGINT NOT NULL,
    phase TEXT NOT NULL,
    since BIGINT NOT NULL,
    reason TEXT,
    artifact TEXT,
    -- When each part began and ended, for lists: derived from the events in the same transaction.
    claimed_at BIGINT,
    built_at BIGINT,
    ended_at BIGINT,
    UNIQUE (project, number)
);
CREATE INDEX deployments_by_org ON deployments (org, id);
CREATE INDEX deployments_by_environment ON deployments (environment, id);
CREATE INDEX deployments_by_project ON deployments (project, id);
CREATE INDEX deployments_unfinished ON deployments (environment)
    WHERE phase NOT IN ('stopped', 'failed', 'cancelled');

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    deployment TEXT NOT NULL REFERENCES deployments (id),
    kind TEXT NOT NULL,
    ordinal BIGINT NOT NULL,
    needs TEXT NOT NULL,
    status TEXT NOT NULL,
    error TEXT,
    started_at BIGINT,
    ended_at BIGINT,
    -- Who works on it: the boot that claimed it, and until when its word counts.
    epoch TEXT,
    lease_until BIGINT,
    UNIQUE (deployment, kind)
);
CREATE INDEX jobs_unfinished ON jobs (status, id) WHERE status IN ('Pending', 'Running');

CREATE TABLE events (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    at BIGINT NOT NULL,
    -- A user's id; NULL is Sealdock itself.
    actor TEXT,
    kind TEXT NOT NULL,
    sentence TEXT NOT NULL,
    project TEXT,
    environment TEXT,
    deployment TEXT,
    -- Where a phase event led to.
    phase TEXT
);
CREATE INDEX events_by_org ON events (org, id);
CREATE INDEX events_by_project ON events (project, id);
CREATE INDEX events_by_deployment ON events (deployment, id);

CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    digest TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE log_streams (
    stream TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    -- What it goes away with.
    environment TEXT NOT NULL,
    last_seq BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    ended BIGINT NOT NULL
);
CREATE INDEX log_streams_by_environment ON log_streams (environment);

-- Lines in batches. `body` is a record for each line, `<milliseconds> <o|e|n> <text>` and a line
-- feed; nothing is escaped, since a line holds no line feed.
CREATE TABLE log_chunks (
    stream TEXT NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (stream, first_seq)
);
