-- What is on its way, for the mark that every page shows: a handful of rows among all of an
-- organization's deployments.
CREATE INDEX deployments_unfinished_by_org ON deployments (org, id)
    WHERE phase NOT IN ('stopped', 'failed', 'cancelled');
