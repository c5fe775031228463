"""The files of whole evidence, by name: what a simulated outage and a drilled one both leave."""

from __future__ import annotations

#: As they are called before they are compressed; docs/evidence.md says what stands in each.
EVIDENCE_FILES = frozenset(
    {
        "access.log",
        "app.log.jsonl",
        "deployments.jsonl",
        "messages.jsonl",
        "metrics.otlp.jsonl",
        "postgresql.json",
        "progress.csv",
        "traces.otlp.jsonl",
    }
)
