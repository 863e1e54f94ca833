-- Fingerprints are searched for too: whoever has only those must be followed by galleries.
INSERT INTO search_changes (tenant, person, sequence, enrolled, erased)
SELECT DISTINCT s.tenant, s.person, t.sequence, 0, false FROM samples s JOIN tenants t ON t.id = s.tenant
WHERE s.state = 1
ON CONFLICT (tenant, person) DO NOTHING;
