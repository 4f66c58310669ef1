-- The deployment whose artifact is started once more: a rollback, or a promotion.
ALTER TABLE deployments ADD COLUMN reuses TEXT;
