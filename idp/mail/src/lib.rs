//! Every e-mail as a value, its words, and the worker that sends the outbox.
