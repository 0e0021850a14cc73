-- How many rows tenants have in one table, for the platform's pages: numbers and nothing else of them.
-- Counts up to at_most along the key and no further; past it the planner's estimate (is_about) is the answer,
-- so a page costs the same however much a tenant holds.
CREATE FUNCTION tenant_rows(which regclass, tenants bigint[], at_most integer)
  RETURNS TABLE (tenant_id bigint, counted bigint, is_about boolean)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
DECLARE
  plan json;
BEGIN
  FOREACH tenant_id IN ARRAY tenants LOOP
    EXECUTE format('SELECT count(*) FROM (SELECT FROM %s AS t WHERE t.tenant_id = $1 LIMIT $2) AS few', which)
      INTO counted USING tenant_id, at_most;
    is_about := counted >= at_most;
    IF is_about THEN
      EXECUTE format('EXPLAIN (FORMAT JSON) SELECT FROM %s AS t WHERE t.tenant_id = %s', which, tenant_id) INTO plan;
      counted := greatest(counted, (plan -> 0 -> 'Plan' ->> 'Plan Rows')::bigint);
    END IF;
    RETURN NEXT;
  END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION tenant_rows(regclass, bigint[], integer) TO ecrm_app;
