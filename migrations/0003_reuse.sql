-- The deployment whose artifact is started once more: a rollback, or a promotion.
ALTER TABLE deployments ADD COLUMN reuses TEXT;

-- When what it made was removed to free disk space.
ALTER TABLE deployments ADD COLUMN collected_at BIGINT;
