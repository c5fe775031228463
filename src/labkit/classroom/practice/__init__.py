"""Practise on an outage that nobody has seen: make it, hand in an answer, read the score, see the truth."""
