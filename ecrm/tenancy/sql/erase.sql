-- Erasing a tenant whose hold is over (deleting.sql empties its tables). The app may not delete from
-- ledgers; these may, and only then.

CREATE FUNCTION refuse_unless_due(whose bigint) RETURNS void
  LANGUAGE plpgsql SET search_path = public, pg_temp
  AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM tenancy_tenant WHERE id = whose AND erase_after < now()) THEN
    RAISE EXCEPTION 'tenant % is not due to be erased', whose;
  END IF;
END
$$;

-- The tenant itself. Fails while anything still refers to it.
CREATE FUNCTION erase_tenant_end(whose bigint) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
BEGIN
  PERFORM refuse_unless_due(whose);
  DELETE FROM tenancy_tenant WHERE id = whose;
END
$$;
