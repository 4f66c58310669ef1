-- Linked services (P-23): databases and stores, who uses them, and their backups.

CREATE TABLE services (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- Where it is and what opens it, as JSON and in clear: apps are given it so.
    address TEXT NOT NULL,
    -- What Sealdock runs; all NULL where it runs elsewhere.
    runtime TEXT REFERENCES runtimes (id),
    image TEXT,
    memory_mib BIGINT,
    schedule TEXT,
    next_backup_at BIGINT,
    keep BIGINT,
    deleting BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (org, name)
);

CREATE TABLE service_links (
    environment TEXT NOT NULL REFERENCES environments (id),
    service TEXT NOT NULL REFERENCES services (id),
    org TEXT NOT NULL REFERENCES orgs (id),
    prefix TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (environment, service)
);
CREATE INDEX service_links_by_service ON service_links (service);

-- What a deployment was given, whatever is linked later.
CREATE TABLE deployment_services (
    deployment TEXT NOT NULL REFERENCES deployments (id),
    service TEXT NOT NULL REFERENCES services (id),
    org TEXT NOT NULL REFERENCES orgs (id),
    prefix TEXT NOT NULL,
    PRIMARY KEY (deployment, service)
);
CREATE INDEX deployment_services_by_service ON deployment_services (service);

-- Backups, and restores of them.
CREATE TABLE service_backups (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    service TEXT NOT NULL REFERENCES services (id),
    -- The backup that a restore puts back; NULL: this is a backup.
    restores TEXT,
    status TEXT NOT NULL,
    sentence TEXT,
    -- A user's id; NULL is Sealdock itself.
    actor TEXT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    size_bytes BIGINT,
    sha256 TEXT,
    -- The boot that works on it: what an earlier one began is never taken for done.
    epoch TEXT
);
CREATE INDEX service_backups_by_service ON service_backups (service, id);
CREATE INDEX service_backups_unfinished ON service_backups (service, id) WHERE status IN ('waiting', 'running');
