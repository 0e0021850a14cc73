-- Removing sample data. The loader marks, in the transaction that makes a tenant, up to which id every
-- table is sample; the app may read the marks and not write them, so that no ledger of a real tenant
-- can ever be marked.
REVOKE INSERT, UPDATE, DELETE ON tenancy_samplemark FROM ecrm_app;

-- Answers how many tables were marked: none when the tenant is older than this transaction. What tells is
-- its first audit entry, which nobody can change.
CREATE FUNCTION mark_sample() RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
DECLARE
  whose bigint := current_tenant();
  born bigint;
  one text;
  last bigint;
  marked integer := 0;
BEGIN
  SELECT a.xmin::text::bigint INTO born FROM audit_auditentry AS a WHERE a.tenant_id = whose ORDER BY a.id LIMIT 1;
  IF born IS NULL OR born < pg_current_xact_id()::text::bigint % 4294967296 THEN
    RETURN 0;
  END IF;
  FOR one IN
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND (c.relname ~ '^(contacts|campaigns|cases)_' OR c.relname IN
            ('consent_consentrecord', 'consent_consentstate', 'consent_suppression', 'notices_notification'))
       AND c.relname !~ '(settings|throttle|counter)$'
  LOOP
    EXECUTE format('SELECT max(id) FROM %I WHERE tenant_id = $1', one) INTO last USING whose;
    IF last IS NOT NULL THEN
      INSERT INTO tenancy_samplemark (tenant_id, table_name, last_id) VALUES (whose, one, last)
        ON CONFLICT (tenant_id, table_name) DO NOTHING;
      marked := marked + 1;
    END IF;
  END LOOP;
  RETURN marked;
END
$$;

-- Deletes up to at_most marked rows of every table of the current tenant; answers how many went. Rows that
-- others still refer to stay. Forgets the marks once nothing more can go.
CREATE FUNCTION remove_sample_batch(at_most integer) RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
DECLARE
  whose bigint := current_tenant();
  one record;
  place tid;
  gone bigint;
  total bigint := 0;
BEGIN
  SET LOCAL app.erasing = 'on';
  FOR one IN
    SELECT c.oid::regclass AS leaf, m.last_id FROM tenancy_samplemark m
      JOIN pg_class c ON COALESCE(pg_partition_root(c.oid), c.oid) = m.table_name::regclass AND c.relkind = 'r'
     WHERE m.tenant_id = whose ORDER BY c.relname
  LOOP
    BEGIN
      EXECUTE format('DELETE FROM %1$s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE tenant_id = $1 AND id <= $3 LIMIT $2))', one.leaf)
        USING whose, at_most, one.last_id;
      GET DIAGNOSTICS gone = ROW_COUNT;
      total := total + gone;
    EXCEPTION WHEN foreign_key_violation OR integrity_constraint_violation THEN
      -- One of them is held: the others go one by one.
      FOR place IN EXECUTE format('SELECT ctid FROM %1$s WHERE tenant_id = $1 AND id <= $3 LIMIT $2', one.leaf)
        USING whose, at_most, one.last_id
      LOOP
        BEGIN
          EXECUTE format('DELETE FROM %1$s WHERE ctid = $1', one.leaf) USING place;
          GET DIAGNOSTICS gone = ROW_COUNT;
          total := total + gone;
        EXCEPTION WHEN foreign_key_violation OR integrity_constraint_violation THEN
          NULL;
        END;
      END LOOP;
    END;
  END LOOP;
  SET LOCAL app.erasing = 'off';
  IF total = 0 THEN
    DELETE FROM tenancy_samplemark WHERE tenant_id = whose;
  END IF;
  RETURN total;
END
$$;
