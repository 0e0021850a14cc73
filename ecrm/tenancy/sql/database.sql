-- What every database of eCRM has before its first table. Run by ecrm_migrate.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gin;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO ecrm_app, ecrm_dispatch, ecrm_searcher;

-- Django's own tables of the very first migrations are there already.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ecrm_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ecrm_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO ecrm_app;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO ecrm_app;

-- The one place that says whose rows a statement may see. Inlined by the planner.
CREATE OR REPLACE FUNCTION current_tenant() RETURNS bigint
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT NULLIF(current_setting('app.tenant_id', true), '')::bigint $$;
GRANT EXECUTE ON FUNCTION current_tenant() TO ecrm_app, ecrm_dispatch, ecrm_searcher;

-- Functions of ecrm_searcher: read across the walls' blind spot, answer with ids only.
CREATE SCHEMA IF NOT EXISTS search;
GRANT USAGE ON SCHEMA search TO ecrm_app;
GRANT USAGE, CREATE ON SCHEMA search TO ecrm_searcher;

-- unaccent() is only STABLE because its dictionary could change; ours does not.
CREATE OR REPLACE FUNCTION search.fold(value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
  SET search_path = public, pg_temp
  AS $$ SELECT public.unaccent('public.unaccent', lower(value)) $$;
GRANT EXECUTE ON FUNCTION search.fold(text) TO PUBLIC;
