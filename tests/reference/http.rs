//! The HTTP half against the real backend.
