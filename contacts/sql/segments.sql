-- The dispatcher also sees when everybody was last looked at, so that it can ask for the nightly round.
GRANT SELECT (reconciled_at) ON contacts_segment TO ecrm_dispatch;
