"""One small menu dialogue in our interpreter and in three state machine libraries; all must say the same words."""
