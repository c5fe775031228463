-- Keep an entry of the ledger; one of the same name is replaced and keeps its place.
INSERT INTO ledger (evidence, lab, name, entry)
VALUES (:evidence, :lab, :name, :entry)
ON CONFLICT (evidence, lab, name) DO UPDATE SET entry = excluded.entry
