-- The student's file. Rows of another evidence are another story and kept apart.
CREATE TABLE IF NOT EXISTS answers (
    evidence TEXT NOT NULL,
    lab TEXT NOT NULL,
    question TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'tried', 'right')),
    tries INTEGER NOT NULL DEFAULT 0,
    hints INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (evidence, lab, question)
);
CREATE TABLE IF NOT EXISTS ledger (
    number INTEGER PRIMARY KEY,
    evidence TEXT NOT NULL,
    lab TEXT NOT NULL,
    name TEXT NOT NULL,
    entry TEXT NOT NULL,
    UNIQUE (evidence, lab, name)
)
