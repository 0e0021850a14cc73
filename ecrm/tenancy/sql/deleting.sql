-- Emptying the tables of a tenant bit by bit: of one whose hold is over, and of sample data.
-- Partitions are worked one by one, because a row's place (ctid) is only known within one of them. Ledgers
-- let go of rows while app.erasing is on; the words of a sent campaign go with their campaign.

-- Deletes the rows that "chosen" finds in one table: a SELECT of ctid over $1 (whose) and $2 (at_most). Where
-- one of them is held by others, none goes, or with one_by_one all that are not. For the two functions below;
-- it has no more rights than its caller.
CREATE FUNCTION delete_chosen(leaf regclass, chosen text, whose bigint, at_most integer, one_by_one boolean)
  RETURNS bigint LANGUAGE plpgsql SET search_path = public, pg_temp
  AS $$
DECLARE
  place tid;
  gone bigint;
  total bigint := 0;
BEGIN
  BEGIN
    EXECUTE format('DELETE FROM %s WHERE ctid = ANY (ARRAY(%s))', leaf, chosen) USING whose, at_most;
    GET DIAGNOSTICS total = ROW_COUNT;
    RETURN total;
  EXCEPTION WHEN foreign_key_violation OR integrity_constraint_violation THEN
    IF NOT one_by_one THEN
      RETURN 0;
    END IF;
  END;
  FOR place IN EXECUTE chosen USING whose, at_most LOOP
    BEGIN
      EXECUTE format('DELETE FROM %s WHERE ctid = $1', leaf) USING place;
      GET DIAGNOSTICS gone = ROW_COUNT;
      total := total + gone;
    EXCEPTION WHEN foreign_key_violation OR integrity_constraint_violation THEN
      NULL;
    END;
  END LOOP;
  RETURN total;
END
$$;

-- Deletes up to at_most rows of every table; answers how many went. Call it until it answers 0.
-- A table whose rows are still referred to waits for a later call.
CREATE OR REPLACE FUNCTION erase_tenant_batch(whose bigint, at_most integer) RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
DECLARE
  one regclass;
  total bigint := 0;
BEGIN
  PERFORM refuse_unless_due(whose);
  SET LOCAL app.erasing = 'on';
  FOR one IN
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
     WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY c.relname
  LOOP
    total := total + delete_chosen(
      one, format('SELECT ctid FROM %s WHERE tenant_id = $1 LIMIT $2', one), whose, at_most, false);
  END LOOP;
  SET LOCAL app.erasing = 'off';
  RETURN total;
END
$$;

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
    total := total + delete_chosen(one.leaf, chosen, whose, at_most, true);
  END LOOP;
  SET LOCAL app.erasing = 'off';
  IF total = 0 THEN
    DELETE FROM tenancy_samplemark WHERE tenant_id = whose;
  END IF;
  RETURN total;
END
$$;
