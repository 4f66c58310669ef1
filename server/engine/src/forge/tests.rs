//! A host of recorded shape on loopback, and what it is told.
