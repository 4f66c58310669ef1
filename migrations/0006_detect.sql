-- How a repository is built, as it was shown and confirmed: JSON, with the generated Dockerfile.
-- NULL for images and bundles, and in rows from before presets, whose repository has a Dockerfile.
ALTER TABLE deployments ADD COLUMN build TEXT;
