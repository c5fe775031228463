"""The postmortem: a draft from the student's own evidence, and rules that say what is missing."""

from labkit.classroom.postmortem.draft import Draft as Draft
from labkit.classroom.postmortem.draft import postmortem as postmortem
from labkit.classroom.postmortem.review import Review as Review
from labkit.classroom.postmortem.review import review_postmortem as review_postmortem
