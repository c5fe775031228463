"""The bank's web service: one process is one host, and goes on through a change of its release."""
