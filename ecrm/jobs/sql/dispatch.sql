-- The dispatcher reads which work is due in any tenant, not what it is about.
CREATE POLICY dispatch ON jobs_outboxentry FOR SELECT TO ecrm_dispatch USING (true);
GRANT SELECT (tenant_id, id, task, queue, due_at, leased_until, failed_at) ON jobs_outboxentry TO ecrm_dispatch;
