-- Where a version that waits at ready for a person is shown; NULL: it takes the traffic by itself.
ALTER TABLE deployments ADD COLUMN hold TEXT;

-- For debugging: instances have a terminal. A deployment keeps what its environment was then.
ALTER TABLE environments ADD COLUMN debug BIGINT NOT NULL DEFAULT 0;
ALTER TABLE deployments ADD COLUMN debug BIGINT NOT NULL DEFAULT 0;
