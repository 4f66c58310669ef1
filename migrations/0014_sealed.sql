-- Everything secret is sealed (X-15). From here on `hooks.secret`, `forges.token`,
-- `credentials.secret`, `services.address` and the setting `cron_key` hold what was sealed, as
-- `<number of the data key>.<sealed>`. What lies there in clear is sealed by the next start, which
-- says so in the setting `sealed`.

-- Data keys, sealed with the master key. Of each owner the one that is not retired counts; the
-- others are there until the next start, for whoever reads while they are replaced.
CREATE TABLE data_keys (
    -- An organization, or `installation`.
    owner TEXT NOT NULL,
    number BIGINT NOT NULL,
    -- Which master key: the beginning of its digest.
    master TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    PRIMARY KEY (owner, number)
);
INSERT INTO data_keys (owner, number, master, sealed, created_at)
    SELECT org, 1, master, sealed, created_at FROM org_keys;
DROP TABLE org_keys;
UPDATE secret_values SET sealed = '1.' || sealed;

-- What opens repositories over ssh: one for each organization. These were files.
CREATE TABLE deploy_keys (
    org TEXT PRIMARY KEY REFERENCES orgs (id),
    public TEXT NOT NULL,
    private TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Images that were pulled before these carried a tag of ours (P-19): they are not ours to remove.
ALTER TABLE deployments ADD COLUMN untagged BIGINT NOT NULL DEFAULT 0;
UPDATE deployments SET untagged = 1 WHERE artifact IS NOT NULL AND source LIKE '{"kind":"image",%';
