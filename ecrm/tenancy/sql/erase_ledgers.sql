-- Deletes up to at_most rows of every table; answers how many went. Call it until it answers 0.
-- A table whose rows are still referred to waits for a later call. Partitions are worked one by one,
-- because a row's place (ctid) is only known within one of them. Ledgers let go of rows while
-- app.erasing is on; the words of a sent campaign go with their campaign.
CREATE OR REPLACE FUNCTION erase_tenant_batch(whose bigint, at_most integer) RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
DECLARE
  one regclass;
  gone bigint;
  total bigint := 0;
BEGIN
  PERFORM refuse_unless_due(whose);
  SET LOCAL app.erasing = 'on';
  FOR one IN
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
     WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY c.relname
  LOOP
    BEGIN
      EXECUTE format('DELETE FROM %1$s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE tenant_id = $1 LIMIT $2))', one)
        USING whose, at_most;
      GET DIAGNOSTICS gone = ROW_COUNT;
      total := total + gone;
    EXCEPTION WHEN foreign_key_violation OR integrity_constraint_violation THEN
      NULL;
    END;
  END LOOP;
  SET LOCAL app.erasing = 'off';
  RETURN total;
END
$$;
