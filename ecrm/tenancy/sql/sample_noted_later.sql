-- Deletes up to at_most marked rows of every table of the current tenant; answers how many went. Rows that
-- others still refer to stay. Forgets the marks once nothing more can go. What was noted of a sample person
-- after loading (joining a segment) goes too.
CREATE OR REPLACE FUNCTION remove_sample_batch(at_most integer) RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
DECLARE
  whose bigint := current_tenant();
  one record;
  people bigint := COALESCE((SELECT last_id FROM tenancy_samplemark
                              WHERE tenant_id = current_tenant() AND table_name = 'contacts_contact'), 0);
  chosen text;
  place tid;
  gone bigint;
  total bigint := 0;
BEGIN
  SET LOCAL app.erasing = 'on';
  FOR one IN
    SELECT c.oid::regclass AS leaf, m.last_id,
           EXISTS (SELECT FROM pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attname = 'contact_id' AND NOT a.attisdropped) AS has_contact
      FROM tenancy_samplemark m
      JOIN pg_class c ON COALESCE(pg_partition_root(c.oid), c.oid) = m.table_name::regclass AND c.relkind = 'r'
     WHERE m.tenant_id = whose ORDER BY c.relname
  LOOP
    chosen := format('SELECT ctid FROM %s WHERE tenant_id = $1 AND (id <= %s', one.leaf, one.last_id)
      || CASE WHEN one.has_contact THEN format(' OR contact_id <= %s', people) ELSE '' END || ') LIMIT $2';
    BEGIN
      EXECUTE format('DELETE FROM %s WHERE ctid = ANY (ARRAY(%s))', one.leaf, chosen) USING whose, at_most;
      GET DIAGNOSTICS gone = ROW_COUNT;
      total := total + gone;
    EXCEPTION WHEN foreign_key_violation OR integrity_constraint_violation THEN
      -- One of them is held: the others go one by one.
      FOR place IN EXECUTE chosen USING whose, at_most LOOP
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
