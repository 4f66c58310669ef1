-- A person stopped what served here (I-13): its address says so, and a push starts nothing, until
-- something serves again.
ALTER TABLE environments ADD COLUMN stopped BIGINT NOT NULL DEFAULT 0;
