-- Domains that organizations bring along (I-15). Private keys are sealed (X-15).

CREATE TABLE domains (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    -- Lower case and ASCII; `*.` in front stands for one label.
    name TEXT NOT NULL,
    -- What the TXT record that proves it holds.
    token TEXT NOT NULL,
    environment TEXT REFERENCES environments (id),
    created_at BIGINT NOT NULL,
    created_by TEXT,
    verified_at BIGINT,
    proof TEXT,
    looked_at BIGINT,
    look_at BIGINT NOT NULL,
    problem TEXT,
    points_here BIGINT,
    https_only BIGINT NOT NULL DEFAULT 1,
    hsts_s BIGINT NOT NULL DEFAULT 0,
    certificate_source TEXT NOT NULL DEFAULT 'acme',
    UNIQUE (org, name)
);
-- Many may ask for a name; one organization has it.
CREATE UNIQUE INDEX domains_proved ON domains (name) WHERE verified_at IS NOT NULL;
CREATE INDEX domains_by_environment ON domains (environment);

-- What serves.
CREATE TABLE certificates (
    domain TEXT PRIMARY KEY REFERENCES domains (id),
    org TEXT NOT NULL REFERENCES orgs (id),
    chain TEXT NOT NULL,
    sealed_key TEXT NOT NULL,
    issuer TEXT NOT NULL,
    serial TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    set_at BIGINT NOT NULL
);

-- What is asked of a certificate authority. Each step is written before the next is taken.
CREATE TABLE certificate_orders (
    domain TEXT PRIMARY KEY REFERENCES domains (id),
    org TEXT NOT NULL REFERENCES orgs (id),
    -- NULL: the last try failed, and the next one comes at `due_at`.
    url TEXT,
    begun_at BIGINT,
    -- When the authority was told to look at what is shown.
    claimed_at BIGINT,
    -- Of the certificate to come; written before the authority is told its public half.
    sealed_key TEXT,
    -- JSON: what the data plane answers.
    answers TEXT NOT NULL,
    -- JSON: records that the hook was told to set, and is told to remove again.
    records TEXT NOT NULL,
    tries BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    problem TEXT
);

-- An account of each organization with each authority.
CREATE TABLE acme_accounts (
    org TEXT NOT NULL REFERENCES orgs (id),
    directory TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org, directory)
);
