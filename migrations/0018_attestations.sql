-- What confidential instances proved of themselves (I-18). A verdict that only says once more what
-- the one before said is counted in that one's row, so that a year of them is a few rows.
CREATE TABLE attestations (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES orgs (id),
    environment TEXT NOT NULL,
    deployment TEXT NOT NULL REFERENCES deployments (id),
    instance TEXT NOT NULL,
    holds BIGINT NOT NULL,
    -- NULL: it showed nothing that could be read.
    platform TEXT,
    sentence TEXT NOT NULL,
    -- JSON: every check with what there is and what there should be.
    checks TEXT NOT NULL,
    -- JSON: the steps of its boot.
    boot TEXT NOT NULL,
    -- The signed `expected.json`, and SHA-256 of what is signed.
    expected TEXT NOT NULL,
    measurement TEXT NOT NULL,
    -- As it came; NULL where a newer row of the instance holds too.
    evidence TEXT,
    -- What it was asked with, over which key, on which port, and which key its TPM must have.
    nonce TEXT,
    spki TEXT,
    port BIGINT NOT NULL,
    tpm TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    times BIGINT NOT NULL
);
CREATE INDEX attestations_of ON attestations (deployment, last_at);
