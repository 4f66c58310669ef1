//! How it is carried out.
