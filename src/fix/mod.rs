//! See the layer table in the crate head.
