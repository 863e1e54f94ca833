-- Fingerprints are searched for too: whoever has only those must be followed by galleries.
INSERT INTO search_changes (tenant, person, sequence, enrolled)
SELECT tenant, person, max(sequence), max(sequence) FROM samples WHERE kind = 2 AND state = 1 GROUP BY tenant, person
ON CONFLICT DO NOTHING;
