-- The monitoring sees how many messages had which outcome, not whose campaigns they were.
GRANT SELECT (size, sent, deferred, failed, unknown, skipped) ON campaigns_chunk TO ecrm_dispatch;
