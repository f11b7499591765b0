//! Checks that fail, and texts that are large.
