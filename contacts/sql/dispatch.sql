-- The dispatcher sees that segments wait for work, not whom they hold.
CREATE POLICY dispatch ON contacts_dirtycontact FOR SELECT TO ecrm_dispatch USING (true);
GRANT SELECT (tenant_id, id, marked_at) ON contacts_dirtycontact TO ecrm_dispatch;
CREATE POLICY dispatch ON contacts_segment FOR SELECT TO ecrm_dispatch USING (true);
GRANT SELECT (tenant_id, id, rule_version, calculated_version, calculated_at, next_boundary_at, archived_at)
    ON contacts_segment TO ecrm_dispatch;
