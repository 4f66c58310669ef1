-- Previews (P-15): what gets one, and those there are. Closed ones stay for a while, so that news
-- that comes late does not open them again.

CREATE TABLE review_rules (
    project TEXT PRIMARY KEY REFERENCES projects (id),
    org TEXT NOT NULL REFERENCES orgs (id),
    rules TEXT NOT NULL
);

CREATE TABLE reviews (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    project TEXT NOT NULL REFERENCES projects (id),
    -- `pull:7`, `branch:fix/basket`.
    subject TEXT NOT NULL,
    provider TEXT NOT NULL,
    branch TEXT NOT NULL,
    title TEXT,
    author TEXT,
    fork BIGINT NOT NULL,
    -- By the host's clock: when what it told last was so.
    told_at BIGINT NOT NULL,
    -- Where it stands; empty when it was closed before it was ever looked at.
    head TEXT NOT NULL,
    -- A fork's commit that may run.
    approved TEXT,
    -- NULL: it is open.
    ended TEXT,
    -- NULL: nothing of it runs.
    environment TEXT UNIQUE REFERENCES environments (id),
    -- The head that was last deployed or refused, and why it was refused.
    tried TEXT,
    sentence TEXT,
    tries BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    -- When it ends by itself.
    expires_at BIGINT NOT NULL,
    UNIQUE (project, subject)
);
CREATE INDEX reviews_by_org ON reviews (org, project);
CREATE INDEX reviews_due ON reviews (due_at) WHERE ended IS NULL;

-- What a delivery says of a pull request, or of a branch that is gone, as JSON.
ALTER TABLE deliveries ADD COLUMN news TEXT;

-- Where a host is told how a deployment went: its API, and a token that is written and never read
-- back.
CREATE TABLE forges (
    project TEXT PRIMARY KEY REFERENCES projects (id),
    org TEXT NOT NULL REFERENCES orgs (id),
    provider TEXT NOT NULL,
    url TEXT NOT NULL,
    repository TEXT NOT NULL,
    token TEXT NOT NULL,
    -- Deployments from then on are told.
    created_at BIGINT NOT NULL,
    -- Why the last telling failed; NULL when it did not.
    problem TEXT,
    problem_at BIGINT
);

-- What a host was told last: of a deployment (its status), or of a review (its comment).
CREATE TABLE reports (
    about TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    project TEXT NOT NULL REFERENCES projects (id),
    -- NULL: nothing yet.
    said TEXT,
    -- The comment's own id at its host.
    comment TEXT,
    tries BIGINT NOT NULL,
    due_at BIGINT NOT NULL
);
CREATE INDEX reports_by_project ON reports (project);
