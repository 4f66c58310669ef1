-- What comes after completion, and crons.

-- How often a job was begun, and when it may be begun again: what keeps failing is given up.
ALTER TABLE jobs ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN not_before BIGINT;

-- When its picture was taken, and what its artifact is made of, in numbers.
ALTER TABLE deployments ADD COLUMN screenshot_at BIGINT;
ALTER TABLE deployments ADD COLUMN contents TEXT;

-- What the deployment that serves declares.
CREATE TABLE crons (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    project TEXT NOT NULL REFERENCES projects (id),
    environment TEXT NOT NULL REFERENCES environments (id),
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    deployment TEXT NOT NULL REFERENCES deployments (id),
    next_at BIGINT,
    UNIQUE (environment, name)
);
CREATE INDEX crons_by_project ON crons (org, project);
CREATE INDEX crons_by_time ON crons (next_at) WHERE next_at IS NOT NULL;

-- By environment and name, so that a history outlives a version without the cron.
CREATE TABLE cron_runs (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    project TEXT NOT NULL,
    environment TEXT NOT NULL REFERENCES environments (id),
    name TEXT NOT NULL,
    trigger_kind TEXT NOT NULL,
    -- A user's id; NULL is Sealdock itself.
    actor TEXT,
    due_at BIGINT NOT NULL,
    status TEXT NOT NULL,
    sentence TEXT,
    -- What it ran in.
    deployment TEXT,
    started_at BIGINT,
    ended_at BIGINT,
    code BIGINT,
    output TEXT NOT NULL,
    output_cut BIGINT NOT NULL,
    -- The boot that runs it: what an earlier one began is never begun again.
    epoch TEXT
);
CREATE INDEX cron_runs_by_cron ON cron_runs (environment, name, id);
CREATE INDEX cron_runs_unfinished ON cron_runs (status, id) WHERE status IN ('waiting', 'running');
