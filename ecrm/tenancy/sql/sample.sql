-- Which rows are sample data (deleting.sql removes them). The loader marks, in the transaction that makes a tenant, up to which id every
-- table is sample; the app may read the marks and not write them, so that no ledger of a real tenant
-- can ever be marked.
REVOKE INSERT, UPDATE, DELETE ON tenancy_samplemark FROM ecrm_app;
