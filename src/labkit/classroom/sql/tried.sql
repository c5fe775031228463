-- Count one answer; what was right once stays right.
INSERT INTO answers (evidence, lab, question, state, tries)
VALUES (:evidence, :lab, :question, :state, 1)
ON CONFLICT (evidence, lab, question) DO UPDATE
SET tries = tries + 1,
    state = CASE WHEN answers.state = 'right' THEN 'right' ELSE excluded.state END
