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

-- As in statistics.sql, but only the columns that imports look for people by (sampling the wide ones was
-- two thirds of the time), and only tables that have rows of the tenant: of an empty one there is nothing to learn.
CREATE OR REPLACE FUNCTION ensure_import_statistics(run bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wanted bigint := current_tenant();
    looked record;
    has_rows boolean;
    analysed integer := 0;
BEGIN
    IF wanted IS NULL THEN RAISE EXCEPTION 'ensure_import_statistics: no tenant is set'; END IF;
    FOR looked IN
        SELECT seen.name, seen.key, seen.value, seen.columns FROM (VALUES
            ('contacts_importrow', 'run_id', run, 'tenant_id, run_id, line, address_norm, match_key, repeats_line'),
            ('contacts_contact', 'tenant_id', wanted, 'tenant_id, id, company_id, binned_at'),
            ('contacts_emailaddress', 'tenant_id', wanted, 'tenant_id, contact_id, address_norm, is_primary, binned_at'),
            ('contacts_phonenumber', 'tenant_id', wanted, 'tenant_id, contact_id, number, is_primary, binned_at'),
            ('contacts_postaladdress', 'tenant_id', wanted, 'tenant_id, contact_id, is_primary'),
            ('contacts_tagging', 'tenant_id', wanted, 'tenant_id, contact_id, tag_id'),
            ('contacts_company', 'tenant_id', wanted, 'tenant_id, id, name_norm, binned_at')
          ) AS seen (name, key, value, columns)
          LEFT JOIN pg_stats known
            ON known.schemaname = 'public' AND known.tablename = seen.name AND known.attname = seen.key
         WHERE known.tablename IS NULL
            OR (NOT seen.value = ANY (known.most_common_vals::text::bigint[])
                AND (SELECT sum(share) FROM unnest(known.most_common_freqs) AS share) > 0.999)
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE tenant_id = $1 AND %I = $2)', looked.name, looked.key)
           INTO has_rows USING wanted, looked.value;
        CONTINUE WHEN NOT has_rows;
        EXECUTE format('ANALYZE %I (%s)', looked.name, looked.columns);
        analysed := analysed + 1;
    END LOOP;
    RETURN analysed;
END
$$;
