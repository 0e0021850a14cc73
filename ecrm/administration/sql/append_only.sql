-- What staff of the installation did is written once.
REVOKE UPDATE, DELETE ON administration_platformentry FROM ecrm_app;
-- Of a visit only its end may still change, and it stays on record.
REVOKE UPDATE, DELETE ON administration_supportvisit FROM ecrm_app;
GRANT UPDATE (ended_at, ended_by_id) ON administration_supportvisit TO ecrm_app;
