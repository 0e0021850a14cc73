-- The four roles of one database cluster (docs/architecture.md, "Tenancy").
-- Run once by a superuser; passwords are set afterwards, by whoever keeps them.
--   ecrm_migrate   owns the schema, sees all rows so that data migrations work
--   ecrm_app       web, workers and tests: no superuser, no bypass, owns nothing
--   ecrm_dispatch  reads which work is due, across tenants, and nothing else
--   ecrm_searcher  cannot log in; owns the search functions
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ecrm_migrate') THEN
    CREATE ROLE ecrm_migrate LOGIN BYPASSRLS CREATEDB;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ecrm_app') THEN
    CREATE ROLE ecrm_app LOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ecrm_dispatch') THEN
    CREATE ROLE ecrm_dispatch LOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ecrm_searcher') THEN
    CREATE ROLE ecrm_searcher NOLOGIN;
  END IF;
END
$$;
GRANT ecrm_searcher TO ecrm_migrate;
