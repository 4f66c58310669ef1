-- The source maps that a deployment's artifact had (P-11); the files lie in the data directory,
-- by deployment and digest.
CREATE TABLE source_maps (
    org TEXT NOT NULL REFERENCES orgs (id),
    deployment TEXT NOT NULL REFERENCES deployments (id),
    -- In the artifact.
    path TEXT NOT NULL,
    digest TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    PRIMARY KEY (deployment, path)
);
