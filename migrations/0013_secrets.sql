-- Secrets of the organization (I-14), sealed (X-15). No column in here holds a value in clear.

-- A data key for each organization, sealed with the master key, which is a file.
CREATE TABLE org_keys (
    org TEXT PRIMARY KEY REFERENCES orgs (id),
    -- Which master key: the beginning of its digest.
    master TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE secrets (
    org TEXT NOT NULL REFERENCES orgs (id),
    name TEXT NOT NULL,
    -- Of its present value; counts from 1.
    version BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT,
    rotated_at BIGINT,
    rotated_by TEXT,
    PRIMARY KEY (org, name)
);

-- Values, sealed with the organization's data key. An older one stays for as long as something
-- that was given it runs: its logs are searched for it.
CREATE TABLE secret_values (
    org TEXT NOT NULL REFERENCES orgs (id),
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    sealed TEXT NOT NULL,
    PRIMARY KEY (org, name, version)
);

-- What a deployment is given, whatever is set later.
CREATE TABLE deployment_secrets (
    deployment TEXT NOT NULL REFERENCES deployments (id),
    org TEXT NOT NULL REFERENCES orgs (id),
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (deployment, name)
);
CREATE INDEX deployment_secrets_by_name ON deployment_secrets (org, name);
