-- Git pushes (P-17): where they come in, what follows them, and what came.

CREATE TABLE hooks (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    project TEXT NOT NULL UNIQUE REFERENCES projects (id),
    -- In clear: a signature can't be checked with a digest of its key.
    secret TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    rotated_at BIGINT,
    -- Deliveries whose signature was wrong are counted and not kept.
    rejected BIGINT NOT NULL,
    rejected_at BIGINT
);

CREATE TABLE trackings (
    environment TEXT PRIMARY KEY REFERENCES environments (id),
    org TEXT NOT NULL REFERENCES orgs (id),
    project TEXT NOT NULL REFERENCES projects (id),
    branch TEXT NOT NULL,
    poll BIGINT NOT NULL,
    -- The head when it was last looked at, and the one that was last decided about.
    seen TEXT,
    decided TEXT
);
CREATE INDEX trackings_by_project ON trackings (project);

CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    project TEXT NOT NULL REFERENCES projects (id),
    provider TEXT NOT NULL,
    -- The sender's own id of it, and a digest of what was signed: either one again is a duplicate.
    sender_key TEXT NOT NULL,
    digest TEXT,
    event TEXT NOT NULL,
    -- What the push says of itself, as JSON; NULL where it is no push.
    push TEXT,
    received_at BIGINT NOT NULL,
    -- `received` until it was handled to its end, then `settled`.
    state TEXT NOT NULL,
    -- What it led to: a list of sentences, each with the deployment that it is about.
    effects TEXT NOT NULL,
    -- A person asked for it again.
    asked BIGINT NOT NULL,
    repeats BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    -- Not to be handled before this.
    due_at BIGINT NOT NULL,
    UNIQUE (project, sender_key)
);
CREATE UNIQUE INDEX deliveries_by_digest ON deliveries (project, digest);
CREATE INDEX deliveries_by_project ON deliveries (project, id);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 'received';
