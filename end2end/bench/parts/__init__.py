"""One part for each number of the specification."""
