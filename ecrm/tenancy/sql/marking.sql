-- Answers how many tables were marked: none when the tenant is older than this transaction. What tells is
-- its first audit entry, which nobody can change.
CREATE OR REPLACE FUNCTION mark_sample() RETURNS integer
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
            ('consent_consentrecord', 'consent_consentstate', 'consent_suppression', 'consent_consentclaim',
             'consent_consentask', 'consent_move', 'consent_movefile', 'consent_formertrace', 'notices_notification',
             'files_file', 'jobs_job'))
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
