-- Who signs what production takes (I-19); NULL: anything may go there.
ALTER TABLE forges ADD COLUMN release_key TEXT;
