-- What a million rows at once should not pay for, one by one.

-- Row security holds the tenant of an event (docs/adr/0016); ensure_partitions copies what the parent has.
ALTER TABLE contacts_event DROP CONSTRAINT IF EXISTS contacts_event_tenant_id_fkey;

-- Every search reads the whole list of what waits to be sorted into its index: a short one. An import
-- lets it grow, which halves the work (contacts/imports/lanes.py), so the length is a setting here and
-- not the index's own.
ALTER INDEX contact_search RESET (gin_pending_list_limit);
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET gin_pending_list_limit = 256', current_database());
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'Searches are faster after: ALTER DATABASE % SET gin_pending_list_limit = 256', current_database();
END
$$;

-- Sorts in what an import has left waiting.
CREATE FUNCTION search.settle() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT gin_clean_pending_list('contact_search'::regclass) $$;
GRANT EXECUTE ON FUNCTION search.settle() TO ecrm_app;
