"""Checks of a lab: questions with sealed answers, and feedback that knows why an answer is wrong."""
