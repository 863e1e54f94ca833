-- Fingerprints are searched for too: whoever has only those must be followed by galleries.
INSERT INTO search_changes (tenant, person, sequence, enrolled)
SELECT s.tenant, s.person, t.sequence, 0 FROM samples s JOIN tenants t ON t.id = s.tenant
WHERE s.state = 1 AND NOT EXISTS
    (SELECT 1 FROM search_changes c WHERE c.tenant = s.tenant AND c.person = s.person)
GROUP BY s.tenant, s.person;
