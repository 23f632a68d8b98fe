//! Garbage, floods and impatience of clients.
