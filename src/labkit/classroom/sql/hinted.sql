-- Count one hint and give its number.
INSERT INTO answers (evidence, lab, question, hints)
VALUES (:evidence, :lab, :question, 1)
ON CONFLICT (evidence, lab, question) DO UPDATE SET hints = min(answers.hints + 1, :most)
RETURNING hints
