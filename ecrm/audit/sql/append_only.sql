-- What staff did is written once.
REVOKE UPDATE, DELETE ON audit_auditentry FROM ecrm_app;
