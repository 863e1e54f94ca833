-- Persons of a status by the end of their validity: how many are verified or expired is told without walking everybody.
CREATE INDEX persons_by_validity ON persons (tenant, status, expires_at);
DROP INDEX persons_by_expiry;
